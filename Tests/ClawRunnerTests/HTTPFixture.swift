import AsyncHTTPClient
import ExecutionNode
import Fields
import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NodeTestSupport
import ServiceLifecycle

@testable import ClawRunner

/// A node behind a real socket, with a runner of known verdicts.
struct HTTPFixture: Sendable {
    static let operatorKey = "claw_operator_" + String(repeating: "x", count: 43)

    struct Answer: Sendable {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]
        var json: JSONValue { (try? JSONValue(parsing: body)) ?? .null }
        var code: String? { json["code"]?.string }
    }

    let node: NodeFixture
    /// The Unix socket's path; over TCP not used.
    let socket: String
    /// What comes before a path.
    private let base: String
    let readiness = Readiness()
    let runs = CancelSwitch()
    let client: HTTPClient
    private let group: ServiceGroup
    private let serving: Task<Void, any Error>

    init(
        _ node: NodeFixture, limits: ConnectionLimits = ConnectionLimits(), shutdownSeconds: Int64 = 10,
        tcp: Bool = false
    ) async throws {
        self.node = node
        // Short: the address of a Unix socket has 107 bytes.
        let socket = "/tmp/claw-\(UUID().uuidString.prefix(12)).sock"
        self.socket = socket
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        client = HTTPClient(configuration: configuration)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let api = API(
            routes: HTTPServer.routes(
                node: node.node, operatorKey: OperatorKey(Self.operatorKey), metrics: PrometheusMetrics(),
                readiness: readiness, runs: runs),
            node: node.node, logger: logger)
        let address: BindAddress = tcp ? .hostname("127.0.0.1", port: 0) : .unixDomainSocket(path: socket)
        let (running, started) = AsyncStream<Int>.makeStream()
        var group = ServiceGroupConfiguration(
            services: [
                .init(
                    service: HTTPServer.service(api, address: address, limits: limits, logger: logger) { channel in
                        started.yield(channel.localAddress?.port ?? 0)
                        started.finish()
                    })
            ], logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(shutdownSeconds)
        let services = ServiceGroup(configuration: group)
        self.group = services
        serving = Task { try await services.run() }
        var port = 0
        for await number in running { port = number }
        base = tcp ? "http://127.0.0.1:\(port)" : "http+unix://\(socket.replacing("/", with: "%2F"))"
        readiness.set(true)
    }

    /// Stops the server and waits for its end.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await serving.value
    }

    /// Tells the server to stop, without waiting.
    func beginStop() async { await group.triggerGracefulShutdown() }

    func close() async throws {
        try await client.shutdown()
        try await stop()
        try? FileManager.default.removeItem(atPath: socket)
        try await node.close()
    }

    // MARK: Requests

    /// A request whose answer is still to be read.
    func open(
        _ method: String, _ path: String, key: String? = nil, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: "\(base)\(path)")
        request.method = .RAW(value: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let key { request.headers.add(name: "Authorization", value: "Bearer \(key)") }
        if let body { request.body = .bytes(body) }
        return try await client.execute(request, timeout: .seconds(60))
    }

    func send(
        _ method: String, _ path: String, key: String? = nil, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws -> Answer {
        let response = try await open(method, path, key: key, headers: headers, body: body)
        let bytes = try await response.body.collect(upTo: 64 << 20)
        var fields: [String: String] = [:]
        for header in response.headers { fields[header.name.lowercased()] = header.value }
        return Answer(status: Int(response.status.code), headers: fields, body: Array(bytes.readableBytesView))
    }

    func send(
        _ method: String, _ path: String, key: String? = nil, headers: [(String, String)] = [], json: JSONValue
    ) async throws -> Answer {
        try await send(
            method, path, key: key, headers: headers + [("Content-Type", "application/json")], body: json.serialized())
    }

    /// An execute request of the echoing skill.
    func execute(
        _ skill: String = "echo", key: String, token: String? = nil, payload: JSONValue = ["text": "hi"],
        headers: [(String, String)] = []
    ) async throws -> Answer {
        try await send(
            "POST", "/api/v1/skills/\(skill)/execute", key: key,
            headers: headers + (token.map { [("X-Purchase-Token", $0)] } ?? []),
            json: ["endpoint": "/echo", "payload": payload])
    }
}
