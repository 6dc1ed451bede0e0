import ExecutionNode
import Fields
import MarketCore
import NodeTestSupport
import Storage
import Testing

@Suite("Publishing: packages, manifests, versions", .timeLimit(.minutes(2)))
struct PublishTests {
    @Test("bytes that are no package are refused with a code that says which way")
    func badArchives() async throws {
        let fixture = try await NodeFixture { $0.packageBytesMax = 1 << 20 }
        let seller = try await fixture.register("seller")
        await expectError(400, "malformed_package") {
            _ = try await fixture.node.upload(Array("not a package".utf8), by: seller.id)
        }
        await expectError(413, "package_too_large") {
            _ = try await fixture.node.upload(Array(repeating: 0, count: (1 << 20) + 1), by: seller.id)
        }
        try await fixture.close()
    }

    @Test(
        "a manifest that is missing, malformed or names an entry point that is not there is refused with field and line",
        arguments: [
            ("", "no skill.toml"), ("name = ", "skill.toml"), ("name = \"x\"\nnmae = 1", ""),
        ])
    func badManifests(text: String, part: String) async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let files = text.isEmpty ? ["README.md": "x"] : ["skill.toml": text]
        do {
            _ = try await fixture.node.upload(try NodeFixture.archive(files), by: seller.id)
            Issue.record("the package was accepted")
        } catch let error as NodeError {
            #expect(error.status == 422)
            #expect(error.code == "invalid_field")
            #expect(error.detail.contains(part))
        }
        try await fixture.close()
    }

    @Test("an entry point that the package does not have is refused")
    func missingEntryPoint() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        for entry in ["\"bin/none\"", "\"../../bin/sh\"", "\"/bin/sh\""] {
            let toml = NodeFixture.manifest().replacing("entryPoint = [\"cat\"]", with: "entryPoint = \(entry)")
            await expectError(422, "invalid_field") {
                _ = try await fixture.node.upload(try NodeFixture.archive(["skill.toml": toml]), by: seller.id)
            }
        }
        try await fixture.close()
    }

    @Test("uploading the same files twice stores them once; another agent cannot publish them")
    func ownership() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let thief = try await fixture.register("thief")
        let archive = try NodeFixture.archive(["skill.toml": NodeFixture.manifest()])
        let first = try await fixture.node.upload(archive, by: seller.id)
        let second = try await fixture.node.upload(archive, by: seller.id)
        #expect(first.isNew)
        #expect(!second.isNew)
        #expect(first.package.digest == second.package.digest)
        await expectError(403, "package_not_yours") { _ = try await fixture.node.upload(archive, by: thief.id) }
        await expectError(403, "package_not_yours") {
            _ = try await fixture.node.publish(Publication(package: first.package.digest), by: thief.id)
        }
        let missing = try #require(PackageDigest("sha256:" + String(repeating: "0", count: 64)))
        await expectError(404, "package_not_found") {
            _ = try await fixture.node.publish(Publication(package: missing), by: seller.id)
        }
        try await fixture.close()
    }

    @Test("names are unique market-wide; a new version must be higher; both are told apart")
    func versions() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let other = try await fixture.register("other")
        let first = try await fixture.publish(by: seller)
        await expectError(409, "version_exists") { try await fixture.publish(by: seller) }
        await expectError(409, "version_not_newer") {
            try await fixture.publish(NodeFixture.manifest(version: "0.9.0"), by: seller)
        }
        await expectError(409, "name_taken") {
            try await fixture.publish(NodeFixture.manifest(version: "2.0.0"), by: other)
        }
        let second = try await fixture.publish(
            NodeFixture.manifest(version: "1.1.0", pricing: "type = \"free\""), by: seller)
        #expect(second.id == first.id)
        let now = try await fixture.node.skill("echo")
        #expect(now.latest.version.description == "1.1.0")
        #expect(now.pricing.kind == .free)
        #expect(try await fixture.node.skill(first.id.description).latest.version.description == "1.1.0")
        try await fixture.close()
    }

    @Test("a skill that asks for a profile that is not there or reserved, or for more than it allows, is not published")
    func profiles() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        for name in ["none", "scanner", "git"] {
            await expectError(422, "profile_not_found") {
                try await fixture.publish(NodeFixture.manifest(more: "profile = \"\(name)\""), by: seller)
            }
        }
        do {
            try await fixture.publish(
                NodeFixture.manifest(endpoint: "[limits]\nmemory = \"512GiB\""), by: seller)
            Issue.record("the skill was published")
        } catch let error as NodeError {
            #expect(error.status == 422)
            #expect(error.json["field"]?.string == "limits.memory")
            #expect(error.detail.contains("512MiB"), "the profile's value is named")
        }
        try await fixture.close()
    }

    @Test("the manifest's tests run before a skill is published; one that fails stops it")
    func tests() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        func toml(_ expect: String, _ payload: String = "{ a = 1 }") -> String {
            NodeFixture.manifest(endpoint: "[[tests]]\nendpoint = \"/echo\"\npayload = \(payload)\nexpect = \(expect)")
        }
        await expectError(422, "skill_test_failed") {
            try await fixture.publish(toml("{ echo = { a = 2 } }"), by: seller)
        }
        await expectError(422, "skill_test_failed") { try await fixture.publish(toml("{ other = 1 }"), by: seller) }
        await expectError(422, "skill_test_failed") {
            try await fixture.publish(toml("{}", "{ verdict = \"timeout\" }"), by: seller)
        }
        await expectError(503, "skill_test_failed") {
            try await fixture.publish(toml("{}", "{ verdict = \"launch_failed\" }"), by: seller)
        }
        await expectError(404, "skill_not_found") { _ = try await fixture.node.skill("echo") }
        try await fixture.publish(toml("{ echo = {} }"), by: seller)
        #expect(try await fixture.usages(seller).isEmpty, "a test is not a call")
        try await fixture.close()
    }

    @Test("fields that repeat the manifest must say the same")
    func repeated() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let upload = try await fixture.node.upload(
            try NodeFixture.archive(["skill.toml": NodeFixture.manifest()]), by: seller.id)
        func body(_ more: JSONObject) -> JSONValue {
            var object: JSONObject = ["code": ["package": .string(upload.package.digest.description)]]
            for (key, value) in more { object[key] = value }
            return .object(object)
        }
        let wrong: [JSONObject] = [
            ["version": "1.0.1"], ["category": "analysis"], ["name": "other"], ["tags": ["x"]], ["unknown": 1],
            ["pricing": ["type": "usage", "price": 0.002, "currency": "USDC", "unit": "call"]],
            ["api": ["endpoints": [["path": "/none"]]]], ["api": ["endpoints": [["path": "/echo", "method": "GET"]]]],
            ["runtime": "python"], ["code": ["package": "sha256:abc"]], ["code": ["repoUrl": "https://example.org"]],
            ["code": ["repoUrl": "ssh://example.org/x"]], ["code": ["repoUrl": "https://me:pw@example.org/x"]],
            ["code": ["repoUrl": "ext::sh -c true"]], ["code": ["repoUrl": "file:///etc"]],
            ["code": ["repoUrl": "https://example.org/x", "ref": "--upload-pack=touch"]],
            ["code": ["repoUrl": "https://example.org/x", "ref": "a..b"]], ["code": [:]],
        ]
        for more in wrong {
            await expectError(422, "invalid_field") {
                _ = try await fixture.node.publish(try Publication(try FieldReader(body(more))), by: seller.id)
            }
        }
        let right = body([
            "name": "Echo", "version": "1.0.0", "category": "utility", "description": "Gives back what it gets",
            "pricing": ["type": "usage", "price": 0.001, "currency": "USDC", "unit": "call"], "tags": ["test"],
            "api": ["endpoints": [["path": "/echo", "method": "POST"]], "auth": "token"],
        ])
        let (skill, isNew) = try await fixture.node.publish(try Publication(try FieldReader(right)), by: seller.id)
        #expect(isNew)
        #expect(skill.displayName == "Echo")
        #expect(skill.name == "echo")
        try await fixture.close()
    }

    @Test("the marketplace's own example publishes and runs: slug, price as a number, params shorthand")
    func smartEmailer() async throws {
        let fixture = try await NodeFixture()
        let seller = try await fixture.register("seller")
        let buyer = try await fixture.register("buyer")
        let toml = """
            name = "smartemailer-pro"
            version = "1.0.0"
            description = "Writes and sends mail"
            category = "communication"
            runtime = "exec"
            entryPoint = ["cat"]
            [pricing]
            type = "usage"
            price = 0.001
            currency = "USDC"
            unit = "email"
            [[endpoints]]
            path = "/send"
            method = "POST"
            params = { to = "string", subject = "string", body = "string", tone = "professional|casual|friendly" }
            """
        let upload = try await fixture.node.upload(try NodeFixture.archive(["skill.toml": toml]), by: seller.id)
        let body: JSONValue = [
            "name": "SmartEmailer Pro", "category": "communication",
            "pricing": ["type": "usage", "price": 0.001, "currency": "USDC", "unit": "email"],
            "code": ["package": .string(upload.package.digest.description)],
            "api": [
                "endpoints": [
                    [
                        "path": "/send", "method": "POST",
                        "params": [
                            "to": "string", "subject": "string", "body": "string",
                            "tone": "professional|casual|friendly",
                        ],
                    ]
                ],
                "auth": "X-License-Token", "examples": [["to": "a@example.org"]],
            ],
        ]
        let skill = try await fixture.node.publish(try Publication(try FieldReader(body)), by: seller.id).0
        let shown = try #require(try await fixture.store.skill(id: skill.id)).json
        #expect(shown["api"]?["auth"] == "X-License-Token")
        #expect(shown["api"]?["examples"] == [["to": "a@example.org"]])
        #expect(skill.displayName == "SmartEmailer Pro")
        try await fixture.credit(buyer, "1")
        let token = try await fixture.buy(skill, by: buyer)
        func send(_ tone: String) async throws(NodeError) -> ExecuteReply {
            try await fixture.node.execute(
                ExecuteRequest(
                    caller: buyer.id, skill: "smartemailer-pro", endpoint: "/send",
                    payload: ["to": "a@example.org", "subject": "s", "body": "b", "tone": .string(tone)], token: token))
        }
        #expect(try await send("casual").json["usage"]?["cost"]?.string == "0.001")
        await expectError(422, "payload_invalid") { _ = try await send("rude") }
        try await fixture.close()
    }

    @Test(
        "an agent needs a printable name that is free and a Solana address",
        arguments: [
            ("", NodeFixture.wallet), (" blank", NodeFixture.wallet), ("bell\u{7}", NodeFixture.wallet),
            ("ok", "0x52908400098527886E0F7030069857D2E4169EE7"), ("ok", "So1111111111111111111111111111111111111111"),
            ("ok", "So11111111111111111111111111111111111111112x"),
        ])
    func registration(name: String, wallet: String) async throws {
        let fixture = try await NodeFixture()
        await expectError(422, "invalid_field") {
            let fields = try FieldReader(["name": .string(name), "ownerWallet": .string(wallet)])
            _ = try await fixture.node.register(try Registration(fields))
        }
        _ = try await fixture.register("ok")
        await expectError(409, "name_taken") { _ = try await fixture.register("ok") }
        try await fixture.close()
    }
}
