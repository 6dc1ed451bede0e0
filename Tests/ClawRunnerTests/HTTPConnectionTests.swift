import AsyncHTTPClient
import ExecutionNode
import Fields
import Foundation
import Logging
import MarketCore
import Metering
import NIOCore
import NodeTestSupport
import ServiceLifecycle
import Testing

@testable import ClawRunner

@Suite("HTTP: slow clients, clients that go away, and the end of the daemon", .timeLimit(.minutes(2)))
struct HTTPConnectionTests {
    private static let quick: ConnectionLimits = {
        var limits = ConnectionLimits()
        limits.idle = .milliseconds(400)
        limits.receive = .milliseconds(400)
        limits.send = .milliseconds(400)
        return limits
    }()

    private func head(_ key: String, length: Int) -> String {
        "POST /skills/echo/execute HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\nContent-Length: \(length)\r\n\r\n"
    }

    @Test("a client that sends its body in drops gets 408 and is dropped")
    func dribbledBody() async throws {
        let runner = ScriptedRunner()
        let http = try await HTTPFixture(try await NodeFixture(runner: runner), limits: Self.quick)
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        let client = try HTTPRawSocket(path: http.socket)
        client.send(head(seller.apiKey, length: 1000))
        let started = ContinuousClock.now
        let dribble = Task {
            while !Task.isCancelled, client.send("x") { try? await Task.sleep(for: .milliseconds(40)) }
        }
        let (answer, closed) = await client.receive(seconds: 10)
        dribble.cancel()
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
        #expect(answer.contains("request_timeout"))
        #expect(answer.contains("urn:clawrunner:request:"))
        #expect(closed)
        #expect(ContinuousClock.now - started < .seconds(8))
        #expect(runner.started == 0)
        try await http.close()
    }

    @Test("a client that sends its head in drops, or nothing at all, is dropped")
    func dribbledHead() async throws {
        let http = try await HTTPFixture(try await NodeFixture(), limits: Self.quick)
        let silent = try HTTPRawSocket(path: http.socket)
        let slow = try HTTPRawSocket(path: http.socket)
        let dribble = Task {
            for character in "GET /healthz HTTP/1.1\r\nX-Long: " + String(repeating: "a", count: 1000) {
                guard !Task.isCancelled, slow.send(String(character)) else { return }
                try? await Task.sleep(for: .milliseconds(40))
            }
        }
        #expect(await silent.receive(seconds: 5).closed)
        #expect(await slow.receive(seconds: 5).closed)
        dribble.cancel()
        try await http.close()
    }

    @Test("a connection is kept between requests, and dropped when it stays quiet")
    func keepAlive() async throws {
        let http = try await HTTPFixture(try await NodeFixture(), limits: Self.quick)
        let client = try HTTPRawSocket(path: http.socket)
        for _ in 0..<3 {
            client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            let (answer, closed) = await client.receive(seconds: 10, until: "HTTP/1.1 200 ")
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            #expect(!closed)
        }
        #expect(await client.receive(seconds: 5).closed)
        try await http.close()
    }

    @Test("two requests sent at once are both answered, in order")
    func pipelined() async throws {
        let http = try await HTTPFixture(try await NodeFixture(), limits: Self.quick)
        let client = try HTTPRawSocket(path: http.socket)
        client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n")
        let (answer, _) = await client.receive(seconds: 10, until: "HTTP/1.1 404 ")
        let first = try #require(answer.range(of: "HTTP/1.1 200 "))
        let second = try #require(answer.range(of: "HTTP/1.1 404 "))
        #expect(first.lowerBound < second.lowerBound)
        try await http.close()
    }

    @Test("a run takes as long as it takes: the time limits are about the client")
    func slowRun() async throws {
        let http = try await HTTPFixture(try await NodeFixture(), limits: Self.quick)
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        #expect(try await http.execute(key: seller.apiKey, payload: ["sleep": 1200]).status == 200)
        try await http.close()
    }

    @Test("a client that goes away in the middle of a run ends it; the run is booked at no cost, the hold is gone")
    func disconnect() async throws {
        let runner = ScriptedRunner()
        let http = try await HTTPFixture(try await NodeFixture(runner: runner))
        let seller = try await http.node.register("seller")
        let buyer = try await http.node.register("buyer")
        let skill = try await http.node.publish(by: seller)
        try await http.node.credit(buyer, "0.001")
        let token = try await http.node.buy(skill, by: buyer, usageLimit: 1)
        let body = "{\"endpoint\":\"/echo\",\"payload\":{\"sleep\":60000}}"
        let request =
            "POST /skills/echo/execute HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(buyer.apiKey)\r\n"
            + "X-Purchase-Token: \(token)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let client = try HTTPRawSocket(path: http.socket)
        client.send(request)
        while runner.running == 0 { try await Task.sleep(for: .milliseconds(2)) }
        client.vanish()
        let end = ContinuousClock.now + .seconds(5)
        while http.node.node.load.openHolds > 0, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(http.node.node.load.openHolds == 0)
        #expect(runner.running == 0)
        let usages = try await http.node.usages(buyer)
        #expect(usages.map(\.verdict) == ["cancelled"])
        #expect(usages.map(\.cost.isZero) == [true])
        // The one use and the whole balance are there for the next call.
        #expect(try await http.execute(key: buyer.apiKey, token: token).status == 200)
        #expect(try await http.node.node.ledger().check.isSound)
        try await http.close()
    }

    @Test("a client that only stops sending still gets its answer")
    func halfClose() async throws {
        let http = try await HTTPFixture(try await NodeFixture())
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        let body = "{\"endpoint\":\"/echo\",\"payload\":{\"sleep\":200}}"
        let client = try HTTPRawSocket(path: http.socket)
        client.send(head(seller.apiKey, length: body.utf8.count) + body)
        client.halfClose()
        let (answer, _) = await client.receive(seconds: 5)
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.contains("\"receipt\""))
        try await http.close()
    }

    @Test("a client that asks whether it may send its body is told to go on")
    func continueFirst() async throws {
        let http = try await HTTPFixture(try await NodeFixture())
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        let body = "{\"endpoint\":\"/echo\"}"
        let client = try HTTPRawSocket(path: http.socket)
        client.send(
            head(seller.apiKey, length: body.utf8.count).replacing(
                "Host: x\r\n", with: "Host: x\r\nExpect: 100-continue\r\n"))
        let (interim, _) = await client.receive(seconds: 10, until: "HTTP/1.1 100 ")
        #expect(interim.hasPrefix("HTTP/1.1 100 "))
        client.send(body)
        #expect(await client.receive(seconds: 10, until: "HTTP/1.1 200 ").text.hasPrefix("HTTP/1.1 200 "))
        try await http.close()
    }

    @Test("told to stop, the server finishes the runs that go on")
    func gracefulStop() async throws {
        let runner = ScriptedRunner()
        let http = try await HTTPFixture(try await NodeFixture(runner: runner))
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        async let running = http.execute(key: seller.apiKey, payload: ["sleep": 500])
        while runner.running == 0 { try await Task.sleep(for: .milliseconds(2)) }
        await http.beginStop()
        #expect(try await running.status == 200)
        try await http.close()
    }

    @Test("a client that waits no longer is told what becomes of its run, and that is what becomes of it")
    func impatient() async throws {
        let http = try await HTTPFixture(try await NodeFixture(runner: ScriptedRunner()))
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        var request = ClientRequest(
            .post, "/api/v1/skills/echo/execute", body: .json(["endpoint": "/echo", "payload": ["sleep": 60_000]]))
        request.timeoutSeconds = 1
        let failure = await #expect(throws: CommandFailure.self) {
            try await MarketClient(socket: http.socket, key: seller.apiKey).send(request)
        }
        #expect(failure?.hint?.contains("cancelled") == true)
        let end = ContinuousClock.now + .seconds(5)
        while http.node.node.load.openHolds > 0, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
        }
        let usages = try await http.node.usages(seller)
        #expect(usages.map(\.verdict) == ["cancelled"])
        #expect(usages.map(\.cost.base) == [0])
        try await http.close()
    }

    @Test("a run that the daemon cancels as it stops is booked, and its client gets the answer")
    func cancelledStop() async throws {
        let runner = ScriptedRunner()
        let http = try await HTTPFixture(try await NodeFixture(runner: runner))
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        async let running = http.execute(key: seller.apiKey, payload: ["sleep": 60_000])
        while runner.running == 0 { try await Task.sleep(for: .milliseconds(2)) }
        let stop = StopService(readiness: http.readiness, runs: http.runs, runsMayTake: .milliseconds(50))
        let stopping = ServiceGroup(
            configuration: .init(services: [.init(service: stop)], logger: Logger(label: "test")))
        let stopped = Task { try await stopping.run() }
        try await Task.sleep(for: .milliseconds(50))
        await stopping.triggerGracefulShutdown()
        _ = await stopped.result
        await http.beginStop()
        let answer = try await running
        #expect(answer.status == 503)
        #expect(answer.json["verdict"]?.string == "cancelled")
        #expect(try await http.node.usages(seller).map(\.verdict) == ["cancelled"])
        #expect(!http.readiness.isReady)
        try await http.close()
    }

    @Test("runs that take longer than the bound are cancelled, and booked")
    func boundedStop() async throws {
        let runner = ScriptedRunner()
        let http = try await HTTPFixture(try await NodeFixture(runner: runner), shutdownSeconds: 1)
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        let running = Task { try? await http.execute(key: seller.apiKey, payload: ["sleep": 60_000]) }
        while runner.running == 0 { try await Task.sleep(for: .milliseconds(2)) }
        let started = ContinuousClock.now
        try? await http.stop()
        #expect(ContinuousClock.now - started < .seconds(8))
        let end = ContinuousClock.now + .seconds(5)
        while http.node.node.load.openHolds > 0, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try await http.node.usages(seller).map(\.verdict) == ["cancelled"])
        _ = await running.value
        try await http.client.shutdown()
        try await http.node.close()
    }
}
