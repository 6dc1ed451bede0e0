public import Fields
public import LicenseCheck
import Logging
public import MarketCore
public import Metering

extension ExecutionNode {
    /// Who calls, by the API key after `Bearer`.
    /// - Throws: ``NodeError`` 401; a key with a wrong checksum is refused without a lookup.
    public func authenticate(_ apiKey: String?) throws(NodeError) -> Agent.ID {
        guard let apiKey else {
            throw NodeError(
                status: 401, code: "api_key_required",
                detail:
                    "Send an API key as \"Authorization: Bearer claw_live_…\"; POST /api/v1/agents/register gives one.")
        }
        do throws(APIKeyError) {
            return try keys.authenticate(apiKey).agentID
        } catch {
            let code =
                switch error {
                case .malformed: "api_key_malformed"
                case .wrongChecksum: "api_key_checksum"
                case .unknown: "api_key_unknown"
                case .revoked: "api_key_revoked"
                case .expired: "api_key_expired"
                }
            throw NodeError(status: 401, code: code, detail: "The key is refused: \(error.description).")
        }
    }

    /// The public keys that check purchase tokens and receipts, as a JWKS.
    public var jwks: JSONValue { signing.jwks }

    /// The purchase under which a call may run; nil when the owner calls.
    /// - Throws: ``NodeError`` 402 or 403.
    func permit(_ caller: Agent.ID, _ skill: Skill, token: String?) async throws(NodeError) -> Purchase? {
        do throws(LicenseGateError) {
            return try await gate.permit(caller: caller, skill: skill, token: token).purchase
        } catch {
            switch error {
            case .store(let error): throw NodeError(error)
            case .refused(.purchaseRequired): throw Self.purchaseRequired(skill)
            case .refused(let refusal): throw NodeError(refusal)
            }
        }
    }

    /// The signed token that a buyer sends with its calls.
    func token(for purchase: Purchase) throws(NodeError) -> String {
        do {
            return try PurchaseToken(purchase).signed(with: signing.current)
        } catch {
            logger.critical("a purchase token could not be signed", metadata: ["cause": .string("\(error)")])
            throw NodeError(status: 500, code: "internal_error", detail: "The purchase token could not be signed.")
        }
    }
}

/// The node's signing key also signs receipts; its public half is in the same JWKS.
extension SigningKey: ReceiptSigner {}
