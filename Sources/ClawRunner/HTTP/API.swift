import ExecutionNode
import Fields
import HTTPTypes
import Hummingbird
import LicenseCheck
import Logging
import MarketCore
import Metrics

/// Answers every request: finds its route, turns every error into a problem, counts and logs.
struct API: HTTPResponder {
    typealias Context = RequestScope

    private let table: RouteTable
    private let node: ExecutionNode
    /// Not the server's own, which is quieter and has a second identifier.
    private let logger: Logger
    private let crossOrigin: CrossOrigin

    init(routes: [Route], node: ExecutionNode, crossOrigin: CrossOrigin = .none, logger: Logger) {
        table = RouteTable(routes)
        self.node = node
        self.crossOrigin = crossOrigin
        self.logger = logger
    }

    var routes: [Route] { table.routes }

    func respond(to request: Request, context: RequestScope) async throws -> Response {
        let started = ContinuousClock.now
        let id = Self.requestID(request)
        var logger = logger
        logger[metadataKey: "request"] = .string(id)

        var route: Route?
        var rates: [RateStatus] = []
        var reply: Reply
        var allowedMethods: [String]?
        do {
            if let address = Connection.current?.address { rates.append(try node.countRequest(from: address)) }
            let match = try table.match(request.method, request.uri.path)
            switch match {
            case .found(let found, let parameters):
                route = found
                var call = Call(
                    request: request, parameters: parameters, id: id, logger: logger, connection: Connection.current)
                // Before the body is read. What is wrong with a key is the route's to say.
                call.scopes = found.scopes
                try identify(&call)
                if let rate = call.agentRate { rates.insert(rate, at: 0) }
                reply = try await found.reply(to: call)
            case .methodNotAllowed(let allowed):
                let methods = (allowed + (allowed.contains(.get) ? [.head] : []) + [.options]).map(\.rawValue).sorted()
                let names = methods.joined(separator: ", ")
                guard request.method != .options else {
                    allowedMethods = methods
                    reply = Reply(status: 204, headers: [.allow: names], body: [])
                    break
                }
                let error = NodeError(
                    status: 405, code: "method_not_allowed",
                    detail: "\(request.method.rawValue) is not possible here; \(names) are.")
                reply = Self.problem(error, request: id, logger: logger).reply.with(.allow, names)
            case .notFound:
                throw NodeError(
                    status: 404, code: "no_such_path",
                    detail: "The API has no \(quoted(request.uri.path)); /openapi.json lists all paths.")
            }
        } catch {
            reply = Self.problem(error, request: id, logger: logger).reply
        }
        if reply.status == 413 || reply.status == 408 {
            // Most of the body is still to come; nobody will read it.
            reply.headers[.connection] = "close"
        }
        reply.headers[.requestID] = id
        reply = reply.with(rates: rates).withRateHeaders
        reply = crossOrigin.allow(reply, to: request.headers, preflight: allowedMethods)
        note(request, route, reply, since: started, logger)
        return request.method == .head ? reply.headResponse : reply.response
    }

    /// Finds out once who calls, and counts it.
    /// - Throws: `NodeError` 429.
    private func identify(_ call: inout Call) throws(NodeError) {
        let key: StoredKey
        do throws(NodeError) {
            guard let bearer = try call.bearer else { return }
            key = try node.identify(bearer, from: call.origin)
        } catch {
            call.keyRefusal = error
            return
        }
        call.agentRate = try node.countRequest(of: key.agentID)
        do throws(NodeError) {
            try node.checkSignature(of: SignedMessage(call.request), by: key)
            call.key = key
        } catch {
            call.keyRefusal = error
        }
    }

    /// The problem that a client gets for an error.
    static func problem(_ error: any Error, request id: String, logger: Logger) -> NodeError {
        var problem: NodeError
        switch error {
        case let error as NodeError: problem = error
        case let error as FieldError: problem = NodeError(error)
        case let error as JSONParseError: problem = NodeError(error)
        case let error as StoreError:
            problem = NodeError(error)
            if problem.status >= 500 { logger.error("the store failed", metadata: ["cause": .string("\(error)")]) }
        case let error as any HTTPResponseError: problem = NodeError(error)
        case is CancellationError:
            problem = NodeError(
                status: 503, code: "cancelled", detail: "The request was cancelled before it was answered.",
                retryable: true, retryAfterSeconds: 1)
        default:
            logger.error("unforeseen error", metadata: ["cause": .string(displayed("\(error)", scalarsMax: 500))])
            problem = .unforeseen
        }
        problem.instance = problem.instance ?? "urn:clawrunner:request:\(id)"
        return problem
    }

    /// The client's own identifier when it is a plain one, else a new one.
    private static func requestID(_ request: Request) -> String {
        let isPlain = { (byte: UInt8) in
            byte &- UInt8(ascii: "0") < 10 || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
        }
        if let given = request.headers[.requestID], (1...64).contains(given.utf8.count),
            given.utf8.allSatisfy(isPlain)
        {
            return given
        }
        return Identifier<Call>.new().description
    }

    private func note(
        _ request: Request, _ route: Route?, _ reply: Reply, since started: ContinuousClock.Instant, _ logger: Logger
    ) {
        let duration = started.duration(to: .now)
        // Never the path itself: it would make a series of every identifier that anybody asks for.
        let labels = [("method", request.method.rawValue), ("route", route?.path ?? "none")]
        let known = route == nil ? [("method", "any"), ("route", "none")] : labels
        Counter(label: "http_requests_total", dimensions: known + [("status", String(reply.status))]).increment()
        Timer(label: "http_request_duration_seconds", dimensions: known).recordNanoseconds(duration.nanoseconds)
        logger.log(
            level: reply.status >= 500 ? .warning : .debug, "\(request.method.rawValue) \(displayed(request.uri.path))",
            metadata: ["status": .stringConvertible(reply.status), "milliseconds": .string(duration.milliseconds)])
    }
}

/// What hummingbird hands over with a request; nothing of it is needed.
struct RequestScope: InitializableFromSource {
    init(source: ApplicationRequestContextSource) {}
}

extension Duration {
    var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }

    /// With three digits after the point.
    fileprivate var milliseconds: String {
        let microseconds = nanoseconds / 1000
        let fraction = String(microseconds % 1000)
        return "\(microseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}
