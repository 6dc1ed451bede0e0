import Fields
import Foundation
import LicenseCheck
import MarketCore
import Testing

@Suite("Purchase tokens")
struct PurchaseTokenTests {
    private let keys = SigningKeys()
    private let end = Fixtures.now.advanced(byMilliseconds: 60_000)

    private func base64URL(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private func part(_ token: String, _ index: Int) throws -> JSONValue {
        var text = token.split(separator: ".")[index].replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        return try JSONValue(parsing: try #require(Data(base64Encoded: String(text))))
    }

    /// A token with a sound signature, whatever its header and claims are.
    private func forge(
        _ token: String, header: (inout JSONObject) -> Void = { _ in }, claims: (inout JSONObject) -> Void = { _ in }
    ) throws -> String {
        var first = try #require(try part(token, 0).object)
        var second = try #require(try part(token, 1).object)
        header(&first)
        claims(&second)
        let signed =
            base64URL(JSONValue.object(first).serialized()) + "." + base64URL(JSONValue.object(second).serialized())
        return signed + "." + base64URL(try keys.current.signature(over: Array(signed.utf8)))
    }

    private func reason(_ text: String, _ keys: SigningKeys? = nil) -> PurchaseTokenError? {
        #expect(throws: PurchaseTokenError.self) { try PurchaseToken(verifying: text, with: keys ?? self.keys) }
    }

    @Test("A token says what the purchase is, offline")
    func roundTrip() throws {
        let fixtures = try Fixtures(expiresAt: end)
        let text = try PurchaseToken(fixtures.purchase, issuedAt: Fixtures.now).signed(with: keys.current)
        let token = try PurchaseToken(verifying: text, with: keys, at: Fixtures.now)
        #expect(token == PurchaseToken(fixtures.purchase, issuedAt: Fixtures.now))
        #expect(token.purchaseID == fixtures.purchase.id)
        #expect(token.buyerID == fixtures.buyer)
        #expect(token.skillID == fixtures.skill.id)
        #expect(token.expiresAt == end)
        #expect(try part(text, 0)["kid"]?.string == keys.current.keyID)
        #expect(try part(text, 1)["sub"]?.string == fixtures.buyer.description)
        #expect(try part(text, 1)["exp"]?.int64 == end.milliseconds / 1000)
    }

    @Test("A licence without an end has no exp, and its token never expires")
    func unlimited() throws {
        let text = try PurchaseToken(try Fixtures().purchase).signed(with: keys.current)
        #expect(try part(text, 1)["exp"] == nil)
        #expect(throws: Never.self) {
            try PurchaseToken(verifying: text, with: keys, at: Timestamp(milliseconds: .max))
        }
    }

    @Test("A token is good until the second in which it expires")
    func expiry() throws {
        let text = try PurchaseToken(try Fixtures(expiresAt: end).purchase).signed(with: keys.current)
        #expect(throws: Never.self) {
            try PurchaseToken(verifying: text, with: keys, at: end.advanced(byMilliseconds: -1))
        }
        #expect(throws: PurchaseTokenError.expired(end)) { try PurchaseToken(verifying: text, with: keys, at: end) }
    }

    @Test("Any one character changed is refused")
    func tampering() throws {
        let text = try PurchaseToken(try Fixtures().purchase).signed(with: keys.current)
        for (offset, index) in text.indices.enumerated() {
            var changed = text
            changed.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
            #expect(throws: PurchaseTokenError.self, "at \(offset)") {
                try PurchaseToken(verifying: changed, with: keys)
            }
        }
    }

    @Test("Claims of one token do not stand under the signature of another")
    func splicing() throws {
        let first = try PurchaseToken(try Fixtures().purchase).signed(with: keys.current).split(separator: ".")
        let second = try PurchaseToken(try Fixtures().purchase).signed(with: keys.current).split(separator: ".")
        #expect(reason("\(first[0]).\(first[1]).\(second[2])") == .badSignature)
    }

    @Test("A token signed with another key is refused, also under this key's name")
    func otherKey() throws {
        let other = SigningKeys()
        let purchase = try Fixtures().purchase
        let text = try PurchaseToken(purchase).signed(with: other.current)
        #expect(reason(text) == .unknownKey)
        let renamed = try forge(text) { $0["kid"] = .string(other.current.keyID) }
        #expect(reason(renamed, other) == .badSignature)
        let both = SigningKeys(current: SigningKey(), former: [other.current.publicKey])
        #expect(throws: Never.self) { try PurchaseToken(verifying: text, with: both) }
    }

    @Test(
        "No header gets a token past its signature",
        arguments: ["none", "None", "HS256", "ES256", "RS256", "EdDSA "])
    func algorithms(name: String) throws {
        let text = try PurchaseToken(try Fixtures().purchase).signed(with: keys.current)
        let forged = try forge(text) { $0["alg"] = .string(name) }
        #expect(reason(forged) == .malformed("its algorithm is not EdDSA"))
        #expect(reason(forged.split(separator: ".").dropLast().joined(separator: ".") + ".") != nil)
    }

    @Test("What else the same key signs is no purchase token")
    func types() throws {
        let text = try PurchaseToken(try Fixtures().purchase).signed(with: keys.current)
        for type in [nil, "JWT", "claw-receipt+jws", 5] as [JSONValue?] {
            #expect(reason(try forge(text) { $0["typ"] = type }) == .malformed("its type is not claw-purchase+jwt"))
        }
        #expect(reason(try forge(text) { $0["crit"] = ["exp"] }) == .malformed("its header has crit"))
        #expect(reason(try forge(text) { $0["kid"] = nil }) == .malformed("its header names no key"))
        #expect(throws: Never.self) { try PurchaseToken(verifying: try forge(text), with: keys) }
    }

    @Test(
        "A claim that is missing or malformed is refused, however well it is signed",
        arguments: [
            ("sub", nil), ("sub", "x"), ("sub", 5), ("aud", nil), ("aud", ["x"]), ("pid", nil), ("pid", ""),
            ("lic", nil),
            ("lic", "gold"), ("epoch", nil), ("epoch", -1), ("epoch", 1.5), ("epoch", "0"), ("iat", nil), ("iat", -1),
            ("iat", 1e300), ("exp", "never"), ("exp", -1), ("exp", 1e18), ("exp", JSONValue.null), ("exp", 1.5),
        ] as [(String, JSONValue?)])
    func claims(name: String, value: JSONValue?) throws {
        let text = try PurchaseToken(try Fixtures(expiresAt: end).purchase).signed(with: keys.current)
        let forged = try forge(text, claims: { $0[name] = value })
        #expect(reason(forged) == .malformed("a claim is missing or malformed"))
    }

    @Test(
        "What has not the form of a token is refused",
        arguments: [
            "", ".", "..", "a.b", "a.b.c.d", "e30.e30.e30", "!!!.e30.AA", "bnVsbA.e30.AA", "e30=.e30.AA",
            "eyJhIjoxLCJhIjoyfQ.e30.AA", String(repeating: "A", count: 2049), "é.é.é",
        ])
    func malformed(text: String) {
        guard case .malformed? = reason(text) else {
            Issue.record("refused for another reason")
            return
        }
    }
}
