/// The text form of a Solana address: 32 bytes in base 58.
enum SolanaAddress {
    private static let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)

    /// Whether `text` writes exactly 32 bytes.
    static func isValid(_ text: String) -> Bool {
        guard (32...44).contains(text.utf8.count) else { return false }
        var bytes: [UInt8] = []
        for character in text.utf8 {
            guard let digit = alphabet.firstIndex(of: character) else { return false }
            var carry = digit
            for index in bytes.indices {
                carry += Int(bytes[index]) * 58
                bytes[index] = UInt8(carry & 0xFF)
                carry >>= 8
            }
            while carry > 0 {
                bytes.append(UInt8(carry & 0xFF))
                carry >>= 8
            }
        }
        // Each leading 1 is a leading zero byte.
        let zeros = text.utf8.prefix { $0 == UInt8(ascii: "1") }.count
        return bytes.count + zeros == 32
    }
}
