import Fields

/// One request to the daemon.
struct ClientRequest: Sendable {
    enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    enum Body: Sendable {
        case none
        case json(JSONValue)
        /// A package archive.
        case archive([UInt8])
    }

    var method: Method
    /// From the root, such as `/api/v1/usage`; parts that come from outside go through ``escaped(_:)``.
    var path: String
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body: Body = .none
    /// What is answered is text, where all went well.
    var answersText = false
    /// How long the daemon may take to answer.
    var timeoutSeconds: Int64 = 60

    init(_ method: Method, _ path: String, body: Body = .none) {
        self.method = method
        self.path = path
        self.body = body
    }

    var target: String {
        guard !query.isEmpty else { return path }
        return path + "?" + query.map { "\($0.name)=\(Self.escaped($0.value))" }.joined(separator: "&")
    }

    /// Adds the parameters that are given.
    mutating func ask(_ parameters: [(name: String, value: String?)]) {
        query += parameters.compactMap { name, value in value.map { (name, $0) } }
    }

    /// Text as one part of a path or a query (RFC 3986: everything but unreserved characters is escaped).
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                escaped += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return escaped
    }
}

/// The daemon's answer.
struct ClientResponse: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    /// The body as JSON; null when it was empty or is text.
    var json: JSONValue

    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
