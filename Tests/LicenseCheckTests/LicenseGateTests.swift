import LicenseCheck
import MarketCore
import Synchronization
import Testing

@Suite("The licence gate")
struct LicenseGateTests {
    /// Stands for the store, and counts how often it is asked.
    private final class Shelf: Sendable {
        let state: Mutex<(purchases: [Purchase.ID: Purchase], reads: Int, fails: Bool)>

        init(_ purchases: [Purchase] = []) {
            state = Mutex((Dictionary(uniqueKeysWithValues: purchases.map { ($0.id, $0) }), 0, false))
        }

        var reads: Int { state.withLock { $0.reads } }

        func put(_ purchase: Purchase) { state.withLock { $0.purchases[purchase.id] = purchase } }

        func read(_ id: Purchase.ID) throws(StoreError) -> Purchase? {
            let (purchase, fails) = state.withLock { state in
                state.reads += 1
                return (state.purchases[id], state.fails)
            }
            guard !fails else { throw .unavailable("test") }
            return purchase
        }
    }

    private let keys = SigningKeys()

    private func index(_ shelf: Shelf, capacity: Int = 100) -> LicenseIndex {
        LicenseIndex(capacity: capacity) { id throws(StoreError) in try shelf.read(id) }
    }

    @Test("A repeated call reads nothing and still decides anew")
    func caching() async throws {
        let fixtures = try Fixtures(expiresAt: Fixtures.now.advanced(byMilliseconds: 1000))
        let shelf = Shelf([fixtures.purchase])
        let gate = LicenseGate(keys: keys, purchases: index(shelf))
        let text = try PurchaseToken(fixtures.purchase).signed(with: keys.current)
        for _ in 0..<5 {
            let grant = try await gate.permit(
                caller: fixtures.buyer, skill: fixtures.skill, token: text, at: Fixtures.now)
            #expect(grant == .purchase(fixtures.purchase))
        }
        #expect(shelf.reads == 1)
        await #expect(throws: LicenseGateError.refused(.foreignToken)) {
            try await gate.permit(caller: .new(), skill: fixtures.skill, token: text, at: Fixtures.now)
        }
        let later = Fixtures.now.advanced(byMilliseconds: 1000)
        await #expect(throws: LicenseGateError.refused(.expired(later))) {
            try await gate.permit(caller: fixtures.buyer, skill: fixtures.skill, token: text, at: later)
        }
        #expect(shelf.reads == 1)
    }

    @Test("A revocation counts from the next call on")
    func revocation() async throws {
        let fixtures = try Fixtures()
        let shelf = Shelf([fixtures.purchase])
        let index = index(shelf)
        let gate = LicenseGate(keys: keys, purchases: index)
        let text = try PurchaseToken(fixtures.purchase).signed(with: keys.current)
        _ = try await gate.permit(caller: fixtures.buyer, skill: fixtures.skill, token: text)
        var revoked = fixtures.purchase
        revoked.revokedReason = "fraud"
        shelf.put(revoked)
        index.invalidate(revoked.id)
        await #expect(throws: LicenseGateError.refused(.revoked(reason: "fraud"))) {
            try await gate.permit(caller: fixtures.buyer, skill: fixtures.skill, token: text)
        }
    }

    @Test("A revocation that comes while the purchase is being read is not forgotten")
    func revocationDuringRead() async throws {
        let fixtures = try Fixtures()
        var revoked = fixtures.purchase
        revoked.revokedReason = "fraud"
        let (stale, fresh) = (fixtures.purchase, revoked)
        let isFirst = Mutex(true)
        let holder = Mutex<LicenseIndex?>(nil)
        let index = LicenseIndex { id throws(StoreError) in
            let first = isFirst.withLock { value in
                defer { value = false }
                return value
            }
            guard first else { return fresh }
            // What was read is old by the time it arrives.
            holder.withLock { $0 }?.invalidate(id)
            return stale
        }
        holder.withLock { $0 = index }
        _ = try await index.purchase(stale.id)
        #expect(try await index.purchase(stale.id)?.revokedReason == "fraud")
        holder.withLock { $0 = nil }
    }

    @Test("A change that is put in replaces what was read")
    func update() async throws {
        let fixtures = try Fixtures(usageLimit: 5)
        let shelf = Shelf([fixtures.purchase])
        let index = index(shelf)
        var changed = fixtures.purchase
        changed.license.currentUsage = 5
        index.update(changed)
        #expect(try await index.purchase(changed.id) == changed)
        #expect(shelf.reads == 0)
    }

    @Test("No more purchases are kept than the bound, and those in use stay")
    func bounded() async throws {
        let purchases = try (0..<300).map { _ in try Fixtures().purchase }
        let shelf = Shelf(purchases)
        let index = index(shelf, capacity: 100)
        for purchase in purchases {
            _ = try await index.purchase(purchases[0].id)
            _ = try await index.purchase(purchase.id)
        }
        #expect(shelf.reads == 300)
        for purchase in purchases { _ = try await index.purchase(purchase.id) }
        #expect(shelf.reads >= 500)
    }

    @Test("Tokens that are refused by themselves cost no read, and a failing store is not a refusal")
    func failures() async throws {
        let fixtures = try Fixtures()
        let shelf = Shelf([fixtures.purchase])
        let gate = LicenseGate(keys: keys, purchases: index(shelf))
        let foreign = try PurchaseToken(fixtures.purchase).signed(with: SigningKey())
        await #expect(throws: LicenseGateError.refused(.invalidToken(.unknownKey))) {
            try await gate.permit(caller: fixtures.buyer, skill: fixtures.skill, token: foreign)
        }
        let sound = try PurchaseToken(fixtures.purchase).signed(with: keys.current)
        await #expect(throws: LicenseGateError.refused(.foreignToken)) {
            try await gate.permit(caller: .new(), skill: fixtures.skill, token: sound)
        }
        #expect(try await gate.permit(caller: fixtures.seller, skill: fixtures.skill, token: nil) == .owner)
        #expect(shelf.reads == 0)
        shelf.state.withLock { $0.fails = true }
        await #expect(throws: LicenseGateError.store(.unavailable("test"))) {
            try await gate.permit(caller: fixtures.buyer, skill: fixtures.skill, token: sound)
        }
    }

    @Test("A purchase that is not there is unknown, and asked for again")
    func absent() async throws {
        let fixtures = try Fixtures()
        let shelf = Shelf()
        let gate = LicenseGate(keys: keys, purchases: index(shelf))
        let text = try PurchaseToken(fixtures.purchase).signed(with: keys.current)
        await #expect(throws: LicenseGateError.refused(.purchaseUnknown)) {
            try await gate.permit(caller: fixtures.buyer, skill: fixtures.skill, token: text)
        }
        shelf.put(fixtures.purchase)
        #expect(try await gate.permit(caller: fixtures.buyer, skill: fixtures.skill, token: text).purchase != nil)
    }
}
