import ExecutionNode
import Fields
import HTTPTypes
import Hummingbird
import NIOCore

extension NodeError {
    /// The head and body that a client gets.
    var response: (HTTPResponse, ByteBuffer) {
        let body = ByteBuffer(bytes: json.serialized())
        var head = HTTPResponse(status: HTTPResponse.Status(code: status), headerFields: headerFields)
        head.headerFields[.contentLength] = String(body.readableBytes)
        return (head, body)
    }

    var reply: Reply {
        Reply(status: status, headers: headerFields, body: json.serialized()).with(rates: rates)
    }

    private var headerFields: HTTPFields {
        var fields: HTTPFields = [.contentType: "application/problem+json"]
        if status == 401 { fields[.wwwAuthenticate] = "Bearer realm=\"clawrunner\"" }
        if let retryAfterSeconds { fields[.retryAfter] = String(retryAfterSeconds) }
        return fields
    }

    /// An error that nobody foresaw. Its text goes to the log, never to the client.
    static let unforeseen = NodeError(
        status: 500, code: "internal_error",
        detail: "The daemon failed in a way it should not; its log has the request's identifier.")

    /// What hummingbird throws while a request is read, such as a body over its limit.
    init(_ error: any HTTPResponseError) {
        switch error.status {
        case .contentTooLarge:
            self.init(status: 413, code: "body_too_large", detail: "The body is too large.")
        case let status where status.kind == .clientError:
            self.init(
                status: status.code, code: "malformed_request", detail: "The request was not accepted: \(status).")
        default:
            self = .unforeseen
        }
    }
}
