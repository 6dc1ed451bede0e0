extension JSONValue {
    /// Compact JSON in UTF-8. Objects keep their order, numbers their digits.
    public func serialized() -> [UInt8] {
        var writer = JSONWriter(indented: false)
        writer.write(self)
        return writer.output
    }

    /// JSON over several lines, two blanks a level, without a newline at the end.
    public func prettyPrinted() -> String {
        var writer = JSONWriter(indented: true)
        writer.write(self)
        return String(decoding: writer.output, as: UTF8.self)
    }
}

struct JSONWriter {
    private(set) var output: [UInt8] = []
    private let indented: Bool
    private var level = 0

    init(indented: Bool) {
        self.indented = indented
    }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .number(let number): output.append(contentsOf: number.text.utf8)
        case .string(let text): write(text)
        case .array(let elements):
            write(elements, open: "[", close: "]") { $0.write($1) }
        case .object(let object):
            write(object.members, open: "{", close: "}") { writer, member in
                writer.write(member.key)
                writer.append(writer.indented ? ": " : ":")
                writer.write(member.value)
            }
        }
    }

    private mutating func write<Element>(
        _ elements: [Element], open: StaticString, close: StaticString,
        _ write: (inout JSONWriter, Element) -> Void
    ) {
        append(open)
        level += 1
        for (index, element) in elements.enumerated() {
            if index > 0 { append(",") }
            newline()
            write(&self, element)
        }
        level -= 1
        if !elements.isEmpty { newline() }
        append(close)
    }

    private mutating func write(_ text: String) {
        output.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0x00..<0x20, 0x7F:
                append("\\u00")
                output.append(Self.hexadecimal(byte >> 4))
                output.append(Self.hexadecimal(byte & 0x0F))
            default: output.append(byte)
            }
        }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func newline() {
        guard indented else { return }
        output.append(0x0A)
        output.append(contentsOf: repeatElement(0x20, count: 2 * level))
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { output.append(contentsOf: $0) }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}
