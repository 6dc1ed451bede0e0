import Crypto
import Foundation
import RawStructuredFieldValues

/// The `Content-Digest` of a body (RFC 9530).
public enum ContentDigest {
    /// As it is sent: the SHA-256.
    public static func field(of body: [UInt8]) -> String {
        "sha-256=:\(Data(SHA256.hash(data: body)).base64EncodedString()):"
    }

    /// Whether a field is true of a body: each digest in it that is known, at least one.
    public static func matches(_ field: String, _ body: [UInt8]) -> Bool {
        var parser = StructuredFieldValueParser(Array(field.utf8))
        guard field.utf8.count <= RequestSignature.fieldBytesMax, let digests = try? parser.parseDictionaryFieldValue()
        else { return false }
        var isKnown = false
        for (name, member) in digests {
            let digest: [UInt8]
            switch name {
            case "sha-256": digest = Array(SHA256.hash(data: body))
            case "sha-512": digest = Array(SHA512.hash(data: body))
            default: continue
            }
            guard case .item(let item) = member, case .undecodedByteSequence(let text) = item.rfc9651BareItem,
                Data(base64Encoded: text) == Data(digest)
            else { return false }
            isKnown = true
        }
        return isKnown
    }
}
