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
        var bytes = header + Base64URL.encodedBytes(payload + Self.place(number, after: previous?.bytes))
        let signature = try signer.signature(over: bytes)
        bytes.append(UInt8(ascii: "."))
        bytes += Base64URL.encodedBytes(signature)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a compact receipt claims this place of its chain; reads nothing else of it.
    package static func claims(
        _ compact: UnsafeRawBufferPointer, number: Int64, after previous: [UInt8]?
    ) -> Bool {
        let dot = UInt8(ascii: ".")
        guard let first = compact.firstIndex(of: dot), let last = compact.lastIndex(of: dot), first < last else {
            return false
        }
        let payload = compact[(first + 1)..<last]
        let place = place(number, after: previous)
        // Four characters are three bytes: only the last of them are decoded.
        let count = min(payload.count, (place.count + 2) / 3 * 4 + payload.count % 4)
        let skipped = (payload.count - count) / 4 * 4
        return Base64URL.decode(payload.dropFirst(skipped))?.suffix(place.count).elementsEqual(place) ?? false
    }

    /// How a payload ends.
    private static func place(_ number: Int64, after previous: [UInt8]?) -> [UInt8] {
        let hash =
            previous.map { Array("\"".utf8) + Base64URL.encodedBytes($0) + Array("\"".utf8) } ?? Array("null".utf8)
        return Array(",\"number\":\(number),\"prev\":".utf8) + hash + Array("}".utf8)
    }
}
