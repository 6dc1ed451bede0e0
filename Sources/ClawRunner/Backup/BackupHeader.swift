import Fields

/// The tar header of a backup's member (POSIX.1-2017, pax, "ustar Interchange Format"): a file of mode 0600, without an
/// owner and a time. Name and size say everything, so a reader compares the whole block.
enum BackupHeader {
    static let blockBytes = 512
    static let nameBytesMax = 100

    static func block(name: String, bytes: Int64) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockBytes)
        func put(_ text: some Sequence<UInt8>, at offset: Int) {
            for (index, byte) in text.enumerated() { block[offset + index] = byte }
        }
        put(name.utf8, at: 0)
        for offset in [108, 116] { put("0000000".utf8, at: offset) }
        put("0000600".utf8, at: 100)
        put(size(bytes), at: 124)
        put("00000000000".utf8, at: 136)
        block[156] = UInt8(ascii: "0")
        put("ustar\u{0}00".utf8, at: 257)
        put("        ".utf8, at: 148)
        put(octal(block.reduce(0) { $0 + Int64($1) }, digits: 6) + [0], at: 148)
        return block
    }

    /// The size that a header of one of our members names; nil when it is malformed.
    static func bytes(in block: [UInt8]) -> Int64? {
        guard block.count == blockBytes else { return nil }
        return Int64(String(decoding: block[124..<135], as: UTF8.self), radix: 8)
    }

    /// Zeros after `bytes` of a member, up to a whole block.
    static func padding(after bytes: Int64) -> Int {
        Int((Int64(blockBytes) - bytes % Int64(blockBytes)) % Int64(blockBytes))
    }

    /// What an unexpected header says that it is, for a person.
    static func description(_ block: [UInt8]) -> String {
        let name = String(decoding: block.prefix(nameBytesMax).prefix { $0 != 0 }, as: UTF8.self)
        let kind =
            switch block.count > 156 ? block[156] : 0 {
            case UInt8(ascii: "0"): "a file"
            case UInt8(ascii: "1"), UInt8(ascii: "2"): "a link"
            case UInt8(ascii: "5"): "a directory"
            default: "something"
            }
        return name.isEmpty ? "nothing" : "\(kind) \(quoted(name))"
    }

    /// Eleven octal digits up to 8 GiB; above, big-endian with the top bit set, as GNU and BSD tar read it.
    private static func size(_ bytes: Int64) -> [UInt8] {
        guard bytes >> 33 != 0 else { return octal(bytes, digits: 11) }
        return [0x80, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: bytes >> (56 - 8 * $0)) }
    }

    private static func octal(_ number: Int64, digits: Int) -> [UInt8] {
        let text = String(number, radix: 8)
        return Array((String(repeating: "0", count: digits - text.utf8.count) + text).utf8)
    }
}
