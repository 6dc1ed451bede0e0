// Every read counts the field as known, whether it is there or not.

extension FieldReader {
    // MARK: Text

    /// A text of at most `maxBytes` bytes of UTF-8 and at least `minBytes`, without U+0000.
    public func string(_ key: String, minBytes: Int = 0, maxBytes: Int) throws(FieldError) -> String {
        try string(try requiredValue(key), key, minBytes: minBytes, maxBytes: maxBytes)
    }

    /// As ``string(_:minBytes:maxBytes:)``; nil when the field is absent or null.
    public func optionalString(_ key: String, minBytes: Int = 0, maxBytes: Int) throws(FieldError) -> String? {
        guard let value = optionalValue(key) else { return nil }
        return try string(value, key, minBytes: minBytes, maxBytes: maxBytes)
    }

    /// A list of texts, each of 1 to `maxBytes` bytes; empty when the field is absent or null.
    public func strings(_ key: String, maxCount: Int, maxBytes: Int) throws(FieldError) -> [String] {
        var texts: [String] = []
        for (index, value) in try list(key, maxCount: maxCount).enumerated() {
            texts.append(try string(value, "\(key)[\(index)]", minBytes: 1, maxBytes: maxBytes))
        }
        return texts
    }

    private func string(
        _ value: JSONValue, _ key: String, minBytes: Int, maxBytes: Int
    ) throws(FieldError) -> String {
        guard let text = value.string else { throw error(key, "must be a string, not \(value.kindName)") }
        let count = text.utf8.count
        guard count <= maxBytes else {
            throw error(key, "must be at most \(maxBytes) bytes long, not \(count)")
        }
        guard count >= minBytes else {
            throw error(key, minBytes == 1 ? "must not be empty" : "must be at least \(minBytes) bytes long")
        }
        guard !text.utf8.contains(0) else { throw error(key, "must not contain U+0000") }
        return text
    }

    // MARK: Choices

    /// One of the raw values of an enumeration.
    /// - Throws: ``FieldError`` that lists them, with the nearest.
    public func enumeration<Value>(
        _ key: String, as type: Value.Type = Value.self
    ) throws(FieldError) -> Value where Value: RawRepresentable<String> & CaseIterable {
        try enumeration(try requiredValue(key), key)
    }

    /// As ``enumeration(_:as:)``; nil when the field is absent or null.
    public func optionalEnumeration<Value>(
        _ key: String, as type: Value.Type = Value.self
    ) throws(FieldError) -> Value? where Value: RawRepresentable<String> & CaseIterable {
        guard let value = optionalValue(key) else { return nil }
        return try enumeration(value, key)
    }

    private func enumeration<Value>(
        _ value: JSONValue, _ key: String
    ) throws(FieldError) -> Value where Value: RawRepresentable<String> & CaseIterable {
        guard let text = value.string else { throw error(key, "must be a string, not \(value.kindName)") }
        guard let result = Value(rawValue: text) else {
            let names = Value.allCases.map(\.rawValue)
            throw error(
                key, "must be one of \(names.joined(separator: ", ")), not \(quoted(text))",
                suggestion: nearestName(to: text, in: names))
        }
        return result
    }

    public func bool(_ key: String) throws(FieldError) -> Bool {
        try bool(try requiredValue(key), key)
    }

    /// True or false; nil when the field is absent or null.
    public func optionalBool(_ key: String) throws(FieldError) -> Bool? {
        guard let value = optionalValue(key) else { return nil }
        return try bool(value, key)
    }

    private func bool(_ value: JSONValue, _ key: String) throws(FieldError) -> Bool {
        guard let result = value.bool else { throw error(key, "must be true or false, not \(value.kindName)") }
        return result
    }

    // MARK: Numbers

    /// A whole number within `range`.
    public func int(_ key: String, in range: ClosedRange<Int64>) throws(FieldError) -> Int64 {
        try int(try requiredValue(key), key, in: range)
    }

    /// As ``int(_:in:)``; nil when the field is absent or null.
    public func optionalInt(_ key: String, in range: ClosedRange<Int64>) throws(FieldError) -> Int64? {
        guard let value = optionalValue(key) else { return nil }
        return try int(value, key, in: range)
    }

    private func int(_ value: JSONValue, _ key: String, in range: ClosedRange<Int64>) throws(FieldError) -> Int64 {
        guard case .number(let number) = value else {
            throw error(key, "must be a whole number, not \(value.kindName)")
        }
        guard let result = number.int64, range.contains(result) else {
            throw error(
                key,
                "must be a whole number from \(range.lowerBound) to \(range.upperBound), "
                    + "not \(displayed(number.text, scalarsMax: 24))")
        }
        return result
    }

    /// A number, or a string that holds one, as exact decimal text without an exponent, such as `0.001`. Nothing is
    /// rounded.
    public func decimal(_ key: String) throws(FieldError) -> String {
        try decimal(try requiredValue(key), key)
    }

    /// As ``decimal(_:)``; nil when the field is absent or null.
    public func optionalDecimal(_ key: String) throws(FieldError) -> String? {
        guard let value = optionalValue(key) else { return nil }
        return try decimal(value, key)
    }

    private func decimal(_ value: JSONValue, _ key: String) throws(FieldError) -> String {
        let number: JSONNumber? =
            switch value {
            case .number(let number): number
            case .string(let text) where text.utf8.count <= 64: JSONNumber(text)
            default: nil
            }
        guard let decimal = number?.decimal else {
            throw error(key, "must be a decimal number of at most 60 digits, such as \"0.001\"")
        }
        return decimal
    }

    // MARK: Lists

    /// The elements of a list; none when the field is absent or null.
    public func list(_ key: String, maxCount: Int) throws(FieldError) -> [JSONValue] {
        guard let value = optionalValue(key) else { return [] }
        guard let elements = value.array else { throw error(key, "must be a list, not \(value.kindName)") }
        guard elements.count <= maxCount else {
            throw error(key, "must have at most \(maxCount) elements, not \(elements.count)")
        }
        return elements
    }
}
