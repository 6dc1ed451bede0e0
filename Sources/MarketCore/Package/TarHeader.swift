/// One header block of a tar archive (POSIX.1-2017, pax, "ustar Interchange Format").
struct TarHeader {
    private let block: [UInt8]
    let size: Int
    let isExecutable: Bool

    var type: UInt8 { block[156] }

    /// - Throws: ``PackageError`` when the checksum is wrong or a number is malformed.
    init(_ block: ArraySlice<UInt8>) throws(PackageError) {
        let block = Array(block)
        self.block = block
        guard let checksum = Self.number(block[148..<156]), checksum == Self.checksum(block) else {
            throw PackageError(.notTar("a header's checksum is wrong"))
        }
        guard let size = Self.number(block[124..<136]), let mode = Self.number(block[100..<108]) else {
            throw PackageError(.notTar("a header has a malformed number"))
        }
        self.size = size
        isExecutable = mode & 0o100 != 0
    }

    /// The path by this header alone.
    var path: String {
        get throws(PackageError) {
            let name = try Self.text(block[0..<100])
            // GNU has other things where ustar has the prefix, and another magic.
            guard Array(block[257..<263]) == Array("ustar\0".utf8) else { return name }
            let prefix = try Self.text(block[345..<500])
            return prefix.isEmpty ? name : prefix + "/" + name
        }
    }

    var linkTarget: String {
        get throws(PackageError) { try Self.text(block[157..<257]) }
    }

    static func checksum(_ block: [UInt8]) -> Int {
        var sum = 0
        for (index, byte) in block.enumerated() {
            sum += (148..<156).contains(index) ? 0x20 : Int(byte)
        }
        return sum
    }

    private static func text(_ field: ArraySlice<UInt8>) throws(PackageError) -> String {
        guard let text = String(validating: field.prefix { $0 != 0 }, as: UTF8.self) else {
            throw PackageError(.badPath("it is not UTF-8"), entry: String(decoding: field, as: UTF8.self))
        }
        return text
    }

    /// Octal digits between blanks and NULs, or big-endian base 256 behind a set top bit; nil for anything else.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        if let first = field.first, first & 0x80 != 0 {
            guard first == 0x80 else { return nil }
            return field.dropFirst().reduce(Int?(0)) { value, byte in
                guard let value, value < 1 << 48 else { return nil }
                return value << 8 | Int(byte)
            }
        }
        let isPadding = { (byte: UInt8) in byte == 0x20 || byte == 0 }
        let digits = field.drop(while: isPadding).prefix { !isPadding($0) }
        guard digits.allSatisfy({ $0 &- UInt8(ascii: "0") < 8 }),
            field[digits.endIndex...].allSatisfy(isPadding)
        else { return nil }
        return digits.reduce(0) { $0 << 3 | Int($1 - UInt8(ascii: "0")) }
    }
}
