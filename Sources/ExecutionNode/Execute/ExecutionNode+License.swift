public import Fields
public import LicenseCheck
import Logging
public import MarketCore
public import Metering

extension ExecutionNode {
    /// Who calls, by the API key after `Bearer`.
    /// - Parameters:
    ///   - scopes: what the key must be good for.
    ///   - origin: where the call came from; keys with a list of addresses are refused elsewhere.
    /// - Throws: ``NodeError`` 401; a key with a wrong checksum is refused without a lookup. 403 `address_not_allowed`,
    ///   `scope_missing`, `agent_banned` or `agent_deactivated`.
    public func authenticate(
        _ apiKey: String?, for scopes: KeyScopes = .execute, from origin: CallOrigin = .unknown
    ) throws(NodeError) -> Agent.ID {
        let key = try identify(apiKey, from: origin)
        try Self.require(scopes, of: key)
        return key.agentID
    }

    /// The key after `Bearer`, of an agent that takes part, whatever the key is good for.
    /// - Throws: ``NodeError``, as ``authenticate(_:for:from:)``.
    public func identify(_ apiKey: String?, from origin: CallOrigin) throws(NodeError) -> StoredKey {
        guard let apiKey else {
            throw NodeError(
                status: 401, code: "api_key_required",
                detail:
                    "Send an API key as \"Authorization: Bearer claw_live_…\"; POST /api/v1/agents/register gives one.")
        }
        let found: StoredKey
        do throws(APIKeyError) {
            found = try keys.authenticate(apiKey, from: origin)
        } catch {
            let code =
                switch error {
                case .malformed: "api_key_malformed"
                case .wrongChecksum: "api_key_checksum"
                case .unknown: "api_key_unknown"
                case .revoked: "api_key_revoked"
                case .expired: "api_key_expired"
                case .addressNotAllowed: "address_not_allowed"
                }
            throw NodeError(
                status: error == .addressNotAllowed ? 403 : 401, code: code,
                detail: "The key is refused: \(error.description).")
        }
        try requireActive(found.agentID)
        return found
    }

    /// Checks that the owner of a key made a request, now and for the first time, where the key asks for that.
    ///
    /// It is for what comes over a wire; the body is checked by the digest that the signature covers.
    /// - Throws: ``NodeError`` 401, or 503 `signature_forgotten` where another signature will do.
    public func checkSignature(of message: SignedMessage, by key: StoredKey) throws(NodeError) {
        do throws(SignatureError) { try signatures.check(message, by: key) } catch { throw NodeError(error) }
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

/// Whichever of them signs at the time.
extension SigningKeys: ReceiptSigner {
    public var keyID: String { current.keyID }
    public var now: any ReceiptSigner { current }

    public func signature(over bytes: [UInt8]) throws -> [UInt8] { try current.signature(over: bytes) }
}
