import CoreMetrics
import ExecutionNode
import Fields
import Foundation
import HTTPTypes
import Logging
import MarketCore
import NodeTestSupport
import Testing

@testable import ClawRunner

@Suite("HTTP: routes, queries, the phases of a connection")
struct HTTPPartsTests {
    private func table(_ routes: [(HTTPRequest.Method, String)]) -> RouteTable {
        RouteTable(routes.map { method, path in Route(method, path) { _ in .json([:]) } })
    }

    @Test("a path finds its route with its open parts decoded; a wrong method finds what is allowed")
    func routes() throws {
        let table = table([(.get, "/a/{x}"), (.post, "/a/{x}"), (.get, "/a/{x}/b"), (.get, "/a")])
        guard case .found(let route, let parameters) = try table.match(.get, "/a/caf%C3%A9%2F") else {
            Issue.record("no route")
            return
        }
        #expect(route.path == "/a/{x}")
        #expect(parameters == ["x": "café/"])
        guard case .found(let slashed, _) = try table.match(.head, "/a/") else {
            Issue.record("a slash at the end changes nothing, HEAD is GET without a body")
            return
        }
        #expect(slashed.path == "/a")
        guard case .methodNotAllowed(let allowed) = try table.match(.put, "/a/1") else {
            Issue.record("PUT was found")
            return
        }
        #expect(Set(allowed) == [.get, .post])
        for path in ["/", "", "/b", "/a/1/c", "/a//b", "//a", "/a/1/b/c"] {
            guard case .notFound = try table.match(.get, path) else {
                Issue.record("\(path) was found")
                continue
            }
        }
        for path in ["/a/%", "/a/%4", "/a/%zz", "/a/%ff", "/a/%00"] {
            #expect(throws: NodeError.self) { try table.match(.get, path) }
        }
    }

    @Test("a query's parameters are read with their types; twice, unknown and malformed ones are errors")
    func query() throws {
        var query = try QueryReader("limit=7&search=a+b%20c&empty=&from=2026-01-31T09:30:00Z")
        let limit = try query.int("limit", in: 1...10)
        let texts = (try query.string("search"), try query.string("empty"))
        let from = try query.timestamp("from")
        #expect(limit == 7)
        #expect(texts == ("a b c", nil))
        #expect(from?.description == "2026-01-31T09:30:00.000Z")
        try query.finish()
        #expect(throws: NodeError.self) { try QueryReader("a=1&a=2") }
        #expect(throws: NodeError.self) { try QueryReader("a=%") }
        #expect(throws: NodeError.self) { try QueryReader("a=1").finish() }
        #expect(throws: NodeError.self) { try QueryReader((0..<40).map { "p\($0)=1" }.joined(separator: "&")) }
        var wrong = try QueryReader("n=1.5&m=99&t=1")
        #expect(throws: NodeError.self) { try wrong.int("n", in: 1...10) }
        #expect(throws: NodeError.self) { try wrong.int("m", in: 1...10) }
        #expect(throws: NodeError.self) { try wrong.timestamp("t") }
        try QueryReader(nil).finish()
    }

    @Test("a connection is idle, receives, answers, sends, and is idle again")
    func phases() {
        var phase = ConnectionPhase()
        #expect(phase.state == .idle)
        phase.requestHead()
        #expect(phase.state == .receiving)
        phase.requestEnd()
        #expect(phase.state == .answering)
        #expect(phase.mayStillAnswer)
        phase.responseHead(closes: false)
        #expect(!phase.mayStillAnswer)
        phase.responseEnd()
        #expect(phase.state == .sending)
        let isLast = phase.responseTaken()
        #expect(!isLast)
        #expect(phase.state == .idle)
    }

    @Test("an answer that comes before the body has ended leaves the connection receiving")
    func earlyAnswer() {
        var phase = ConnectionPhase()
        phase.requestHead()
        phase.responseHead(closes: true)
        phase.responseEnd()
        let isLast = phase.responseTaken()
        #expect(isLast)
        #expect(phase.state == .closing)
        phase.requestEnd()
        phase.requestHead()
        #expect(phase.state == .closing)
    }

    @Test("the time of a pipelined request starts when the one ahead of it is answered")
    func pipelined() {
        var phase = ConnectionPhase()
        phase.requestHead()
        phase.requestEnd()
        phase.requestHead()
        #expect(phase.state == .answering)
        phase.responseHead(closes: false)
        phase.responseEnd()
        _ = phase.responseTaken()
        #expect(phase.state == .receiving)
        phase.requestEnd()
        #expect(phase.state == .answering)
    }

    @Test("an operation is cancelled when its client goes away, before or after it began, and waited for")
    func gone() async throws {
        let connection = Connection()
        let running = Task {
            try await CancelSwitch.run(cancelledBy: [CancelSwitch(), connection.gone]) {
                try? await Task.sleep(for: .seconds(60))
                return Task.isCancelled
            }
        }
        try await Task.sleep(for: .milliseconds(50))
        connection.markGone()
        #expect(try await running.value)
        #expect(try await CancelSwitch.run(cancelledBy: [connection.gone]) { Task.isCancelled })
    }
}

@Suite("HTTP: sentences of errors")
struct HTTPSentenceTests {
    @Test("a body that is not JSON is told with the place and the reason")
    func malformedJSON() {
        do {
            _ = try JSONValue(parsing: "{\"a\": 1,\n \"a\": 2}")
            Issue.record("it was read")
        } catch {
            #expect(
                NodeError(error).detail
                    == "The body cannot be read as JSON at line 2, column 2: the key \"a\" appears twice.")
        }
    }
}

@Suite("HTTP: the OpenAPI document is the truth")
struct HTTPOpenAPITests {
    @Test("it lists exactly the operations that there are")
    func operations() async throws {
        let fixture = try await NodeFixture()
        let routes = HTTPServer.routes(
            node: fixture.node, operatorKey: OperatorKey("x"), metrics: PrometheusMetrics(), readiness: Readiness(),
            runs: CancelSwitch())
        let real = Set(routes.map { "\($0.method.rawValue.lowercased()) \($0.path)" })
        let told = Set(OpenAPIOperation.all.map { "\($0.method) \($0.path)" })
        #expect(real.subtracting(told) == [])
        #expect(told.subtracting(real) == [])
        #expect(routes.count == real.count)
        let ids = OpenAPIOperation.all.map(\.id)
        #expect(Set(ids).count == ids.count)
        try await fixture.close()
    }

    @Test("every reference leads somewhere, every operation says what it answers")
    func references() throws {
        let document = try JSONValue(parsing: OpenAPIDocument.json.serialized())
        #expect(document["openapi"]?.string == "3.1.0")
        func check(_ value: JSONValue) {
            if let reference = value["$ref"]?.string {
                let steps = reference.split(separator: "/").dropFirst().map(String.init)
                #expect(steps.reduce(document) { $0[$1] ?? .null }.isNull == false, "\(reference)")
            }
            for member in value.object?.members ?? [] { check(member.value) }
            for element in value.array ?? [] { check(element) }
        }
        check(document)
        for (_, path) in try #require(document["paths"]?.object) {
            for (_, operation) in try #require(path.object) {
                #expect(operation["responses"]?.object?.isEmpty == false)
                #expect(operation["summary"]?.string?.isEmpty == false)
            }
        }
    }

    @Test("what the daemon answers has the shape that the document tells")
    func shapes() async throws {
        let http = try await HTTPFixture(try await NodeFixture())
        let seller = try await http.node.register("seller")
        try await http.node.publish(by: seller)
        try await http.node.credit(seller, "1")
        let document = try #require(try await http.send("GET", "/openapi.json").json.object)
        func schema(_ name: String) throws -> JSONSchema {
            // The subset that is checked knows `$defs` in place of `components`.
            let text = JSONValue.object(document).description.replacing("#/components/schemas/", with: "#/$defs/")
            let all = try #require(try JSONValue(parsing: text)["components"]?["schemas"])
            return try JSONSchema(["$ref": .string("#/$defs/\(name)"), "$defs": all])
        }
        let run = try await http.execute(key: seller.apiKey)
        let failed = try await http.execute(key: seller.apiKey, payload: ["verdict": "timeout"])
        let id = try #require(run.json["usage"]?["id"]?.string)
        let answers: [(String, JSONValue?)] = [
            ("Usage", run.json["usage"]), ("Problem", failed.json),
            ("Problem", try await http.send("GET", "/nowhere").json),
            ("Skill", try await http.send("GET", "/api/v1/skills/echo").json["skill"]),
            ("Agent", try await http.send("GET", "/api/v1/agents/seller").json["agent"]),
            ("Balance", try await http.send("GET", "/api/v1/balances", key: seller.apiKey).json["items"]?[0]),
            ("Pagination", try await http.send("GET", "/api/v1/skills").json["pagination"]),
            (
                "Execution",
                try await http.send("GET", "/api/v1/executions/\(id)", key: seller.apiKey).json["execution"]
            ),
            ("Ledger", try await http.send("GET", "/api/v1/admin/ledger", key: HTTPFixture.operatorKey).json),
        ]
        for (name, answer) in answers {
            let violations = try schema(name).validate(try #require(answer))
            #expect(violations.isEmpty, "\(name): \(violations)")
        }
        try await http.close()
    }

    @Test("health, readiness, metrics and keys need no key; HEAD has the length and no body")
    func system() async throws {
        let http = try await HTTPFixture(try await NodeFixture())
        #expect(try await http.send("GET", "/healthz").status == 200)
        #expect(try await http.send("GET", "/readyz").status == 200)
        let node = http.node.node
        var configuration = node.configuration
        configuration.freeBytesMin = .max
        node.reconfigure(configuration)
        #expect(try await http.send("GET", "/readyz").code == "storage_low")
        configuration.freeBytesMin = 0
        node.reconfigure(configuration)
        #expect(try await http.send("GET", "/readyz").status == 200)
        http.readiness.set(false)
        let stopping = try await http.send("GET", "/readyz")
        #expect(stopping.status == 503)
        #expect(stopping.code == "not_ready")
        let metrics = try await http.send("GET", "/metrics")
        #expect(metrics.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
        let keys = try await http.send("GET", "/.well-known/jwks.json")
        #expect(keys.json["keys"]?[0]?["crv"]?.string == "Ed25519")
        #expect(keys.json["keys"]?[0]?["d"] == nil, "the private half stays here")
        let head = try await http.send("HEAD", "/healthz")
        #expect(head.status == 200)
        #expect(head.headers["content-length"] == "15")
        #expect(head.body.isEmpty)
        try await http.close()
    }
}
