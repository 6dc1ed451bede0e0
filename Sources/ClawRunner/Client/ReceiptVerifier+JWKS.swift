import Crypto
import Fields
import LicenseCheck
import Metering

extension ReceiptVerifier {
    /// The verifier with the Ed25519 keys of a JWKS (RFC 7517), as `/.well-known/jwks.json` answers; keys of other kinds
    /// are passed over.
    init(jwks: JSONValue) {
        var keys: [String: Curve25519.Signing.PublicKey] = [:]
        for jwk in jwks["keys"]?.array ?? [] {
            guard let key = VerifyingKey(jwk: jwk) else { continue }
            keys[key.keyID] = try? Curve25519.Signing.PublicKey(rawRepresentation: key.rawRepresentation)
        }
        self.init(keys: keys)
    }
}
