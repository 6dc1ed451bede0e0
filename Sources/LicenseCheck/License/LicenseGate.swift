public import MarketCore
import Synchronization

/// Why a call was not let through.
public enum LicenseGateError: Error, Hashable, Sendable {
    case refused(LicenseRefusal)
    /// The purchase could not be read; it says nothing about the licence.
    case store(StoreError)
}

/// Answers "may this call run?" for a running daemon: verifies the token, finds the purchase, decides.
///
/// A token that was seen recently is not verified again and a purchase not read again, so that a repeated decision takes
/// microseconds.
public final class LicenseGate: Sendable {
    private let keys: SigningKeys
    private let purchases: LicenseIndex
    private let verified: Mutex<RecentCache<String, PurchaseToken>>

    /// - Parameter tokensMax: the most verified tokens that are kept.
    public init(keys: SigningKeys, purchases: LicenseIndex, tokensMax: Int = 50_000) {
        self.keys = keys
        self.purchases = purchases
        verified = Mutex(RecentCache(capacity: tokensMax))
    }

    /// Decides for an authenticated caller.
    /// - Parameter token: the text that came with the call; nil when it came without.
    public func permit(
        caller: Agent.ID, skill: Skill, token text: String?, at now: Timestamp = .now
    ) async throws(LicenseGateError) -> LicenseGrant {
        var token: PurchaseToken?
        var purchase: Purchase?
        if let text {
            let read = try verify(text, caller, skill)
            do throws(StoreError) {
                purchase = try await purchases.purchase(read.purchaseID)
            } catch {
                throw .store(error)
            }
            token = read
        }
        do throws(LicenseRefusal) {
            return try LicenseDecision.decide(caller: caller, skill: skill, token: token, purchase: purchase, now: now)
        } catch {
            throw .refused(error)
        }
    }

    /// Verifies before the store is asked: a token of another agent costs no read.
    private func verify(
        _ text: String, _ caller: Agent.ID, _ skill: Skill
    ) throws(LicenseGateError) -> PurchaseToken {
        let token: PurchaseToken
        if let known = verified.withLock({ $0.value(text) }) {
            token = known
        } else {
            do throws(PurchaseTokenError) {
                token = try PurchaseToken(verifying: text, with: keys)
            } catch {
                throw .refused(.invalidToken(error))
            }
            verified.withLock { $0.insert(token, for: text) }
        }
        do throws(LicenseRefusal) {
            try LicenseDecision.check(token, caller: caller, skill: skill)
        } catch {
            throw .refused(error)
        }
        return token
    }
}
