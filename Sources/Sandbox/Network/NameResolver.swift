import CLinux
import Glibc
internal import NIOCore
internal import NIOPosix
import Synchronization

/// Finds the addresses of a host's name.
package protocol NameResolver: Sendable {
    /// Blocks. In the order in which they are to be tried.
    func addresses(of host: String) throws(NameError) -> [IPAddress]
}

/// A name that has no addresses.
package struct NameError: Error {
    package let detail: String

    package init(_ detail: String) {
        self.detail = detail
    }
}

/// getaddrinfo(3) of the daemon's host.
package struct SystemResolver: NameResolver {
    package static let shared = SystemResolver()
    private static let addressesMax = 16

    package func addresses(of host: String) throws(NameError) -> [IPAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            throw NameError(unsafe gai_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)")
        }
        defer { unsafe freeaddrinfo(list) }
        var found: [IPAddress] = []
        var next = unsafe list
        while let entry = unsafe next, found.count < Self.addressesMax {
            if let address = unsafe Self.address(entry.pointee), !found.contains(address) { found.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        return found
    }

    private static func address(_ entry: addrinfo) -> IPAddress? {
        guard let place = unsafe entry.ai_addr else { return nil }
        let raw = UnsafeRawPointer(place)
        // sin_addr and sin6_addr of ip(7) and ipv6(7).
        switch unsafe entry.ai_family {
        case AF_INET: return unsafe IPAddress(bytes: Array(UnsafeRawBufferPointer(start: raw + 4, count: 4)))
        case AF_INET6: return unsafe IPAddress(bytes: Array(UnsafeRawBufferPointer(start: raw + 8, count: 16)))
        default: return nil
        }
    }
}

/// Lookups on threads of their own, because getaddrinfo(3) blocks; only so many may wait.
final class ResolverThreads: Sendable {
    static let shared = ResolverThreads()

    private static let threads = 32
    private static let waitingMax = 256
    private let pool: NIOThreadPool
    private let waiting = Atomic<Int>(0)

    private init() {
        pool = NIOThreadPool(numberOfThreads: Self.threads)
        pool.start()
    }

    func addresses(
        of host: String, by resolver: any NameResolver, on loop: any EventLoop
    ) -> EventLoopFuture<[IPAddress]> {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.waitingMax else {
            waiting.subtract(1, ordering: .relaxed)
            return loop.makeFailedFuture(NameError("too many names are being looked up"))
        }
        return pool.runIfActive(eventLoop: loop) {
            defer { self.waiting.subtract(1, ordering: .relaxed) }
            return try resolver.addresses(of: host)
        }
    }
}
