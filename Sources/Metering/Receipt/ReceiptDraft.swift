import Fields
public import MarketCore

/// A receipt of which everything is known but its place in the chain. That is decided inside the settle transaction,
/// one after another, so as much as possible is done before.
public struct ReceiptDraft: Sendable {
    public let chain: ReceiptChain
    private let signer: any ReceiptSigner
    /// The header, encoded, with its dot.
    private let header: [UInt8]
    /// The payload up to its place in the chain.
    private let payload: [UInt8]

    public init(
        usage: SkillUsage, requestHash: BodyHash, responseHash: BodyHash, signer: any ReceiptSigner
    ) {
        let header: JSONValue = ["alg": "EdDSA", "kid": .string(signer.keyID), "typ": .string(Receipt.type)]
        self.header = Base64URL.encodedBytes(header.serialized()) + [UInt8(ascii: ".")]
        let claims = ReceiptClaims(
            usage: usage, number: 1, previous: nil, requestHash: requestHash, responseHash: responseHash)
        let payload = claims.json.serialized()
        self.payload = Array(payload.dropLast(Self.place(1, after: nil).count))
        self.signer = signer
        chain = claims.chain
    }

    /// The compact form of the receipt at one place of the chain; throws what the signer throws.
    public func signed(number: Int64, previous: BodyHash?) throws -> String {
        var bytes = header + Base64URL.encodedBytes(payload + Self.place(number, after: previous))
        let signature = try signer.signature(over: bytes)
        bytes.append(UInt8(ascii: "."))
        bytes += Base64URL.encodedBytes(signature)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a compact receipt claims this place of its chain; reads nothing else of it.
    package static func claims(_ compact: String, number: Int64, after previous: BodyHash?) -> Bool {
        let parts = compact.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let payload = Base64URL.decode(Substring(parts[1])) else { return false }
        return payload.suffix(Self.place(number, after: previous).count).elementsEqual(place(number, after: previous))
    }

    /// How a payload ends.
    private static func place(_ number: Int64, after previous: BodyHash?) -> [UInt8] {
        let hash = previous.map { "\"\($0.base64URL)\"" } ?? "null"
        return Array(",\"number\":\(number),\"prev\":\(hash)}".utf8)
    }
}
