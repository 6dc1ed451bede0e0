import Fields
import Foundation

/// What came back for one request.
struct HTTPAnswer {
    let status: Int
    let head: [UInt8]
    let body: [UInt8]
    /// From before the first byte of the request was written until the last byte of the answer was read.
    let nanoseconds: Int64

    var json: JSONValue? { try? JSONValue(parsing: body) }

    /// What `Server-Timing` says, such as `settle;dur=0.412` for a phase in milliseconds.
    var phases: [(name: String, nanoseconds: Int64)] {
        let lines = String(decoding: head, as: UTF8.self).split(whereSeparator: \.isNewline)
        let prefix = "server-timing:"
        guard let line = lines.first(where: { $0.lowercased().hasPrefix(prefix) }) else { return [] }
        return line.dropFirst(prefix.count).split(separator: ",").compactMap { part in
            let halves = part.split(separator: ";dur=")
            guard halves.count == 2, let duration = Double(halves[1]) else { return nil }
            return (halves[0].trimmingCharacters(in: .whitespaces), Int64(duration * 1_000_000))
        }
    }

    /// For an error message.
    var summary: String {
        "\(status) \(json?["code"]?.string ?? "") \(json?["detail"]?.string ?? "")"
    }
}

/// The head of an answer, found in what was read so far.
struct HTTPHead {
    let status: Int
    /// Where the body begins.
    let bodyStart: Int
    /// Nil when the answer does not say it.
    let contentLength: Int?

    private static let lengthName = Array("content-length:".utf8)

    /// Nil while the head is not complete.
    init?(_ bytes: ArraySlice<UInt8>) {
        var lineStart = bytes.startIndex
        var status = 0
        var length: Int?
        while let lineEnd = bytes[lineStart...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = bytes[lineStart..<lineEnd]
            if lineStart == bytes.startIndex {
                // HTTP/1.1 200 OK
                status = Self.number(line.dropFirst(9).prefix(3)) ?? 0
            } else if line.count <= 1 {
                (self.status, bodyStart, contentLength) = (status, lineEnd + 1, length)
                return
            } else if line.count > Self.lengthName.count,
                zip(line, Self.lengthName).allSatisfy({ $0 | 0x20 == $1 || $0 == $1 })
            {
                length = Self.number(line.dropFirst(Self.lengthName.count).filter { $0 > 0x20 }[...])
            }
            lineStart = lineEnd + 1
        }
        return nil
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard digit &- UInt8(ascii: "0") < 10, value < 1 << 40 else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return digits.isEmpty ? nil : value
    }
}
