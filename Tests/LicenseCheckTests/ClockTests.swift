import LicenseCheck
import MarketCore
import Testing

@Suite("Licences when the wall clock is set back or leaps")
struct ClockTests {
    @Test("what is decided depends on the moment alone: nothing of a wrong time stays")
    func moments() async throws {
        let end = Fixtures.now.advanced(byMilliseconds: 1_000)
        let fixtures = try Fixtures(expiresAt: end)
        let purchase = fixtures.purchase
        let keys = SigningKeys()
        let gate = LicenseGate(keys: keys, purchases: LicenseIndex { _ throws(StoreError) in purchase })
        // Issued by a clock that was ahead by a year: it says when it was issued, and is good before that, too.
        let issued = Fixtures.now.advanced(byMilliseconds: 365 * 86_400_000)
        let token = try PurchaseToken(purchase, issuedAt: issued).signed(with: keys.current)

        for (offset, isValid) in [
            (0, true), (1_000, false), (-86_400_000, true), (999, true), (999, true), (1_001, false),
        ] {
            let now = Fixtures.now.advanced(byMilliseconds: Int64(offset))
            if isValid {
                let grant = try await gate.permit(
                    caller: fixtures.buyer, skill: fixtures.skill, token: token, at: now)
                #expect(grant == .purchase(purchase), "\(offset)")
            } else {
                await #expect(throws: LicenseGateError.refused(.expired(end)), "\(offset)") {
                    try await gate.permit(caller: fixtures.buyer, skill: fixtures.skill, token: token, at: now)
                }
            }
        }
    }

    @Test("a revoked purchase stays revoked whatever the clock says")
    func revoked() async throws {
        let fixtures = try Fixtures()
        var revoked = fixtures.purchase
        revoked.revokedReason = "fraud"
        revoked.revocationEpoch += 1
        let purchase = revoked
        let keys = SigningKeys()
        let gate = LicenseGate(keys: keys, purchases: LicenseIndex { _ throws(StoreError) in purchase })
        let token = try PurchaseToken(fixtures.purchase).signed(with: keys.current)
        for offset in [0, -86_400_000, 86_400_000] as [Int64] {
            await #expect(throws: LicenseGateError.refused(.revoked(reason: "fraud"))) {
                try await gate.permit(
                    caller: fixtures.buyer, skill: fixtures.skill, token: token,
                    at: Fixtures.now.advanced(byMilliseconds: offset))
            }
        }
    }
}
