import CLinux
import Glibc

/// An IPv4 or IPv6 address. One that stands for an IPv4 address (`::ffff:192.0.2.1`) is that address.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16, the first of the text first.
    public let bytes: [UInt8]

    /// - Parameter bytes: 4 or 16 of them; nil for any other number.
    init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16 where bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]):
            self.bytes = Array(bytes.suffix(4))
        case 16: self.bytes = bytes
        default: return nil
        }
    }

    /// The forms of inet_pton(3), such as `192.0.2.1` and `2001:db8::1`.
    public init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if unsafe inet_pton(AF_INET, text, &bytes) == 1 {
            self.init(bytes: Array(bytes.prefix(4)))
        } else if unsafe inet_pton(AF_INET6, text, &bytes) == 1 {
            self.init(bytes: bytes)
        } else {
            return nil
        }
    }

    public var isIPv4: Bool { bytes.count == 4 }

    public var description: String {
        var text = [CChar](repeating: 0, count: 64)
        _ = unsafe inet_ntop(isIPv4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// With a port, as in `[2001:db8::1]:25`.
    func description(port: UInt16) -> String { isIPv4 ? "\(self):\(port)" : "[\(self)]:\(port)" }

    /// Whether the first `bits` are those of `network`, which is of the same kind.
    func isIn(_ network: [UInt8], _ bits: Int) -> Bool {
        guard bytes.count == network.count else { return false }
        for (index, byte) in network.enumerated() {
            let left = bits - 8 * index
            if left <= 0 { break }
            let mask = left >= 8 ? UInt8.max : ~(UInt8.max >> left)
            if bytes[index] & mask != byte & mask { return false }
        }
        return true
    }
}
