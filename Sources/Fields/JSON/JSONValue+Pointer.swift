extension JSONValue {
    /// The value at a JSON Pointer (RFC 6901) such as `/items/0/name`; the whole value for an empty one, nil where there
    /// is none.
    public func value(at pointer: String) -> JSONValue? {
        guard !pointer.isEmpty else { return self }
        guard pointer.hasPrefix("/") else { return nil }
        var value = self
        for part in pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            let key = String(part).replacing("~1", with: "/").replacing("~0", with: "~")
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
}
