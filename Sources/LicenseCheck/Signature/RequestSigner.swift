import Crypto
import Fields
import Foundation
public import MarketCore
import RawStructuredFieldValues

/// Signs the requests of one API key: what a client does for ``SignatureGate``.
public struct RequestSigner: Sendable {
    private let keyID: String
    private let key: Curve25519.Signing.PrivateKey

    /// A new pair of keys: the private one as text, and the public one as `POST /keys` takes it.
    public static func newKeys() -> (privateKey: String, publicKey: String) {
        let key = Curve25519.Signing.PrivateKey()
        return (
            Base64URL.encode(Array(key.rawRepresentation)), Base64URL.encode(Array(key.publicKey.rawRepresentation))
        )
    }

    /// - Parameters:
    ///   - keyID: the identifier of the API key.
    ///   - privateKey: 32 bytes in Base64url; nil is given for anything else.
    public init?(keyID: String, privateKey: String) {
        guard let bytes = Base64URL.decode(privateKey),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        else { return nil }
        self.keyID = keyID
        self.key = key
    }

    /// The header fields to add to a request.
    /// - Parameter message: with the `Content-Digest` of its body, where it has one.
    public func fields(
        for message: SignedMessage, at now: Timestamp = .now
    ) throws(SignatureError) -> [(name: String, value: String)] {
        let components = message.required
        var list = BareInnerList()
        for component in components {
            list.append(Item(bareItem: RFC9651BareItem.string(component), parameters: OrderedMap()))
        }
        var random = SystemRandomNumberGenerator()
        let nonce = Base64URL.encode((0..<18).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        let parameters: OrderedMap<String, RFC9651BareItem> = [
            "created": .integer(now.milliseconds / 1000), "nonce": .string(nonce), "keyid": .string(keyID),
            "alg": .string("ed25519"),
        ]
        let input = InnerList(bareInnerList: list, parameters: parameters)
        let base = try RequestSignature.base(message, components, input)
        guard let signature = try? key.signature(for: base) else { throw .wrong }
        let text = String(decoding: try RequestSignature.text(of: input), as: UTF8.self)
        return [("Signature-Input", "claw=\(text)"), ("Signature", "claw=:\(signature.base64EncodedString()):")]
    }
}
