import ExecutionNode
import Fields
import HTTPTypes
import Hummingbird
import NIOCore

/// What a route answers.
struct Reply: Sendable {
    var status: Int
    var headers: HTTPFields
    var body: [UInt8]
    /// Takes the place of the body: writes one whose end is not known yet.
    var events: (@Sendable (inout EventWriter) async throws -> Void)?
    /// The limits that the request was held against.
    var rates: [RateStatus] = []

    init(status: Int, headers: HTTPFields, body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    static func json(_ value: JSONValue, status: Int = 200) -> Reply {
        Reply(status: status, headers: [.contentType: "application/json"], body: value.serialized())
    }

    static func text(_ text: String, contentType: String, status: Int = 200) -> Reply {
        Reply(status: status, headers: [.contentType: contentType], body: Array(text.utf8))
    }

    func with(_ name: HTTPField.Name, _ value: String) -> Reply {
        var reply = self
        reply.headers[name] = value
        return reply
    }

    var response: Response {
        let whole = ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        return Response(
            status: HTTPResponse.Status(code: status), headers: headers,
            body: events.map(EventWriter.body) ?? whole)
    }

    /// The same head without a body, for HEAD.
    var headResponse: Response {
        var headers = headers
        if events == nil { headers[.contentLength] = String(body.count) }
        return Response(status: HTTPResponse.Status(code: status), headers: headers)
    }
}

extension HTTPField.Name {
    static let requestID = known("X-Request-Id")
    static let purchaseToken = known("X-Purchase-Token")
    static let licenseToken = known("X-License-Token")
    static let prefer = known("Prefer")
    static let preferenceApplied = known("Preference-Applied")
    static let contentDigest = known("Content-Digest")
    static let idempotencyKey = known("Idempotency-Key")
    static let nextCursor = known("X-Next-Cursor")
    static let idempotentReplayed = known("Idempotent-Replayed")
    static let rateLimitPolicy = known("RateLimit-Policy")
    static let rateLimit = known("RateLimit")
    static let serverTiming = known("Server-Timing")

    /// For names written here, which are all tokens.
    private static func known(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no header name") }
        return field
    }
}
