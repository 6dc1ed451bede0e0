import CZlib
import Foundation

/// Builds archives by hand, sound ones and hostile ones.
struct TarBuilder {
    private(set) var bytes: [UInt8] = []

    /// Adds an entry with exactly these header fields.
    mutating func add(
        _ name: String, type: Character = "0", contents: [UInt8] = [], target: String = "", mode: Int = 0o644,
        size: Int? = nil, prefix: String = "", magic: String = "ustar\u{0}00", badChecksum: Bool = false
    ) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ offset: Int, _ length: Int) {
            for (index, byte) in text.utf8.prefix(length).enumerated() { block[offset + index] = byte }
        }
        put(name, 0, 100)
        put(String(format: "%07o", mode), 100, 8)
        put(String(format: "%07o", 1234), 108, 8)
        put(String(format: "%07o", 1234), 116, 8)
        put(String(format: "%011o", size ?? contents.count), 124, 12)
        put(String(format: "%011o", 1_700_000_000), 136, 12)
        block[156] = type.asciiValue ?? 0
        put(target, 157, 100)
        put(magic, 257, 8)
        put("someone", 265, 32)
        put(prefix, 345, 155)
        let sum = block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
        put(String(format: "%06o\u{0} ", sum + (badChecksum ? 1 : 0)), 148, 8)
        bytes += block
        append(contents)
    }

    mutating func append(_ contents: [UInt8]) {
        bytes += contents
        bytes += [UInt8](repeating: 0, count: (512 - contents.count % 512) % 512)
    }

    mutating func file(_ name: String, _ text: String = "x", mode: Int = 0o644) {
        add(name, contents: Array(text.utf8), mode: mode)
    }

    /// The PAX records that precede an entry.
    mutating func pax(_ records: [(String, String)], type: Character = "x") {
        let data = records.map { key, value -> String in
            let rest = " \(key)=\(value)\n"
            var length = rest.utf8.count + 1
            while String(length).utf8.count + rest.utf8.count != length {
                length = String(length).utf8.count + rest.utf8.count
            }
            return "\(length)\(rest)"
        }
        add("PaxHeaders/x", type: type, contents: Array(data.joined().utf8))
    }

    /// Compressed, with the two blocks that end an archive.
    var archive: [UInt8] { Self.gzip(bytes + [UInt8](repeating: 0, count: 1024)) }

    static func gzip(_ input: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        deflateInit2_(
            &stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { deflateEnd(&stream) }
        var source = input
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(input.count))))
        source.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = source.baseAddress
                stream.avail_in = UInt32(source.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                _ = deflate(&stream, Z_FINISH)
            }
        }
        return Array(output.prefix(output.count - Int(stream.avail_out)))
    }
}
