import ExecutionNode
import Fields
import HTTPTypes
import Hummingbird
import LicenseCheck
import Logging
import MarketCore
import NIOCore

/// One request on its way through a route.
struct Call: Sendable {
    let request: Request
    /// The parts of the path that the route leaves open, percent-decoded.
    let parameters: [String: String]
    /// The identifier in the log and in `X-Request-Id`.
    let id: String
    let logger: Logger
    let connection: Connection?
    /// What an agent's key must be good for here.
    var scopes: KeyScopes = .all
    /// The key that came with the request; nil without a good one.
    var key: StoredKey?
    /// Why the key that came, or the signature that it asks for, is refused. It is looked at once: what a second look found
    /// would be unsigned.
    var keyRefusal: NodeError?
    /// That agent's limit, where the request counts already.
    var agentRate: RateStatus?

    /// Who calls, for routes that need to know.
    /// - Throws: `NodeError` 401, which says what is wrong with the key, and 403 when it is not good for this.
    func caller(_ node: ExecutionNode) throws -> Agent.ID { try callerKey(node).agentID }

    /// As ``caller(_:)``, with the key itself.
    /// - Parameter further: scopes that this very call needs besides the route's.
    func callerKey(_ node: ExecutionNode, further: KeyScopes = []) throws -> StoredKey {
        let key = try identity(node)
        try ExecutionNode.require(scopes.union(further), of: key)
        return key
    }

    /// The key that calls, whatever it is good for.
    private func identity(_ node: ExecutionNode) throws -> StoredKey {
        if let key { return key }
        if let keyRefusal { throw keyRefusal }
        return try node.identify(nil, from: origin)
    }

    /// Who calls, for pages that anybody may see and an owner sees more of; nil without a key that is good for this.
    var agent: Agent.ID? {
        guard let key, (try? ExecutionNode.require(scopes, of: key)) != nil else { return nil }
        return key.agentID
    }

    var origin: CallOrigin { connection?.origin ?? .unknown }

    /// Lets only the operator pass.
    /// - Throws: `NodeError` 401 or 403.
    func requireOperator(_ operatorKey: OperatorKey, _ node: ExecutionNode) throws {
        guard let key = try bearer else {
            throw NodeError(
                status: 401, code: "operator_key_required",
                detail:
                    "Send the operator key as \"Authorization: Bearer\"; serve writes it to operator.key in its data.")
        }
        guard operatorKey.matches(key) else {
            // An agent's own key tells who it is, and that it may not do this.
            _ = try identity(node)
            throw NodeError(
                status: 403, code: "operator_only",
                detail: "An agent's API key does not allow this; the operator key does.")
        }
    }

    /// A part of the path; the route table has checked that it is there.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    func header(_ name: HTTPField.Name) -> String? { request.headers[name] }

    /// What stands after `Bearer` in `Authorization`; nil without such a header.
    var bearer: String? {
        get throws(NodeError) {
            guard let value = header(.authorization) else { return nil }
            let parts = value.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else {
                throw NodeError(
                    status: 401, code: "invalid_authorization",
                    detail: "Authorization must be \"Bearer\" followed by an API key.")
            }
            return String(parts[1])
        }
    }

    func query() throws -> QueryReader { try QueryReader(request.uri.query) }

    /// The whole body, of 1 to `bytesMax` bytes.
    func body(bytesMax: Int) async throws -> [UInt8] {
        let tooLarge = NodeError(
            status: 413, code: "body_too_large", detail: "The body is larger than the \(bytesMax) bytes allowed here.",
            fields: ["bytesMax": .number(bytesMax)])
        if let length = header(.contentLength).flatMap({ Int($0) }), length > bytesMax { throw tooLarge }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: bytesMax)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch let error as any HTTPResponseError where error.status == .contentTooLarge {
            throw tooLarge
        }
        guard buffer.readableBytes > 0 else {
            throw NodeError.malformed("The request has no body; this call needs one.", code: "empty_body")
        }
        let body = Array(buffer.readableBytesView)
        // That it is signed is known; so is the body then.
        if key?.signingKey != nil {
            guard let digest = header(.contentDigest) else {
                throw NodeError(SignatureError.uncovered("content-digest"))
            }
            guard ContentDigest.matches(digest, body) else { throw NodeError(SignatureError.wrongDigest) }
        }
        return body
    }

    /// The fields of a JSON body.
    func fields(_ body: [UInt8], limits: JSONLimits = JSONLimits()) throws -> FieldReader {
        do {
            return try FieldReader(try JSONValue(parsing: body, limits: limits))
        } catch let error as JSONParseError {
            throw NodeError(error)
        }
    }
}

extension SignedMessage {
    /// What a request says before its body.
    init(_ request: Request) {
        let headers = request.headers
        self.init(
            method: request.method.rawValue, target: request.uri.string, authority: request.head.authority
        ) { name in
            HTTPField.Name(name).map { headers[values: $0] } ?? []
        }
    }
}
