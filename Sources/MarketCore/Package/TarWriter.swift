/// Writes the canonical archive of a package: entries in order, no owners, no times, modes 0644 and 0755, ustar headers
/// with PAX records only where a path or a target does not fit.
enum TarWriter {
    private static let zeros = [UInt8](repeating: 0, count: 2 * TarReader.blockBytes)

    static func write(_ entries: [PackageEntry], to output: ([UInt8]) -> Void) {
        for entry in entries {
            switch entry.kind {
            case .directory:
                writeHeader(entry.path + "/", mode: 0o755, type: "5", to: output)
            case .symlink(let target):
                writeHeader(entry.path, mode: 0o777, type: "2", target: target, to: output)
            case .file(let bytes, let executable):
                let mode = executable ? 0o755 : 0o644
                writeHeader(entry.path, mode: mode, type: "0", size: bytes.count, to: output)
                writePadded(bytes, to: output)
            }
        }
        output(zeros)
    }

    private static func writeHeader(
        _ path: String, mode: Int, type: Unicode.Scalar, size: Int = 0, target: String = "",
        to output: ([UInt8]) -> Void
    ) {
        let split = splitPath(Array(path.utf8))
        var records: [UInt8] = []
        if split == nil { records += record("path", path) }
        if target.utf8.count > 100 { records += record("linkpath", target) }
        if !records.isEmpty {
            output(header(name: Array("PaxHeader".utf8), mode: 0o644, type: "x", size: records.count))
            writePadded(records, to: output)
        }
        let (prefix, name) = split ?? ([], Array(path.utf8.prefix(100)))
        output(
            header(
                name: name, prefix: prefix, mode: mode, type: type, size: size, target: Array(target.utf8.prefix(100))))
    }

    private static func header(
        name: [UInt8], prefix: [UInt8] = [], mode: Int, type: Unicode.Scalar, size: Int, target: [UInt8] = []
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: TarReader.blockBytes)
        func put(_ bytes: [UInt8], at offset: Int) {
            block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        put(name, at: 0)
        put(octal(mode, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(size, digits: 11), at: 124)
        put(octal(0, digits: 11), at: 136)
        block[156] = UInt8(ascii: type)
        put(target, at: 157)
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(prefix, at: 345)
        put(octal(TarHeader.checksum(block), digits: 6) + [0, 0x20], at: 148)
        return block
    }

    /// The path as prefix and name of a ustar header; nil when it does not fit.
    private static func splitPath(_ path: [UInt8]) -> (prefix: [UInt8], name: [UInt8])? {
        if path.count <= 100 { return ([], path) }
        // The slash of a directory's own name is no place to split.
        let slash = path.dropLast().indices.first { index in
            path[index] == UInt8(ascii: "/") && path.count - index - 1 <= 100
        }
        guard let slash, slash <= 155 else { return nil }
        return (Array(path[..<slash]), Array(path[(slash + 1)...]))
    }

    /// `27 path=long/name\n`, where the number counts its own digits too.
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count
        while String(length).utf8.count + rest.utf8.count != length {
            length = String(length).utf8.count + rest.utf8.count
        }
        return Array("\(length)\(rest)".utf8)
    }

    private static func octal(_ value: Int, digits: Int) -> [UInt8] {
        let text = Array(String(value, radix: 8).utf8)
        return [UInt8](repeating: UInt8(ascii: "0"), count: max(0, digits - text.count)) + text
    }

    private static func writePadded(_ bytes: [UInt8], to output: ([UInt8]) -> Void) {
        output(bytes)
        let rest = bytes.count % TarReader.blockBytes
        if rest > 0 { output([UInt8](zeros.prefix(TarReader.blockBytes - rest))) }
    }
}
