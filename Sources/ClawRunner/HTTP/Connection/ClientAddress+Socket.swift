import Foundation
import Metering
import NIOCore

extension ClientAddress {
    /// - Parameter peer: of a connection over TCP; nil when the peer went before it was asked for, which must not be a
    ///   way around the limit.
    init(peer: SocketAddress?) {
        let octets: [UInt8]? =
            switch peer {
            case .v4(let peer): withUnsafeBytes(of: peer.address.sin_addr) { Array($0) }
            case .v6(let peer): withUnsafeBytes(of: peer.address.sin6_addr) { Array($0) }
            case .unixDomainSocket, nil: nil
            }
        self = octets.flatMap(ClientAddress.init(octets:)) ?? .unknown
    }
}
