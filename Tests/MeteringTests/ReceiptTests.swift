import Fields
import Foundation
import MarketCore
import TestSupport
import Testing

@testable import Metering

@Suite("Receipts")
struct ReceiptTests {
    private let signer = TestSigner()

    private func chain(_ count: Int, purchase: Purchase.ID? = .new()) throws -> [Receipt] {
        var receipts: [Receipt] = []
        for number in 1...count {
            let draft = ReceiptDraft(
                usage: Samples.usage(purchase: purchase), requestHash: BodyHash(of: "q\(number)".utf8),
                responseHash: BodyHash(of: "a\(number)".utf8), signer: signer)
            let compact = try draft.signed(number: Int64(number), previous: receipts.last?.hash)
            receipts.append(try Receipt(parsing: compact))
        }
        return receipts
    }

    @Test("says what was signed, and nothing else passes")
    func roundTrip() throws {
        let receipt = try chain(2)[1]
        let verified = try signer.verifier.verify(receipt.compact)
        #expect(verified.claims == receipt.claims)
        #expect(verified.claims.cost == Samples.usdc(1_000))
        #expect(verified.claims.number == 2)
        #expect(verified.claims.verdict == "ok")
        #expect(verified.claims.requestHash == BodyHash(of: "q2".utf8))
        #expect(verified.claims.responseHash == BodyHash(of: "a2".utf8))
        #expect(ReceiptClaims(json: verified.claims.json) == verified.claims)
        #expect(receipt.compact.split(separator: ".").count == 3)
        #expect(throws: ReceiptError.unknownKey("key-1")) {
            try TestSigner(keyID: "key-2").verifier.verify(receipt.compact)
        }
        #expect(throws: ReceiptError.badSignature) { try TestSigner().verifier.verify(receipt.compact) }
    }

    @Test("any changed character is noticed")
    func tampering() throws {
        let compact = Array(try chain(1)[0].compact.utf8)
        for index in stride(from: 0, to: compact.count, by: 7) where compact[index] != UInt8(ascii: ".") {
            var changed = compact
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(throws: ReceiptError.self) { try signer.verifier.verify(String(decoding: changed, as: UTF8.self)) }
        }
    }

    @Test(
        "refuses what is not a receipt",
        arguments: [
            "", ".", "..", "a.b", "a.b.c.d", "e30.e30.AAAA", "!!!.e30.AAAA", "eyJhbGciOiJub25lIn0.e30.AAAA",
            String(repeating: "a", count: 20_000),
        ])
    func malformed(text: String) {
        #expect(throws: ReceiptError.self) { try signer.verifier.verify(text) }
    }

    @Test("refuses the algorithm none and other types, even with a signature of the right length")
    func otherHeaders() throws {
        let parts = try chain(1)[0].compact.split(separator: ".")
        for header in [#"{"alg":"none","kid":"key-1","typ":"claw-receipt+jws"}"#, #"{"alg":"EdDSA","kid":"key-1"}"#] {
            let forged = "\(Base64URL.encode(Array(header.utf8))).\(parts[1]).\(parts[2])"
            #expect(throws: ReceiptError.self) { try signer.verifier.verify(forged) }
        }
    }

    @Test("a whole chain verifies; a gap, a repetition, a swap, another chain and a missing start are located")
    func chains() throws {
        let receipts = try chain(5)
        let texts = receipts.map(\.compact)
        #expect(try signer.verifier.verify(chain: texts).map(\.number) == [1, 2, 3, 4, 5])
        #expect(try signer.verifier.verify(chain: []).isEmpty)

        func fault(_ list: [String]) -> ReceiptChainFault? {
            do {
                try signer.verifier.verify(chain: list)
                return nil
            } catch {
                return error
            }
        }
        #expect(fault([texts[0], texts[2]]) == .init(index: 1, reason: .number(expected: 2, found: 3)))
        #expect(fault([texts[0], texts[0]]) == .init(index: 1, reason: .number(expected: 2, found: 1)))
        #expect(fault([texts[1]]) == .init(index: 0, reason: .number(expected: 1, found: 2)))
        let other = try chain(2).map(\.compact)
        #expect(fault([texts[0], other[1]]) == .init(index: 1, reason: .otherChain))
        #expect(fault([texts[0], texts[1] + "x"])?.index == 1)
        // The same numbers of the same chain, but the first run was another one.
        let purchase = receipts[0].claims.chain
        guard case .purchase(let id) = purchase else { return #expect(Bool(false)) }
        let rewritten = try chain(2, purchase: id).map(\.compact)
        #expect(fault([texts[0], rewritten[1]]) == .init(index: 1, reason: .brokenLink))
    }

    @Test("an owner's own run belongs to the chain of the skill")
    func ownerChain() throws {
        let usage = Samples.usage(purchase: nil, cost: 0)
        let draft = ReceiptDraft(
            usage: usage, requestHash: BodyHash(of: []), responseHash: BodyHash(of: []), signer: signer)
        let receipt = try Receipt(parsing: draft.signed(number: 1, previous: nil))
        #expect(receipt.claims.chain == .owner(usage.skillID))
        #expect(ReceiptChain(receipt.claims.chain.description) == receipt.claims.chain)
    }

    @Test("the place that a receipt claims is read from its end")
    func place() throws {
        let receipts = try chain(3)
        let hash = receipts[1].hash
        #expect(receipts[2].compact.claims(number: 3, after: hash))
        #expect(!receipts[2].compact.claims(number: 2, after: hash))
        #expect(!receipts[2].compact.claims(number: 3, after: receipts[0].hash))
        #expect(!receipts[2].compact.claims(number: 3, after: nil))
        #expect(receipts[0].compact.claims(number: 1, after: nil))
        for text in ["", ".", "..", "a.b.c", "a.!!!!.c", "a.é.c"] { #expect(!text.claims(number: 1, after: nil)) }
    }

    @Test("chain names of another form are refused", arguments: ["", "purchase", "purchase:", "skill:x", "owner:1"])
    func chainNames(text: String) {
        #expect(ReceiptChain(text) == nil)
    }

    @Test("base64url agrees with Foundation's base64 for every length", arguments: 0..<70)
    func base64(count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        let expected = Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
        #expect(Base64URL.encode(bytes) == expected)
        #expect(Base64URL.decode(expected) == bytes)
    }

    @Test("base64url takes only canonical text", arguments: ["A", "AB=", "A+/A", "AB", "AAB", "AA A", "Ä"])
    func base64Malformed(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}

extension String {
    /// Whether a receipt claims this place of its chain.
    func claims(number: Int64, after previous: BodyHash?) -> Bool {
        Array(utf8).withUnsafeBytes { ReceiptDraft.claims($0, number: number, after: previous?.bytes) }
    }
}
