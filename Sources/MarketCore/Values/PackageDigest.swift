import Crypto

/// The identity of a package: the SHA-256 of its canonical archive, written `sha256:` and 64 hexadecimal digits.
public struct PackageDigest: Hashable, Sendable, LosslessStringConvertible {
    /// 64 lower-case hexadecimal digits; fit for a file name.
    public let hex: String

    /// Parses `sha256:` with 64 lower-case hexadecimal digits; nil for anything else.
    public init?(_ description: String) {
        let bytes = Array(description.utf8)
        guard bytes.count == 71, description.hasPrefix("sha256:"),
            bytes[7...].allSatisfy({
                $0 &- UInt8(ascii: "0") < 10 || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            })
        else { return nil }
        hex = String(decoding: bytes[7...], as: UTF8.self)
    }

    init(_ digest: SHA256Digest) {
        hex = hexadecimal(digest)
    }

    public var description: String { "sha256:" + hex }
}

/// Lower-case hexadecimal digits of bytes.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
