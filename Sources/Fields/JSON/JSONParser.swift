extension JSONValue {
    /// Reads exactly one JSON value (RFC 8259, strictly).
    ///
    /// Refused beyond the grammar: bytes that are not UTF-8, keys that appear twice, halves of surrogate pairs, U+0000,
    /// and whatever exceeds `limits`.
    public init(
        parsing bytes: some Collection<UInt8>, limits: JSONLimits = JSONLimits()
    ) throws(JSONParseError) {
        // The closure cannot throw a typed error, so it returns one.
        let parse = { (buffer: UnsafeBufferPointer<UInt8>) -> Result<JSONValue, JSONParseError> in
            var parser = JSONParser(bytes: buffer, limits: limits)
            do throws(JSONParseError) {
                return .success(try parser.document())
            } catch {
                return .failure(error)
            }
        }
        let result = bytes.withContiguousStorageIfAvailable(parse) ?? Array(bytes).withUnsafeBufferPointer(parse)
        self = try result.get()
    }

    /// Reads exactly one JSON value; see ``init(parsing:limits:)``.
    public init(parsing text: String, limits: JSONLimits = JSONLimits()) throws(JSONParseError) {
        try self.init(parsing: text.utf8, limits: limits)
    }
}

/// A recursive parser over bytes; `limits.depthMax` bounds the recursion.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    var position = 0
    var depth = 0
    var values = 0

    init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func document() throws(JSONParseError) -> JSONValue {
        guard bytes.count <= limits.bytesMax else { throw error(.tooLarge(bytesMaximum: limits.bytesMax), at: 0) }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw error(.syntax("the text starts with a byte order mark"), at: 0)
        }
        skipBlanks()
        guard position < bytes.count else { throw error(.empty) }
        let value = try value()
        skipBlanks()
        guard position == bytes.count else { throw error(.trailingData) }
        return value
    }

    private mutating func value() throws(JSONParseError) -> JSONValue {
        values += 1
        guard values <= limits.valuesMax else { throw error(.tooManyValues(maximum: limits.valuesMax)) }
        guard position < bytes.count else { throw error(.syntax("the text ends where a value is due")) }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw error(.syntax("\(found()) where a value is due"))
        }
    }

    private mutating func object() throws(JSONParseError) -> JSONObject {
        try enter()
        var object = JSONObject()
        skipBlanks()
        if take(UInt8(ascii: "}")) { return leave(object) }
        while true {
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw error(.syntax("\(found()) where a key in double quotes is due"))
            }
            let start = position
            let key = try string()
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw error(.syntax("\(found()) where a colon is due")) }
            skipBlanks()
            guard object.insert(key, try value()) else { throw error(.duplicateKey(key), at: start) }
            skipBlanks()
            if take(UInt8(ascii: "}")) { return leave(object) }
            guard take(UInt8(ascii: ",")) else { throw error(.syntax("\(found()) where a comma or } is due")) }
            skipBlanks()
        }
    }

    private mutating func array() throws(JSONParseError) -> [JSONValue] {
        try enter()
        var elements: [JSONValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return leave(elements) }
        while true {
            elements.append(try value())
            skipBlanks()
            if take(UInt8(ascii: "]")) { return leave(elements) }
            guard take(UInt8(ascii: ",")) else { throw error(.syntax("\(found()) where a comma or ] is due")) }
            skipBlanks()
        }
    }

    private mutating func number() throws(JSONParseError) -> JSONNumber {
        guard let length = JSONNumber.length(in: bytes, from: position), length <= JSONNumber.textBytesMax else {
            throw error(.syntax("a number is malformed or too long"))
        }
        let start = position
        position += length
        return JSONNumber(checked: String(decoding: slice(start, position), as: UTF8.self))
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        let count = word.utf8CodeUnitCount
        for index in 0..<count
        where position + index >= bytes.count || bytes[position + index] != word.utf8Start[index] {
            throw error(.syntax("a word is neither true, false nor null"))
        }
        position += count
        return value
    }

    // MARK: Steps

    private mutating func enter() throws(JSONParseError) {
        depth += 1
        let maximum = min(limits.depthMax, 512)
        guard depth <= maximum else { throw error(.tooDeep(maximum: maximum)) }
        position += 1
    }

    private mutating func leave<Value>(_ value: Value) -> Value {
        depth -= 1
        return value
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    func slice(_ start: Int, _ end: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes[start..<end])
    }

    // MARK: Faults

    private func found() -> String {
        guard position < bytes.count else { return "the text ends" }
        let byte = bytes[position]
        return (0x21...0x7E).contains(byte)
            ? "there is \(quoted(String(UnicodeScalar(byte))))" : "there is the byte \(byte)"
    }

    func error(_ reason: JSONParseError.Reason, at offset: Int? = nil) -> JSONParseError {
        let offset = min(offset ?? position, bytes.count)
        var line = 1
        var lineStart = 0
        for index in 0..<offset where bytes[index] == 0x0A {
            line += 1
            lineStart = index + 1
        }
        return JSONParseError(reason: reason, offset: offset, line: line, column: offset - lineStart + 1)
    }
}
