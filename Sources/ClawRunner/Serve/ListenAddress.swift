/// A TCP address to listen on.
struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    let host: String
    /// 0 lets the system choose.
    let port: Int

    /// Parses `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`.
    /// - Parameter allowRemote: also takes addresses that other machines can reach.
    init(_ text: String, allowRemote: Bool) throws(CommandFailure) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else {
            throw CommandFailure(.usage, "\(text) is not an address such as 127.0.0.1:8080.")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty, !host.contains("[") else {
            throw CommandFailure(.usage, "\(text) names no host; write 127.0.0.1:\(port).")
        }
        guard allowRemote || Self.isLoopback(host) else {
            throw CommandFailure(
                .usage, "\(host) can be reached from other machines, and keys and tokens would travel in the clear.",
                hint:
                    "Listen on 127.0.0.1 behind a proxy that speaks TLS, or set allowRemote = true in the configuration."
            )
        }
        self.host = host
        self.port = port
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
