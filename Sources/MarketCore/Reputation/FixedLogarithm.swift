/// Logarithms in whole numbers, so that the same terms give the same digits on every machine and in every order.
enum FixedLogarithm {
    /// 10⁶ · log₁₀(`value`), rounded to the nearest.
    /// - Parameter value: at least 1.
    static func log10Millionths(_ value: Int64) -> Int64 {
        precondition(value >= 1, "a logarithm needs a number above zero")
        let number = UInt64(value)
        let exponent = UInt64(63 - number.leadingZeroBitCount)
        // 1 to below 2, with 31 bits after the point; each squaring yields the next bit of the logarithm.
        var mantissa = exponent >= 31 ? number >> (exponent - 31) : number << (31 - exponent)
        var bits = exponent << 32
        for bit in (0..<32).reversed() {
            mantissa = (mantissa * mantissa) >> 31
            guard mantissa >= 1 << 32 else { continue }
            mantissa >>= 1
            bits |= 1 << UInt64(bit)
        }
        // 10¹² · log₁₀(2): six digits more than are kept, so that what was cut off above does not show.
        let (high, low) = bits.multipliedFullWidth(by: 301_029_995_664)
        return Int64(((high << 32 | low >> 32) + 500_000) / 1_000_000)
    }
}
