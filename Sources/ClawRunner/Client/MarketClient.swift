import AsyncHTTPClient
import Fields
import LicenseCheck
import NIOCore
import NIOHTTP1
import NIOPosix

/// Talks to a running daemon over its Unix socket.
struct MarketClient: Sendable {
    /// The most bytes of an answer.
    static let responseBytesMax = 64 << 20

    let socket: String
    /// Sent as `Authorization: Bearer`; nil for what needs no key.
    let key: String?
    /// Signs each request; nil for keys that need no signature.
    var signer: RequestSigner?

    // One for the process, never shut down: it ends with the command.
    private static let http = HTTPClient(
        eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)

    private static var configuration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        // A missing daemon is told at once instead of being waited for.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return configuration
    }

    /// The answer of success.
    ///
    /// - Throws: ``CommandFailure``: what the daemon's problem means, or that no daemon answered.
    func call(_ request: ClientRequest) async throws(CommandFailure) -> ClientResponse {
        let response = try await send(request)
        guard response.status < 400 else { throw Problem(response).failure }
        return response
    }

    /// The answer, whatever its status. A daemon that was just started takes no signature yet: that is waited for.
    func send(_ request: ClientRequest) async throws(CommandFailure) -> ClientResponse {
        var response = try await sendOnce(request)
        for _ in 0..<Self.forgottenMax where signer != nil && response.json["code"] == "signature_forgotten" {
            try? await Task.sleep(for: .seconds(1))
            response = try await sendOnce(request)
        }
        return response
    }

    private static let forgottenMax = 10

    private func sendOnce(_ request: ClientRequest) async throws(CommandFailure) -> ClientResponse {
        do {
            let answer = try await Self.http.execute(
                try outgoing(request), deadline: .now() + .seconds(request.timeoutSeconds))
            let body = Array(try await answer.body.collect(upTo: Self.responseBytesMax).readableBytesView)
            let status = Int(answer.status.code)
            return ClientResponse(
                status: status, headers: answer.headers.map { ($0.name, $0.value) }, body: body,
                json: request.answersText && status < 400 ? .null : try Self.json(body, status: status))
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw unreachable(error)
        }
    }

    private func outgoing(_ request: ClientRequest) throws(CommandFailure) -> HTTPClientRequest {
        // sun_path holds 108 bytes with the closing NUL.
        guard socket.utf8.count < 108 else {
            throw CommandFailure(
                .usage, "The socket path \(socket) is longer than 107 bytes, the most that Linux takes.",
                hint: "Choose a shorter --data or --socket.")
        }
        let host = ClientRequest.escaped(socket)
        var outgoing = HTTPClientRequest(url: "http+unix://\(host)\(request.target)")
        outgoing.method = HTTPMethod(rawValue: request.method.rawValue)
        // The socket's path is no host name.
        outgoing.headers.add(name: "Host", value: "localhost")
        if !request.answersText { outgoing.headers.add(name: "Accept", value: "application/json") }
        if let key { outgoing.headers.add(name: "Authorization", value: "Bearer \(key)") }
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        switch request.body {
        case .none: break
        case .json(let value):
            try add(value.serialized(), type: "application/json", to: &outgoing)
        case .archive(let bytes): try add(bytes, type: "application/gzip", to: &outgoing)
        }
        try sign(&outgoing, target: request.target)
        return outgoing
    }

    private func add(_ body: [UInt8], type: String, to outgoing: inout HTTPClientRequest) throws(CommandFailure) {
        outgoing.headers.add(name: "Content-Type", value: type)
        if signer != nil { outgoing.headers.add(name: "Content-Digest", value: ContentDigest.field(of: body)) }
        outgoing.body = .bytes(body)
    }

    private func sign(_ outgoing: inout HTTPClientRequest, target: String) throws(CommandFailure) {
        guard let signer else { return }
        let headers = outgoing.headers
        let message = SignedMessage(method: outgoing.method.rawValue, target: target, authority: nil) { headers[$0] }
        do throws(SignatureError) {
            for field in try signer.fields(for: message) { outgoing.headers.add(name: field.name, value: field.value) }
        } catch {
            throw CommandFailure(.usage, "The request cannot be signed: \(error.description).")
        }
    }

    private static func json(_ bytes: [UInt8], status: Int) throws(CommandFailure) -> JSONValue {
        guard !bytes.isEmpty else { return .null }
        do {
            return try JSONValue(parsing: bytes, limits: JSONLimits(depthMax: 256, bytesMax: responseBytesMax))
        } catch {
            throw CommandFailure(
                .unreachable,
                "What answers there is not a clawrunner daemon: status \(status) with a body that is "
                    + "not JSON (\(error)).")
        }
    }

    private func unreachable(_ error: any Error) -> CommandFailure {
        if let error = error as? HTTPClientError {
            switch error {
            case .deadlineExceeded, .readTimeout:
                return CommandFailure(
                    .unreachable, "The daemon at \(socket) did not answer in time.",
                    hint: "A run that had not ended is cancelled, because its client left; it is booked at no cost.")
            case .remoteConnectionClosed:
                return CommandFailure(
                    .unreachable, "The daemon at \(socket) closed the connection without an answer.",
                    hint: "It may have been stopped. The same --idempotency-key returns the outcome if there was one.")
            default: break
            }
        }
        switch Self.code(error) {
        case .some(ENOENT), .some(ECONNREFUSED):
            return CommandFailure(
                .unreachable, "No daemon answers at \(socket).",
                hint: "Start one with `clawrunner serve`, or name another socket with --socket or CLAWRUNNER_SOCKET.")
        case .some(EACCES):
            return CommandFailure(
                .unreachable, "You are not allowed to open \(socket).",
                hint: "It belongs to the user who runs the daemon; run this command as that user.")
        default:
            return CommandFailure(.unreachable, "The daemon at \(socket) cannot be reached: \(error).")
        }
    }

    private static func code(_ error: any Error) -> Int32? {
        (error as? IOError)?.errnoCode
    }
}
