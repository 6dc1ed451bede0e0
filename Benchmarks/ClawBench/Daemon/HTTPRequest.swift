import Fields

/// One request as it goes over the wire.
struct HTTPRequest {
    let bytes: [UInt8]

    init(
        _ method: String, _ path: String, key: String? = nil, headers: [(String, String)] = [], type: String? = nil,
        body: [UInt8] = []
    ) {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        if let key { head += "Authorization: Bearer \(key)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let type { head += "Content-Type: \(type)\r\nContent-Length: \(body.count)\r\n" }
        bytes = Array("\(head)\r\n".utf8) + body
    }

    init(_ method: String, _ path: String, key: String? = nil, headers: [(String, String)] = [], json: JSONValue) {
        self.init(method, path, key: key, headers: headers, type: "application/json", body: json.serialized())
    }
}
