import CLinux
import Glibc

/// Whether an address is this host's own: a service that listens on all addresses trusts its firewall, which what comes
/// from the host itself does not pass.
enum OwnAddress {
    /// Asks the kernel's routes, and sends nothing: what goes to an own address has that address as its source.
    static func contains(_ address: IPAddress) -> Bool {
        let family = address.isIPv4 ? AF_INET : AF_INET6
        let probe = socket(family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { return false }
        defer { close(probe) }
        // sockaddr_in and sockaddr_in6 of ip(7) and ipv6(7): family, port, and the address after 4 or 8 bytes.
        let place = address.isIPv4 ? 4..<8 : 8..<24
        var target = [UInt8](repeating: 0, count: address.isIPv4 ? 16 : 28)
        target.replaceSubrange(0..<2, with: unsafe withUnsafeBytes(of: sa_family_t(family)) { unsafe [UInt8]($0) })
        target[3] = 9
        target.replaceSubrange(place, with: address.bytes)
        var source = [UInt8](repeating: 0, count: target.count)
        var length = socklen_t(source.count)
        let known = unsafe target.withUnsafeBytes { target in
            unsafe source.withUnsafeMutableBytes { source in
                guard let target = target.baseAddress, let source = source.baseAddress else {
                    return false
                }
                return unsafe connect(probe, target.assumingMemoryBound(to: sockaddr.self), length) == 0
                    && getsockname(probe, source.assumingMemoryBound(to: sockaddr.self), &length) == 0
            }
        }
        return known && source[place].elementsEqual(address.bytes)
    }
}
