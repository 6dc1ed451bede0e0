import Fields

/// The problems that many operations may answer.
enum OpenAPIResponses {
    static let json: JSONValue = [
        "Malformed": problem(400, "The request, its query or its body cannot be read"),
        "Unauthorized": problem(401, "The key is missing, mistyped, unknown, revoked or expired"),
        "OperatorOnly": problem(403, "The operator key is needed"),
        "KeyRefused": problem(403, "The key is not good for this or not from here, or its agent does not take part"),
        "NotFound": problem(404, "There is no such thing, or it is not the caller's to see"),
        "Timeout": problem(408, "The request was not complete in time; the connection closes"),
        "Changed": problem(412, "What If-Match names has changed since"),
        "TooLarge": problem(413, "The body is larger than is allowed here; the connection closes"),
        "Invalid": problem(422, "A field of the body is missing, wrong or unknown"),
        "Limited": problem(429, "Too many requests; policy says whose"),
        "HeaderTooLarge": problem(431, "The header fields together are too long; the connection closes"),
        "Fault": problem(500, "A fault of the daemon; its log has the request's identifier"),
        "Unavailable": problem(503, "The database, the disk or the node cannot take the request now; code says why"),
    ]

    static func problem(_ status: Int, _ meaning: String, headers: [String] = []) -> JSONValue {
        let further = status == 401 ? ["WWW-Authenticate"] : [409, 429, 503].contains(status) ? ["Retry-After"] : []
        return [
            "description": .string(meaning),
            "headers": OpenAPIHeaders.references(OpenAPIHeaders.ofAll + further + headers),
            "content": ["application/problem+json": ["schema": OpenAPIOperation.ref("Problem")]],
        ]
    }
}
