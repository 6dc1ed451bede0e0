/// A message that does not follow the protocol: the sender lies or is of another version.
public struct ProtocolError: Error, Sendable {
    public let what: StaticString

    public init(_ what: StaticString) {
        self.what = what
    }
}

/// Appends integers (little-endian) and length-prefixed strings.
public struct ByteWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func integer<Value: FixedWidthInteger>(_ value: Value) {
        var rest = value.littleEndian
        for _ in 0..<(Value.bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    public mutating func blob(_ value: some Collection<UInt8>) {
        integer(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    public mutating func string(_ value: String) {
        blob(value.utf8)
    }

    public mutating func list<Item>(_ items: [Item], _ write: (inout ByteWriter, Item) -> Void) {
        integer(UInt32(items.count))
        for item in items { write(&self, item) }
    }
}

/// Reads what ``ByteWriter`` wrote; every length is checked against what is left.
public struct ByteReader: Sendable {
    private var rest: ArraySlice<UInt8>

    public init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    public mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(ProtocolError) -> Value {
        let size = Value.bitWidth / 8
        guard rest.count >= size else { throw ProtocolError("message ends inside a number") }
        var value: Value = 0
        for index in (0..<size).reversed() {
            value = (size == 1 ? 0 : value << 8) | Value(truncatingIfNeeded: rest[rest.startIndex + index])
        }
        rest.removeFirst(size)
        return value
    }

    public mutating func blob() throws(ProtocolError) -> ArraySlice<UInt8> {
        let count = Int(try integer(UInt32.self))
        guard rest.count >= count else { throw ProtocolError("message ends inside a string") }
        let value = rest.prefix(count)
        rest.removeFirst(count)
        return value
    }

    /// Text for a system call or a report: no NUL.
    public mutating func string() throws(ProtocolError) -> String {
        let bytes = try blob()
        guard !bytes.contains(0) else { throw ProtocolError("string with NUL") }
        return String(decoding: bytes, as: UTF8.self)
    }

    public mutating func list<Item>(
        max: Int, _ read: (inout ByteReader) throws(ProtocolError) -> Item
    ) throws(ProtocolError) -> [Item] {
        let count = Int(try integer(UInt32.self))
        guard count <= max else { throw ProtocolError("list is too long") }
        var items: [Item] = []
        for _ in 0..<count { items.append(try read(&self)) }
        return items
    }

    public func finish() throws(ProtocolError) {
        guard rest.isEmpty else { throw ProtocolError("message is longer than its fields") }
    }
}
