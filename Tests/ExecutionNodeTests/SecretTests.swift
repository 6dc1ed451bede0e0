import ExecutionNode
import Fields
import Foundation
import MarketCore
import Metering
import NodeTestSupport
import Sandbox
import Storage
import Synchronization
import Testing

@Suite("A skill's secrets")
struct SecretTests {
    /// Shows in its log whatever environment it gets, and remembers the requests.
    private final class Tattler: SkillRunner {
        let requests = Mutex<[RunRequest]>([])
        let ends: Verdict.Kind

        init(ends: Verdict.Kind = .ok) { self.ends = ends }

        func run(_ request: RunRequest) async -> RunOutcome {
            requests.withLock { $0.append(request) }
            let value = request.environment["API_TOKEN"] ?? ""
            let base64 = Data("user:\(value)!".utf8).base64EncodedString()
            let percent = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let log = "plain \(value) base64 \(base64) percent \(percent) end"
            return RunOutcome(
                verdict: Verdict(kind: ends, detail: "It said \(value).", exitCode: ends == .ok ? 0 : 3),
                standardOutput: Array("{\"said\":\"\(value)\"}".utf8), standardError: Array(log.utf8),
                usage: RunUsage(wallMicroseconds: 1000), report: IsolationReport(json: [:]))
        }
    }

    private static let manifest = NodeFixture.manifest(
        more: "[[secrets]]\nname = \"API_TOKEN\"\ndescription = \"Of the service\"")

    @Test("without a value refuse every call before anything is held, naming the secret")
    func missing() async throws {
        let runner = Tattler()
        let fixture = try await NodeFixture(runner: runner)
        let (seller, buyer) = (try await fixture.register("seller"), try await fixture.register("buyer"))
        let skill = try await fixture.publish(Self.manifest, by: seller)
        try await fixture.credit(buyer, "1")
        let token = try await fixture.buy(skill, by: buyer)
        let error = await #expect(throws: NodeError.self) { try await fixture.call(skill, by: buyer, token: token) }
        #expect(error?.status == 503)
        #expect(error?.code == "secret_missing")
        #expect(error?.fields["secret"] == "API_TOKEN")
        #expect(runner.requests.withLock { $0.isEmpty })
        #expect(try await fixture.balance(buyer) == "1")
        #expect(try await fixture.usages(buyer).isEmpty)
        #expect(fixture.node.load.openHolds == 0)
        try await fixture.close()
    }

    @Test("reach the run as environment variables, and stay out of log, problem and store")
    func delivered() async throws {
        let runner = Tattler(ends: .failed)
        let fixture = try await NodeFixture(runner: runner)
        let seller = try await fixture.register("seller")
        let skill = try await fixture.publish(Self.manifest, by: seller)
        let value = "s3cr3t /+word?"
        try await fixture.node.setSecret("API_TOKEN", of: skill.name, to: value, for: seller.id)
        let reply = try await fixture.call(skill, by: seller)
        #expect(runner.requests.withLock { $0.last?.environment } == ["API_TOKEN": value])
        let body = String(decoding: reply.outcome.body, as: UTF8.self)
        #expect(reply.json["stderr"]?.string?.hasPrefix("plain [secret] base64 ") == true, "\(body)")
        #expect(reply.json["stderr"]?.string?.contains("percent [secret] end") == true, "\(body)")
        #expect(reply.json["detail"] == "It said [secret].")
        // The middle of what was encoded together with its neighbours.
        #expect(!body.contains(Data(value.utf8.dropFirst(2).prefix(9)).base64EncodedString()))
        let id = reply.json["usage"]?["id"]?.string ?? ""
        let execution = try await fixture.node.execution(id, reader: seller.id)
        #expect(!String(decoding: execution.report, as: UTF8.self).contains("s3cr3t"))
        // Nothing in the clear, in any file of the data directory.
        for name in try FileManager.default.subpathsOfDirectory(atPath: fixture.directory) {
            guard let bytes = FileManager.default.contents(atPath: "\(fixture.directory)/\(name)") else { continue }
            #expect(bytes.range(of: Data(value.utf8)) == nil, "\(name)")
        }
        try await fixture.close()
    }

    @Test("go out of a log in every usual form, also where they overlap or are cut, in time that grows with the log")
    func forms() {
        let redaction = SecretRedaction(["p\"s\\s/wörd\n2", "abcabc"])
        for form in ["p\"s\\s/wörd\n2", #"p\"s\\s/wörd\n2"#, #"p\"s\\s\/w\u00f6rd\n2"#] {
            #expect(redaction.apply("x \(form) y") == "x [secret] y")
        }
        #expect(redaction.apply("xabcabcabcx abcabcabcabcab") == "x[secret]x [secret]ab")
        let cut = redaction.apply(Array("abcab\nfoo abca".utf8), cut: true)
        #expect(String(decoding: cut, as: UTF8.self) == "[secret]\nfoo [secret]")
        // What a seller who wants to keep the processor busy would choose.
        let many = SecretRedaction((0..<8).map { String(repeating: "a", count: 2000) + "b\($0)" })
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 64 << 10)
        let time = ContinuousClock().measure { #expect(many.apply(text) == text) }
        #expect(time < .seconds(10), "\(time)")
    }

    @Test("are the owner's alone to set, to see the names of, and to remove")
    func ownership() async throws {
        let fixture = try await NodeFixture(runner: Tattler())
        let (seller, other) = (try await fixture.register("seller"), try await fixture.register("other"))
        let skill = try await fixture.publish(Self.manifest, by: seller)
        let node = fixture.node
        for attempt in 0..<3 {
            let error = await #expect(throws: NodeError.self) {
                switch attempt {
                case 0: try await node.setSecret("API_TOKEN", of: skill.name, to: "value", for: other.id)
                case 1: _ = try await node.secrets(of: skill.name, for: other.id)
                default: try await node.removeSecret("API_TOKEN", of: skill.name, for: other.id)
                }
            }
            #expect(error?.status == 403)
        }
        #expect(try await node.secrets(of: skill.name, for: seller.id).map { $0.updatedAt == nil } == [true])
        try await node.setSecret("API_TOKEN", of: skill.name, to: "value", for: seller.id)
        #expect(try await node.secrets(of: skill.name, for: seller.id).map { $0.updatedAt == nil } == [false])
        #expect(try await fixture.call(skill, by: seller).isOK)
        try await node.removeSecret("API_TOKEN", of: skill.name, for: seller.id)
        for (name, value, status) in [
            ("API_TOKEN", "", 422), ("API_TOKEN", "a\0b", 422),
            ("API_TOKEN", String(repeating: "x", count: 16_385), 422), ("OTHER", "x", 404),
        ] {
            let error = await #expect(throws: NodeError.self) {
                try await node.setSecret(name, of: skill.name, to: value, for: seller.id)
            }
            #expect(error?.status == status, "\(name)")
        }
        let gone = await #expect(throws: NodeError.self) {
            try await node.removeSecret("API_TOKEN", of: skill.name, for: seller.id)
        }
        #expect(gone?.status == 404)
        try await fixture.close()
    }

    @Test("survive a restart; with another key, or one that others can read, they cannot be used")
    func key() async throws {
        var fixture = try await NodeFixture(runner: Tattler())
        let seller = try await fixture.register("seller")
        let skill = try await fixture.publish(Self.manifest, by: seller)
        try await fixture.node.setSecret("API_TOKEN", of: skill.name, to: "value-1", for: seller.id)
        let file = fixture.directory + "/keys/secrets.key"
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try await fixture.stop()
        fixture = try await NodeFixture(runner: Tattler(), directory: fixture.directory)
        #expect(try await fixture.call(skill, by: seller).isOK)
        try await fixture.stop()
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
        fixture = try await NodeFixture(runner: Tattler(), directory: fixture.directory)
        var error = await #expect(throws: NodeError.self) { try await fixture.call(skill, by: seller) }
        #expect(error?.code == "secret_unusable")
        try FileManager.default.removeItem(atPath: file)
        try Data(repeating: 7, count: 32).write(to: URL(filePath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        error = await #expect(throws: NodeError.self) { try await fixture.call(skill, by: seller) }
        #expect(error?.detail.contains("another key") == true, "\(String(describing: error))")
        try await fixture.close()
    }

    @Test("open for no other skill and no other name, though somebody moves them in the store")
    func bound() async throws {
        let fixture = try await NodeFixture(runner: Tattler())
        let seller = try await fixture.register("seller")
        let skill = try await fixture.publish(Self.manifest, by: seller)
        let second = try await fixture.publish(
            Self.manifest.replacingOccurrences(of: "name = \"echo\"", with: "name = \"echo-two\""), by: seller)
        try await fixture.node.setSecret("API_TOKEN", of: skill.name, to: "value-1", for: seller.id)
        let stored = try #require(try await fixture.store.secrets(of: skill.id).first)
        try await fixture.store.set(
            secret: StoredSecret(skillID: second.id, name: stored.name, sealed: stored.sealed, updatedAt: .now))
        let error = await #expect(throws: NodeError.self) { try await fixture.call(second, by: seller) }
        #expect(error?.code == "secret_unusable")
        try await fixture.close()
    }

    @Test(
        "are taken out of text in each form, also where a limit cut it",
        arguments: [
            ("a pass-word/1 b", "a [secret] b"),
            ("\(Data("pass-word/1".utf8).base64EncodedString())", "[secret]="),
            ("pass-word%2F1 pass-word%2f1", "[secret] [secret]"), ("pass-word", "[secret]"), ("pas", "pas"),
            ("pass-wo\nclawrunner: x", "[secret]\nclawrunner: x"), ("pass-port", "pass-port"),
        ])
    func redaction(_ text: String, _ expected: String) {
        let redaction = SecretRedaction(["pass-word/1", "abc"])
        #expect(String(decoding: redaction.apply(Array(text.utf8), cut: true), as: UTF8.self) == expected)
        #expect(redaction.apply("abc") == "abc")
    }
}

@Suite("A skill's declared destinations")
struct DestinationTests {
    private static func manifest(_ profile: String, _ destinations: Int) -> String {
        let list = (0..<destinations).map { "\"host\($0).example:443\"" }.joined(separator: ", ")
        return NodeFixture.manifest(more: "profile = \"\(profile)\"\n[network]\nallow = [\(list)]")
    }

    @Test("are shown with the skill, and granted to its runs")
    func granted() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let skill = try await fixture.publish(Self.manifest("default", 2), by: seller)
        #expect(skill.json["code"]?["network"]?["allow"] == ["host0.example:443", "host1.example:443"])
        try await fixture.close()
    }

    @Test("are refused at publication where the profile lets skills declare none")
    func strict() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let error = await #expect(throws: NodeError.self) {
            try await fixture.publish(Self.manifest("strict", 1), by: seller)
        }
        #expect(error?.status == 422)
        #expect(error?.fields["field"] == "network.allow")
        #expect(error?.detail.contains("strict") == true)
        try await fixture.close()
    }
}
