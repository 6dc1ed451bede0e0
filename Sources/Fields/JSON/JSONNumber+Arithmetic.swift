extension JSONNumber: Comparable {
    /// Exact, without floating point.
    public static func < (left: Self, right: Self) -> Bool {
        if let left = Int64(left.text), let right = Int64(right.text) { return left < right }
        let (left, right) = (left.decimalParts, right.decimalParts)
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmaller(than: left) : left.isSmaller(than: right)
    }

    /// Whether it has no fraction; `1.0` and `1e3` have none.
    public var isWhole: Bool {
        decimalParts.exponent >= 0
    }

    /// Whether it is a whole number of times `divisor`, exactly. False for a divisor of zero, and for one of more than
    /// 18 significant digits.
    public func isMultiple(of divisor: JSONNumber) -> Bool {
        let (value, divisor) = (decimalParts, divisor.decimalParts)
        guard (1...18).contains(divisor.digits.count) else { return false }
        guard !value.digits.isEmpty else { return true }
        // With V·10^v = k·D·10^d and v < d, V would be a multiple of 10; but its digits end in no zero.
        guard value.exponent >= divisor.exponent else { return false }
        let modulus = divisor.digits.reduce(into: Int128(0)) { $0 = $0 * 10 + Int128($1 - UInt8(ascii: "0")) }
        var remainder = value.digits.reduce(into: Int128(0)) {
            $0 = ($0 * 10 + Int128($1 - UInt8(ascii: "0"))) % modulus
        }
        // Times 10^(v-d), by squaring, because the exponent may have six digits. Both factors are below 10^18.
        var power = value.exponent - divisor.exponent
        var base = 10 % modulus
        while power > 0 {
            if power & 1 == 1 { remainder = remainder * base % modulus }
            base = base * base % modulus
            power >>= 1
        }
        return remainder == 0
    }
}

extension JSONNumber.DecimalParts {
    /// Compares magnitudes.
    fileprivate func isSmaller(than other: Self) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        let (place, otherPlace) = (digits.count + exponent, other.digits.count + other.exponent)
        return place != otherPlace ? place < otherPlace : digits.lexicographicallyPrecedes(other.digits)
    }
}
