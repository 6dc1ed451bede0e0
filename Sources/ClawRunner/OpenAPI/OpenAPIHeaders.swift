import Fields

/// The headers of answers.
enum OpenAPIHeaders {
    /// Those that any answer may have.
    static let ofAll = ["X-Request-Id", "RateLimit-Policy", "RateLimit"]

    static let json: JSONValue = [
        "X-Request-Id": header(
            "The request's identifier: the client's own, or a new one", pattern: "^[A-Za-z0-9._-]{1,64}$"),
        "RateLimit-Policy": header("The limits that the request was held against, such as \"agent\";q=60000;w=60"),
        "RateLimit": header("How near they are, such as \"agent\";r=9999;t=1"),
        "Retry-After": header("Seconds to wait before the same request is worth another attempt", pattern: "^[0-9]+$"),
        "Location": header("Where the new thing is found"),
        "ETag": header("The entity tag of this very body", pattern: "^\"[^\"]+\"$"),
        "Preference-Applied": header("respond-async: the run goes on", pattern: "^respond-async$"),
        "Cache-Control": header("no-store for what must not be kept"),
        "Idempotent-Replayed": header("true: the stored answer to an earlier request of this key", pattern: "^true$"),
        "Server-Timing": header("Where the time went, in milliseconds (W3C Server Timing)"),
        "X-Next-Cursor": header("Where the next part starts; absent in the last"),
        "WWW-Authenticate": header("How to authenticate"),
    ]

    static func references(_ names: [String]) -> JSONValue {
        .object(
            names.reduce(into: JSONObject()) { headers, name in
                headers[name] = ["$ref": .string("#/components/headers/\(name)")]
            })
    }

    private static func header(_ description: String, pattern: String? = nil) -> JSONValue {
        var schema: JSONObject = ["type": "string"]
        if let pattern { schema["pattern"] = .string(pattern) }
        return ["description": .string(description), "schema": .object(schema)]
    }
}
