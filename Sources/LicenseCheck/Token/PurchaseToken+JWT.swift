import Fields
public import MarketCore

extension PurchaseToken {
    /// The longest token that is read.
    public static let bytesMax = 2048

    /// Told apart by its type from everything else that the same key signs (RFC 8725 §3.11).
    private static let type = "claw-purchase+jwt"

    /// The token as text, for `X-Purchase-Token`.
    public func signed(with key: SigningKey) throws -> String {
        let header: JSONValue = ["alg": "EdDSA", "typ": .string(Self.type), "kid": .string(key.keyID)]
        var claims: JSONObject = [
            "sub": .string(buyerID.description), "aud": .string(skillID.description),
            "jti": .string(purchaseID.description), "pid": .string(purchaseID.description),
            "lic": .string(kind.rawValue), "epoch": .number(epoch), "iat": .number(issuedAt.milliseconds / 1000),
        ]
        if let expiresAt { claims["exp"] = .number(expiresAt.milliseconds / 1000) }
        let signed =
            Base64URL.encode(header.serialized()) + "." + Base64URL.encode(JSONValue.object(claims).serialized())
        return signed + "." + Base64URL.encode(try key.signature(over: Array(signed.utf8)))
    }

    /// Reads a token and checks its form and its signature, not its expiry.
    /// - Throws: ``PurchaseTokenError``; the signature is checked before any claim is read.
    public init(verifying text: String, with keys: SigningKeys) throws(PurchaseTokenError) {
        guard text.utf8.count <= Self.bytesMax else { throw .malformed("it is longer than \(Self.bytesMax) bytes") }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("it does not have three parts") }
        let header = try Self.json(parts[0], "header")
        guard header["alg"]?.string == "EdDSA" else { throw .malformed("its algorithm is not EdDSA") }
        guard header["typ"]?.string == Self.type else { throw .malformed("its type is not \(Self.type)") }
        // An extension that must be understood (RFC 7515 §4.1.11) is none of ours.
        guard header["crit"] == nil else { throw .malformed("its header has crit") }
        guard let keyID = header["kid"]?.string else { throw .malformed("its header names no key") }
        guard let key = keys.key(keyID) else { throw .unknownKey }
        guard let signature = Base64URL.decode(parts[2]), signature.count == 64 else {
            throw .malformed("its signature is not 64 bytes")
        }
        let signed = Array(parts[0].utf8) + [UInt8(ascii: ".")] + Array(parts[1].utf8)
        guard key.isValid(signature: signature, over: signed) else { throw .badSignature }
        try self.init(claims: try Self.json(parts[1], "payload"))
    }

    /// Reads a token and checks its form, its signature and its expiry, all offline.
    public init(
        verifying text: String, with keys: SigningKeys, at now: Timestamp
    ) throws(PurchaseTokenError) {
        try self.init(verifying: text, with: keys)
        try checkExpiry(at: now)
    }

    private init(claims: JSONValue) throws(PurchaseTokenError) {
        let seconds = 0...Int64(253_402_300_799)  // up to the year 9999
        let isExpirySound = claims["exp"].map { $0.int64.map(seconds.contains) ?? false } ?? true
        guard let purchaseID = claims["pid"]?.string.flatMap({ Purchase.ID($0) }),
            let buyerID = claims["sub"]?.string.flatMap({ Agent.ID($0) }),
            let skillID = claims["aud"]?.string.flatMap({ Skill.ID($0) }),
            let kind = claims["lic"]?.string.flatMap(License.Kind.init(rawValue:)),
            let epoch = claims["epoch"]?.int64, epoch >= 0,
            let issued = claims["iat"]?.int64, seconds.contains(issued), isExpirySound
        else { throw .malformed("a claim is missing or malformed") }
        self.init(
            purchaseID: purchaseID, buyerID: buyerID, skillID: skillID, kind: kind, epoch: epoch,
            issuedAt: Timestamp(milliseconds: issued * 1000),
            expiresAt: claims["exp"]?.int64.map { Timestamp(milliseconds: $0 * 1000) })
    }

    private static func json(_ part: Substring, _ name: String) throws(PurchaseTokenError) -> JSONValue {
        guard let bytes = Base64URL.decode(part) else { throw .malformed("its \(name) is not base64url") }
        do throws(JSONParseError) {
            return try JSONValue(parsing: bytes, limits: JSONLimits(depthMax: 4, bytesMax: bytesMax, valuesMax: 64))
        } catch {
            throw .malformed("its \(name) is not JSON")
        }
    }
}
