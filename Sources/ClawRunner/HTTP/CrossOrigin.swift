import Fields
import HTTPTypes

/// Which pages in browsers may call the API (CORS): none, unless the operator names their origins. Keys travel in a header that no
/// browser sends by itself, so what a page may do is what it has a key for.
struct CrossOrigin: Sendable {
    static let none = CrossOrigin(origins: [])
    static let originsMax = 64
    private static let originBytesMax = 255
    /// How long a browser keeps what it was told.
    private static let ageSeconds = 600
    private static let requestHeaders = [
        "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Prefer", "X-License-Token",
        "X-Purchase-Token", "X-Request-Id",
    ]
    private static let responseHeaders = [
        "ETag", "Idempotent-Replayed", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "Server-Timing",
        "X-Next-Cursor", "X-Request-Id",
    ]

    let origins: Set<String>

    init(origins: Set<String>) {
        self.origins = origins
    }

    /// Reads `[cors]` of a configuration file.
    init(_ fields: FieldReader) throws(FieldError) {
        let origins = try fields.strings("origins", maxCount: Self.originsMax, maxBytes: Self.originBytesMax)
        for (index, origin) in origins.enumerated() where !Self.isOrigin(origin) {
            throw fields.error(
                "origins[\(index)]",
                "must be an origin as browsers send it, such as https://shop.example, not \(quoted(origin))")
        }
        self.origins = Set(origins)
    }

    /// The answer with what lets the asking page read it; unchanged for pages that may not, and for clients that are no browsers.
    func allow(_ reply: Reply, to request: HTTPFields, preflight methods: [String]? = nil) -> Reply {
        guard !origins.isEmpty else { return reply }
        // A cache must not give one page what was meant for another.
        var reply = reply.with(.vary, "Origin")
        guard let origin = request[.origin], origins.contains(origin) else { return reply }
        reply = reply.with(.accessControlAllowOrigin, origin)
        guard let methods, request[.accessControlRequestMethod] != nil else {
            return reply.with(.accessControlExposeHeaders, Self.responseHeaders.joined(separator: ", "))
        }
        return reply.with(.accessControlAllowMethods, methods.joined(separator: ", "))
            .with(.accessControlAllowHeaders, Self.requestHeaders.joined(separator: ", "))
            .with(.accessControlMaxAge, String(Self.ageSeconds))
    }

    /// A scheme and an authority of lower case, nothing after them.
    private static func isOrigin(_ text: String) -> Bool {
        let scheme = ["https://", "http://"].first { text.hasPrefix($0) }
        guard let scheme, text.utf8.count > scheme.utf8.count else { return false }
        return text.dropFirst(scheme.count).utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte &- UInt8(ascii: "0") < 10
                || ".-:[]".utf8.contains(byte)
        }
    }
}
