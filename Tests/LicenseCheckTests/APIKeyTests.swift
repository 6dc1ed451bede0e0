import LicenseCheck
import MarketCore
import Testing

@Suite("API keys")
struct APIKeyTests {
    @Test("A new key has the form that keys have, and reads back")
    func generation() throws {
        var seen: Set<String> = []
        for _ in 0..<200 {
            let key = APIKey.generate()
            #expect(key.text.utf8.count == 46)
            #expect(key.text.hasPrefix("claw_live_"))
            #expect(try APIKey(key.text) == key)
            #expect(key.sha256.count == 32)
            seen.insert(key.text)
        }
        #expect(seen.count == 200)
    }

    @Test("The checksum is CRC-32 in base 62, so that other programs can check it too")
    func knownKey() throws {
        let key = try APIKey("claw_live_0123456789ABCDEFGHIJKLMNOPQRST0NSZ5t")
        #expect(key.text.hasSuffix("0NSZ5t"))
    }

    @Test("Any one character changed is found without a lookup")
    func checksum() throws {
        let key = APIKey.generate().text
        for index in key.indices.dropFirst(10) {
            for replacement in ["a", "Z", "5"] where String(key[index]) != replacement {
                var changed = key
                changed.replaceSubrange(index...index, with: replacement)
                #expect(throws: APIKeyError.wrongChecksum) { try APIKey(changed) }
            }
        }
    }

    @Test("Neighbours that changed places are found")
    func transposition() throws {
        let key = Array(APIKey.generate().text)
        for index in 10..<(key.count - 1) where key[index] != key[index + 1] {
            var changed = key
            changed.swapAt(index, index + 1)
            #expect(throws: APIKeyError.wrongChecksum) { try APIKey(String(changed)) }
        }
    }

    @Test(
        "What has not the form of a key is refused",
        arguments: [
            "", "claw_live_", "claw_test_" + String(repeating: "a", count: 36),
            "claw_live_" + String(repeating: "a", count: 35),
            "claw_live_" + String(repeating: "a", count: 37), "claw_live_" + String(repeating: "-", count: 36),
            "CLAW_LIVE_" + String(repeating: "a", count: 36), "Bearer claw_live_" + String(repeating: "a", count: 36),
            "claw_live_" + String(repeating: "é", count: 18),
            "claw_live_" + String(repeating: "a", count: 35) + "\u{0}",
            String(repeating: "x", count: 1_000_000),
        ])
    func malformed(text: String) {
        #expect(throws: APIKeyError.malformed) { try APIKey(text) }
    }

    @Test("A key that is logged by mistake does not show itself")
    func redaction() {
        let key = APIKey.generate()
        let secret = key.text.dropFirst(16)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(describing: key), String(reflecting: key), dumped, "\([key])"] {
            #expect(!text.contains(secret))
        }
        #expect(key.prefix == key.text.prefix(16))
    }

    // MARK: The index

    private func stored(_ key: APIKey, revokedAt: Timestamp? = nil) -> StoredKey {
        StoredKey(
            id: .new(), agentID: .new(), sha256: key.sha256, prefix: key.prefix, createdAt: Fixtures.now,
            revokedAt: revokedAt)
    }

    @Test("A key in use names its agent, and its use is noted once")
    func authentication() throws {
        let key = APIKey.generate()
        let record = stored(key)
        let index = APIKeyIndex(keys: [record])
        #expect(try index.authenticate(key.text, at: Fixtures.now) == record)
        #expect(index.takeUses() == [record.id: Fixtures.now])
        #expect(index.takeUses().isEmpty)
    }

    @Test("Unknown, mistyped and malformed keys are told apart and not noted")
    func refusals() {
        let index = APIKeyIndex(keys: [stored(APIKey.generate())])
        #expect(throws: APIKeyError.unknown) { try index.authenticate(APIKey.generate().text) }
        #expect(throws: APIKeyError.malformed) { try index.authenticate("x") }
        let key = APIKey.generate().text
        #expect(throws: APIKeyError.wrongChecksum) {
            try index.authenticate(key.dropLast() + (key.hasSuffix("0") ? "1" : "0"))
        }
        #expect(index.takeUses().isEmpty)
    }

    @Test("A rotated key works until its time, and then no more")
    func rotation() throws {
        let (old, new) = (APIKey.generate(), APIKey.generate())
        let record = stored(old)
        let index = APIKeyIndex(keys: [record])
        index.insert(stored(new))
        let end = Fixtures.now.advanced(byMilliseconds: 1000)
        #expect(index.revoke(record.id, at: end))
        #expect(throws: Never.self) { try index.authenticate(old.text, at: Fixtures.now) }
        #expect(throws: APIKeyError.revoked) { try index.authenticate(old.text, at: end) }
        #expect(throws: Never.self) { try index.authenticate(new.text, at: end) }
        // A later revocation does not bring it back.
        #expect(index.revoke(record.id, at: end.advanced(byMilliseconds: 5000)))
        #expect(throws: APIKeyError.revoked) { try index.authenticate(old.text, at: end) }
        #expect(!index.revoke(.new(), at: end))
    }

    @Test("A revoked key does not come back when the clock is set back, whether its end had come or was at once")
    func clockSetBack() throws {
        let (planned, ended) = (APIKey.generate(), APIKey.generate())
        let records = (stored(planned), stored(ended))
        let index = APIKeyIndex(keys: [records.0, records.1])
        let end = Fixtures.now.advanced(byMilliseconds: 1000)
        let before = Fixtures.now.advanced(byMilliseconds: -3_600_000)
        index.revoke(records.0.id, at: end)
        index.revoke(records.1.id, at: Fixtures.now, isFinal: true)
        #expect(throws: Never.self) { try index.authenticate(planned.text, at: before) }
        #expect(throws: APIKeyError.revoked) { try index.authenticate(planned.text, at: end) }
        #expect(throws: APIKeyError.revoked) { try index.authenticate(planned.text, at: before) }
        #expect(throws: APIKeyError.revoked) { try index.authenticate(ended.text, at: before) }
    }

    @Test("An expired key is refused as such and not noted, and one that was removed is unknown")
    func expiry() throws {
        let key = APIKey.generate()
        let end = Fixtures.now.advanced(byMilliseconds: 1000)
        let record = StoredKey(
            id: .new(), agentID: .new(), sha256: key.sha256, prefix: key.prefix, createdAt: Fixtures.now,
            expiresAt: end)
        let index = APIKeyIndex(keys: [record])
        #expect(try index.authenticate(key.text, at: Fixtures.now) == record)
        #expect(index.takeUses().count == 1)
        #expect(throws: APIKeyError.expired) { try index.authenticate(key.text, at: end) }
        #expect(index.takeUses().isEmpty)
        index.remove(record.id)
        #expect(throws: APIKeyError.unknown) { try index.authenticate(key.text, at: Fixtures.now) }
        #expect(index.count == 0)
    }
}
