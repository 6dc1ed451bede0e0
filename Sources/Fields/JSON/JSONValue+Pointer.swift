extension JSONValue {
    /// Is it a JSON Pointer (RFC 6901): empty, or parts that each begin with a slash, in which a tilde comes before 0 or 1
    /// only?
    public static func isPointer(_ text: String) -> Bool {
        guard text.isEmpty || text.utf8.first == UInt8(ascii: "/") else { return false }
        var follows = false
        for byte in text.utf8 {
            if follows, byte != UInt8(ascii: "0"), byte != UInt8(ascii: "1") { return false }
            follows = byte == UInt8(ascii: "~")
        }
        return !follows
    }

    /// The value at a JSON Pointer (RFC 6901) such as `/items/0/name`; the whole value for an empty one, nil where there
    /// is none and for what is no pointer.
    public func value(at pointer: String) -> JSONValue? {
        guard !pointer.isEmpty else { return self }
        // By bytes: to a string, a slash with an accent after it is another character.
        let parts = pointer.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts[0].isEmpty else { return nil }
        var value = self
        for part in parts.dropFirst() {
            guard let key = Self.unescaped(part) else { return nil }
            let next: JSONValue?
            if value.array != nil {
                // Without leading zeros, and never `-`, which is the place after the last.
                guard let index = Int(key), String(index) == key else { return nil }
                next = value[index]
            } else {
                next = value[key]
            }
            guard let next else { return nil }
            value = next
        }
        return value
    }

    /// `~1` is a slash and `~0` a tilde; nil when a tilde stands for neither.
    private static func unescaped(_ part: some Collection<UInt8>) -> String? {
        guard part.contains(UInt8(ascii: "~")) else { return String(decoding: part, as: UTF8.self) }
        var key: [UInt8] = []
        var bytes = part.makeIterator()
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "~") else {
                key.append(byte)
                continue
            }
            switch bytes.next() {
            case UInt8(ascii: "0"): key.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): key.append(UInt8(ascii: "/"))
            default: return nil
            }
        }
        return String(decoding: key, as: UTF8.self)
    }
}
