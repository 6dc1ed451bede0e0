import CLinux
import Glibc
import SandboxProtocol

/// The listening sockets of a run with declared destinations: its only way out, for the daemon holds their other end.
enum Listeners {
    /// Connections that wait until the daemon takes them.
    private static let backlog: Int32 = 64

    /// Opens one for each destination, in their order. Called inside `network`, which is fresh.
    static func open(_ destinations: [Destination], in network: Network?) -> Result<[Int32], LaunchError> {
        guard network != nil else {
            return .failure(LaunchError(stage: .network, errno: clw_errno(), subject: "network namespace"))
        }
        return Result { () throws(LaunchError) in try open(destinations) }
    }

    private static func open(_ destinations: [Destination]) throws(LaunchError) -> [Int32] {
        var listeners: [Int32] = []
        do throws(LaunchError) {
            for (index, address) in Destination.addresses(of: destinations).enumerated() {
                let destination = destinations[index]
                let socket = try check(clw_tcp_socket(), .network, "socket")
                listeners.append(socket)
                if index == 0 { try check(clw_loopback_up(socket), .network, "lo") }
                if address.bytes[0] != 127 {
                    try check(clw_loopback_add(socket, UInt32(index), address.value), .network, destination.host)
                }
                try check(
                    clw_listen_at(socket, address.value, destination.port, backlog), .network,
                    "\(destination.host):\(destination.port)")
            }
            return listeners
        } catch {
            for listener in listeners { close(listener) }
            throw error
        }
    }
}
