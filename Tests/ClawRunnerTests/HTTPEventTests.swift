import AsyncHTTPClient
import ExecutionNode
import Fields
import NIOCore
import NIOHTTP1
import NodeTestSupport
import Testing

@testable import ClawRunner

@Suite("HTTP: a run that is followed", .timeLimit(.minutes(2)))
struct HTTPEventTests {
    private static let events = [("Accept", "text/event-stream")]

    private struct Stage {
        let http: HTTPFixture
        let runner: ScriptedRunner
        let key: String

        func follow(sleep: Int64) async throws -> HTTPClientResponse {
            let body: JSONValue = ["endpoint": "/echo", "payload": ["sleep": .number(sleep)]]
            let response = try await http.open(
                "POST", "/api/v1/skills/echo/execute", key: key, headers: HTTPEventTests.events, body: body.serialized()
            )
            #expect(response.status == .ok)
            #expect(response.headers["content-type"] == ["text/event-stream"])
            #expect(response.headers["location"].first?.hasPrefix("/api/v1/executions/") == true)
            return response
        }

        /// The execution once it is done.
        func end(of place: String) async throws -> JSONValue {
            while true {
                let execution = try await http.send("GET", place, key: key).json["execution"] ?? .null
                if execution["state"] == "done" { return execution }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    private func stage() async throws -> Stage {
        let runner = ScriptedRunner()
        let http = try await HTTPFixture(try await NodeFixture(runner: runner))
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        return Stage(http: http, runner: runner, key: seller.apiKey)
    }

    /// What each event says, in their order.
    private static func executions(_ text: String) throws -> [JSONValue] {
        try text.split(separator: "\n\n").filter { $0 != ":" }.map { event in
            let lines = event.split(separator: "\n")
            #expect(lines.count == 2 && lines[0] == "event: execution" && lines[1].hasPrefix("data: "), "\(event)")
            return try JSONValue(parsing: Array(lines[1].dropFirst(6).utf8))["execution"] ?? .null
        }
    }

    @Test("says when it comes further, and last what came of it, as its own page does")
    func follow() async throws {
        let stage = try await stage()
        let response = try await stage.follow(sleep: 300)
        let told = try Self.executions(String(buffer: try await response.body.collect(upTo: 1 << 20)))
        // What was over before anybody looked is not told.
        let states = told.map { $0["state"]?.string ?? "" }
        #expect(["queued", "running", "done"].filter(states.contains) == states && states.last == "done", "\(states)")
        let place = try #require(response.headers["location"].first)
        #expect(told.last == (try await stage.end(of: place)))
        #expect(told.last?["verdict"]?["kind"] == "ok" && told.last?["usage"] != nil)
        let again = try await stage.http.send("GET", place, key: stage.key, headers: Self.events)
        #expect(try Self.executions(String(decoding: again.body, as: UTF8.self)) == told.suffix(1))
        try await stage.http.close()
    }

    @Test("goes on when the stream breaks, and can be followed again")
    func broken() async throws {
        let stage = try await stage()
        var place = ""
        do {
            let response = try await stage.follow(sleep: 400)
            place = try #require(response.headers["location"].first)
            // The first event; leaving the body unread closes the connection.
            for try await _ in response.body { break }
        }
        let again = try await stage.http.send("GET", place, key: stage.key, headers: Self.events)
        let told = try Self.executions(String(decoding: again.body, as: UTF8.self))
        #expect(told.last?["verdict"]?["kind"] == "ok")
        #expect(stage.runner.started == 1)
        try await stage.http.close()
    }

    @Test("is refused as ever before its hold, and a stop of the daemon waits for no stream")
    func ends() async throws {
        let stage = try await stage()
        let refused = try await stage.http.send(
            "POST", "/api/v1/skills/none/execute", key: stage.key, headers: Self.events, json: ["endpoint": "/echo"])
        #expect(refused.status == 404 && refused.code == "skill_not_found")
        let response = try await stage.follow(sleep: 20_000)
        while stage.runner.running == 0 { try await Task.sleep(for: .milliseconds(2)) }
        stage.http.runs.cancel()
        let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
        #expect(try Self.executions(text).last?["state"] == "running")
        try await stage.http.close()
    }
}
