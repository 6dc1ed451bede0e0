import Foundation
import MarketCore
import Metering
import NIOCore

extension ClientAddress {
    /// - Parameter peer: of a connection over TCP; nil when the peer went before it was asked for, which must not be a
    ///   way around the limit.
    init(peer: SocketAddress?) {
        self = peer?.octets.flatMap(ClientAddress.init(octets:)) ?? .unknown
    }
}

extension CallOrigin {
    /// - Parameter peer: of a connection over TCP; nil when it went before it was asked for.
    init(peer: SocketAddress?) {
        self = peer?.octets.flatMap(NetworkAddress.init(octets:)).map(CallOrigin.address) ?? .unknown
    }
}

extension SocketAddress {
    /// The 4 or 16 of its address, in network order; nil for a Unix socket.
    fileprivate var octets: [UInt8]? {
        switch self {
        case .v4(let peer): withUnsafeBytes(of: peer.address.sin_addr) { Array($0) }
        case .v6(let peer): withUnsafeBytes(of: peer.address.sin6_addr) { Array($0) }
        case .unixDomainSocket: nil
        }
    }
}
