import Crypto
import Foundation
import MarketCore
import RawStructuredFieldValues
import TestSupport
import Testing

@testable import LicenseCheck

@Suite("Signed requests (RFC 9421)")
struct SignatureTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    /// A key with its signer, and a gate that has been open for a while.
    private struct Fixture {
        let gate = SignatureGate(start: SignatureTests.now.advanced(byMilliseconds: -3_600_000))
        let key: StoredKey
        let signer: RequestSigner

        init() throws {
            let id = StoredKey.ID.new()
            let pair = RequestSigner.newKeys()
            signer = try #require(RequestSigner(keyID: id.description, privateKey: pair.privateKey))
            let publicKey = try #require(
                Data(
                    base64Encoded: pair.publicKey.replacing("-", with: "+").replacing("_", with: "/") + "="))
            key = StoredKey(
                id: id, agentID: .new(), sha256: [], prefix: "", createdAt: SignatureTests.now,
                signingKey: Array(publicKey))
        }

        /// The fields of a request with its signature.
        func sign(
            _ method: String = "POST", _ target: String = "/api/v1/keys", _ fields: [String: [String]] = [:],
            at time: Timestamp = SignatureTests.now
        ) throws -> [String: [String]] {
            let message = SignatureTests.message(method, target, fields)
            var signed = fields
            for field in try signer.fields(for: message, at: time) { signed[field.name.lowercased()] = [field.value] }
            return signed
        }

        @discardableResult
        func check(
            _ fields: [String: [String]], _ method: String = "POST", _ target: String = "/api/v1/keys",
            at time: Timestamp = SignatureTests.now
        ) throws(SignatureError) -> Bool {
            try gate.check(SignatureTests.message(method, target, fields), by: key, at: time)
        }
    }

    private static func message(
        _ method: String, _ target: String, _ fields: [String: [String]], authority: String? = nil
    ) -> SignedMessage {
        SignedMessage(method: method, target: target, authority: authority) { fields[$0] ?? [] }
    }

    @Test("the signature in RFC 9421, B.2.6, is one of its request, and of no other")
    func vector() throws {
        let x = try #require(Data(base64Encoded: "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="))
        let key = try Curve25519.Signing.PublicKey(rawRepresentation: x)
        let components = ["date", "@method", "@path", "@authority", "content-type", "content-length"]
        let input = components.map { "\"\($0)\"" }.joined(separator: " ")
        var parser = StructuredFieldValueParser(
            Array("sig-b26=(\(input));created=1618884473;keyid=\"test-key-ed25519\"".utf8))
        guard case .innerList(let list) = try parser.parseDictionaryFieldValue().first?.1 else {
            Issue.record("it is no list")
            return
        }
        let signature = try #require(
            Data(
                base64Encoded:
                    "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="))
        for (length, isValid) in [("18", true), ("19", false)] {
            let message = Self.message(
                "POST", "/foo?param=Value&Pet=dog",
                [
                    "date": ["Tue, 20 Apr 2021 02:07:55 GMT"], "content-type": ["application/json"],
                    "content-length": [length],
                ], authority: "Example.com")
            #expect(
                try key.isValidSignature(signature, for: RequestSignature.base(message, components, list)) == isValid)
        }
    }

    @Test("the values of components: queries, blanks around fields, and fields that come twice")
    func components() {
        let fields = ["x-a": [" one ", "two\t"], "x-empty": [""]]
        let message = Self.message("GET", "/a%20b?x=1&y", fields, authority: "LOCALHOST:80")
        #expect(message.value("@method") == "GET")
        #expect(message.value("@path") == "/a%20b")
        #expect(message.value("@query") == "?x=1&y")
        #expect(message.value("@authority") == "localhost:80")
        #expect(message.value("@request-target") == "/a%20b?x=1&y")
        #expect(message.value("x-a") == "one, two")
        #expect(message.value("x-empty") == "")
        #expect(message.value("x-none") == nil)
        #expect(Self.message("GET", "/a", [:]).value("@query") == "?")
        #expect(Self.message("GET", "/a?", [:]).value("@query") == "?")
        #expect(Self.message("GET", "", [:]).value("@path") == "/")
    }

    @Test("what the signer signs passes once; every changed part, and every other key, is refused")
    func roundTrip() throws {
        let fixture = try Fixture()
        let fields = ["content-digest": [ContentDigest.field(of: [1, 2])], "idempotency-key": ["k"], "x-other": ["o"]]
        let signed = try fixture.sign("POST", "/api/v1/keys?a=1", fields)
        for (method, target) in [
            ("PUT", "/api/v1/keys?a=1"), ("POST", "/api/v1/keys?a=2"), ("POST", "/api/v1/key?a=1"),
        ] {
            #expect(throws: SignatureError.wrong) { try fixture.check(signed, method, target) }
        }
        for name in ["content-digest", "idempotency-key"] {
            var changed = signed
            changed[name] = ["x"]
            #expect(throws: SignatureError.wrong) { try fixture.check(changed, "POST", "/api/v1/keys?a=1") }
            changed[name] = nil
            #expect(throws: SignatureError.absent(name)) { try fixture.check(changed, "POST", "/api/v1/keys?a=1") }
        }
        #expect(throws: SignatureError.wrong) {
            let other = StoredKey(
                id: fixture.key.id, agentID: .new(), sha256: [], prefix: "", createdAt: Self.now,
                signingKey: Array(Curve25519.Signing.PrivateKey().publicKey.rawRepresentation))
            try fixture.gate.check(Self.message("POST", "/api/v1/keys?a=1", signed), by: other, at: Self.now)
        }
        #expect(throws: SignatureError.otherKey) {
            let other = StoredKey(
                id: .new(), agentID: .new(), sha256: [], prefix: "", createdAt: Self.now,
                signingKey: fixture.key.signingKey)
            try fixture.gate.check(Self.message("POST", "/api/v1/keys?a=1", signed), by: other, at: Self.now)
        }
        // What was refused used nothing up; what need not be covered may change on the way.
        var passed = signed
        passed["x-other"] = ["changed"]
        #expect(try fixture.check(passed, "POST", "/api/v1/keys?a=1"))
        #expect(throws: SignatureError.replayed) { try fixture.check(passed, "POST", "/api/v1/keys?a=1") }
        #expect(try fixture.check(fixture.sign("POST", "/api/v1/keys?a=1", fields), "POST", "/api/v1/keys?a=1"))
    }

    @Test("what changes a request must be covered where it is sent", arguments: SignedMessage.decisive)
    func decisive(name: String) throws {
        let fixture = try Fixture()
        var signed = try fixture.sign()
        signed[name] = ["x"]
        #expect(throws: SignatureError.uncovered(name)) { try fixture.check(signed) }
        let query = try fixture.sign("GET", "/a")
        #expect(throws: SignatureError.uncovered("@query")) { try fixture.check(query, "GET", "/a?b") }
    }

    @Test("a stream of events is part of what is asked for; other forms of an answer are not")
    func accepted() throws {
        let fixture = try Fixture()
        var signed = try fixture.sign()
        signed["accept"] = ["text/Event-Stream;q=0.5, application/json"]
        #expect(throws: SignatureError.uncovered("accept")) { try fixture.check(signed) }
        signed["accept"] = ["application/json"]
        #expect(try fixture.check(signed))
        #expect(try fixture.check(fixture.sign("GET", "/a", ["accept": ["text/event-stream"]]), "GET", "/a"))
    }

    @Test("of a daemon whose clock was set back what was used before stays used")
    func clockSetBack() throws {
        let fixture = try Fixture()
        let key = StoredKey(
            id: fixture.key.id, agentID: fixture.key.agentID, sha256: [], prefix: "", createdAt: Self.now,
            lastUsedAt: Self.now, signingKey: fixture.key.signingKey)
        let gate = SignatureGate(start: Self.now.advanced(byMilliseconds: -60_000))
        for (seconds, isGood) in [(-10, false), (0, false), (5, false), (6, true)] as [(Int64, Bool)] {
            let time = Self.now.advanced(byMilliseconds: seconds * 1000)
            let message = Self.message("POST", "/api/v1/keys", try fixture.sign(at: time))
            if isGood {
                #expect(try gate.check(message, by: key, at: time))
            } else {
                #expect(throws: SignatureError.beforeMemory) { try gate.check(message, by: key, at: time) }
            }
        }
    }

    @Test("a key with a public key asks for a signature, and one without takes none")
    func optional() throws {
        let fixture = try Fixture()
        #expect(throws: SignatureError.missing) { try fixture.check([:]) }
        let plain = StoredKey(id: fixture.key.id, agentID: .new(), sha256: [], prefix: "", createdAt: Self.now)
        #expect(try !fixture.gate.check(Self.message("GET", "/", [:]), by: plain, at: Self.now))
        let signed = try fixture.sign()
        #expect(throws: SignatureError.unexpected) {
            try fixture.gate.check(Self.message("POST", "/api/v1/keys", signed), by: plain, at: Self.now)
        }
    }

    @Test(
        "a signature is good for five minutes, and five seconds before it was made",
        arguments: [(-6, false), (-5, true), (0, true), (300, true), (301, false)])
    func window(age: Int64, isGood: Bool) throws {
        let fixture = try Fixture()
        let signed = try fixture.sign(at: Self.now.advanced(byMilliseconds: -age * 1000))
        if isGood {
            #expect(try fixture.check(signed))
        } else {
            #expect(throws: SignatureError.outsideWindow) { try fixture.check(signed) }
        }
    }

    @Test("a gate that was just opened does not know what was used before, and says so")
    func start() throws {
        let fixture = try Fixture()
        let gate = SignatureGate(start: Self.now)
        for (seconds, isGood) in [(-1, false), (0, false), (5, false), (6, true)] as [(Int64, Bool)] {
            let time = Self.now.advanced(byMilliseconds: seconds * 1000)
            let message = Self.message("POST", "/api/v1/keys", try fixture.sign(at: time))
            if isGood {
                #expect(try gate.check(message, by: fixture.key, at: time))
            } else {
                #expect(throws: SignatureError.beforeMemory) { try gate.check(message, by: fixture.key, at: time) }
            }
        }
    }

    @Test(
        "what cannot be read is refused with the reason",
        arguments: [
            (#"("@method" "@path")"#, "claw", "created"),
            (#"("@method" "@path");created=1800000000"#, "claw", "keyid"),
            (#"("@method" "@path");created=1800000000;keyid="k""#, "claw", "nonce"),
            (#"("@method" "@path");created=1800000000;keyid="k";nonce="short""#, "claw", "nonce has"),
            (#"("@method" "@path");created="1";keyid="k";nonce="0123456789abcdef""#, "claw", "created"),
            (
                #"("@method" "@path");created=1800000000;keyid="k";nonce="0123456789abcdef";alg="rsa-pss-sha512""#,
                "claw", "alg"
            ),
            (#"("@method" "@status");created=1800000000;keyid="k";nonce="0123456789abcdef""#, "claw", "@status"),
            (#"("@method" "@method");created=1800000000;keyid="k";nonce="0123456789abcdef""#, "claw", "twice"),
            (#"("@method" "X-A");created=1800000000;keyid="k";nonce="0123456789abcdef""#, "claw", "small letters"),
            (#"("@method" "x-a";bs);created=1800000000;keyid="k";nonce="0123456789abcdef""#, "claw", "parameters"),
            (#"();created=1800000000;keyid="k";nonce="0123456789abcdef""#, "claw", "1 to 32"),
            (#""@method""#, "claw", "list what is covered"),
            (#"("@method"), b=("@path")"#, "claw", "exactly one"),
            (#"("@method""#, "claw", "dictionary"),
            (#"("@method");created=1800000000;keyid="k";nonce="0123456789abcdef""#, "other", "describes"),
        ])
    func malformed(input: String, label: String, reason: String) throws {
        let fixture = try Fixture()
        let signature = Data(repeating: 0, count: 64).base64EncodedString()
        let fields = ["signature-input": ["claw=\(input)"], "signature": ["\(label)=:\(signature):"]]
        do throws(SignatureError) {
            try fixture.check(fields)
            Issue.record("it is let through")
        } catch {
            guard case .malformed(let said) = error else { throw error }
            #expect(said.contains(reason), "\(said)")
        }
    }

    @Test("one half of a signature, a short one and a long field are refused")
    func halves() throws {
        let fixture = try Fixture()
        let signed = try fixture.sign()
        for (name, value) in [
            ("signature", nil), ("signature-input", nil), ("signature", ["claw=:AAAA:"]),
            ("signature-input", [String(repeating: "a", count: 9000)]),
        ] as [(String, [String]?)] {
            var changed = signed
            changed[name] = value
            do throws(SignatureError) {
                try fixture.check(changed)
                Issue.record("it is let through")
            } catch {
                guard case .malformed = error else { throw error }
            }
        }
    }

    @Test("digests of a body: known ones must be true, and one must be known")
    func digests() {
        let body = Array("hello".utf8)
        let digest = ContentDigest.field(of: body)
        #expect(digest == "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:")
        #expect(ContentDigest.matches(digest, body))
        #expect(ContentDigest.matches("md5=:AAAA:, \(digest)", body))
        let long = "sha-512=:\(Data(SHA512.hash(data: body)).base64EncodedString()):"
        #expect(ContentDigest.matches("\(long), \(digest)", body))
        for wrong in ["", "md5=:AAAA:", "sha-256=?1", "sha-256=:AAAA:", "\(digest), sha-512=:AAAA:", "sha-256"] {
            #expect(!ContentDigest.matches(wrong, body), "\(wrong)")
        }
        #expect(!ContentDigest.matches(digest, Array("hello!".utf8)))
    }

    @Test(
        "whatever is forgotten, no nonce passes twice, and the table stays within its bounds",
        arguments: 0..<8 as Range<UInt64>)
    func nonces(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = NonceTable(horizon: 0, keyMax: 32, totalMax: 96)
        let keys = (0..<8).map { _ in StoredKey.ID.new() }
        var passed: Set<[UInt64]> = []
        var (now, refused): (Int64, Int) = (1_000, 0)
        for _ in 0..<20_000 {
            now += Int64.random(in: 0...1, using: &random)
            // One key makes most of them.
            let index = Int.random(in: 0..<16, using: &random) % (Bool.random(using: &random) ? 1 : 8)
            let nonce = UInt64.random(in: 0..<4_000, using: &random)
            let age = Int64.random(in: 0...20, using: &random)
            switch table.use(UInt128(nonce), of: keys[index], created: now - age, oldest: now - 20) {
            case .new: #expect(passed.insert([UInt64(index), nonce, UInt64(now - age)]).inserted)
            case .used, .beforeHorizon: refused += 1
            }
            #expect(table.total <= 96)
        }
        #expect(passed.count > 5_000)
        #expect(refused > 0)
    }

    @Test("a full table of many small keys makes so much room that it is not full again soon")
    func manySmallKeys() {
        var table = NonceTable(horizon: 0, keyMax: 64, totalMax: 1_600)
        for number in 0..<1_600 {
            let time = 1_000 + Int64(number) / 10
            #expect(table.use(UInt128(number), of: .new(), created: time, oldest: 700) == .new)
        }
        #expect(table.total == 1_600)
        #expect(table.use(9_999, of: .new(), created: 1_200, oldest: 700) == .new)
        #expect(table.total <= 1_201)
        #expect(table.use(0, of: .new(), created: 1_000, oldest: 700) == .beforeHorizon)
    }

    @Test("a key that makes many shortens its own window alone")
    func busyKey() {
        var table = NonceTable(horizon: 0, keyMax: 64, totalMax: 1_000)
        let (busy, calm) = (StoredKey.ID.new(), StoredKey.ID.new())
        for number in 0..<1_000 {
            #expect(table.use(UInt128(number), of: busy, created: 1_000 + Int64(number), oldest: 700) == .new)
        }
        #expect(table.use(5_000, of: busy, created: 1_100, oldest: 700) == .beforeHorizon)
        #expect(table.use(5_000, of: calm, created: 1_100, oldest: 700) == .new)
        #expect(table.use(5_000, of: calm, created: 1_100, oldest: 700) == .used)
    }
}
