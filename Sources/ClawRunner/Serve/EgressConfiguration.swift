import Fields
import Sandbox

/// The table `[egress]` of a configuration file: how declared destinations are reached.
///
/// ```toml
/// [egress]
/// privateAllowed = ["10.0.0.5:25", "10.8.0.0/16:443"]   # addresses that are not public and may be reached all the same
/// connectionsMax = 128                                    # of one run, in all
/// bytesMax = 67108864                                     # of one run, both ways together
/// connectTimeout = 10                                     # seconds, looking up included
/// idleTimeout = 60
/// [egress.hosts]                                          # names that are not looked up
/// "smtp.example.com" = "10.0.0.5"                         # or a list of addresses
/// ```
enum EgressConfiguration {
    static func read(_ table: FieldReader) throws(FieldError) -> EgressOptions {
        var options = EgressOptions()
        let permitted = try table.strings("privateAllowed", maxCount: 256, maxBytes: 64)
        options.privateAllowed = []
        for (index, text) in permitted.enumerated() {
            guard let address = PermittedAddress(text) else {
                throw table.error(
                    "privateAllowed[\(index)]",
                    "must be an address or a network and a port, such as \"127.0.0.1:2525\", \"10.0.0.0/8:25\" or "
                        + "\"[fd00::/8]:25\", not \(quoted(text))")
            }
            options.privateAllowed.append(address)
        }
        if let hosts = try table.optionalReader("hosts") {
            guard hosts.keys.count <= 256 else { throw table.error("hosts", "has more than 256 names") }
            for name in hosts.keys { options.hosts[name] = try addresses(hosts, name) }
        }
        if let count = try table.optionalInt("connectionsMax", in: 1...65_536) { options.connectionsMax = Int(count) }
        options.bytesMax = try table.optionalInt("bytesMax", in: 1024...(1 << 40)) ?? options.bytesMax
        if let seconds = try table.optionalInt("connectTimeout", in: 1...300) {
            options.connectMilliseconds = seconds * 1000
        }
        if let seconds = try table.optionalInt("idleTimeout", in: 1...86_400) {
            options.idleMilliseconds = seconds * 1000
        }
        return options
    }

    private static func addresses(_ hosts: FieldReader, _ name: String) throws(FieldError) -> [IPAddress] {
        guard let destination = NetworkDestination("\(name):1"), IPAddress(destination.host) == nil else {
            throw hosts.error(name, "is not a host name in lower case")
        }
        let texts =
            if case .array = hosts.value(name) {
                try hosts.strings(name, maxCount: 16, maxBytes: 64)
            } else {
                [try hosts.string(name, minBytes: 1, maxBytes: 64)]
            }
        var addresses: [IPAddress] = []
        for text in texts {
            guard let address = IPAddress(text) else {
                throw hosts.error(name, "must be an IPv4 or IPv6 address, or a list of them, not \(quoted(text))")
            }
            addresses.append(address)
        }
        guard !addresses.isEmpty else { throw hosts.error(name, "must have an address") }
        return addresses
    }
}
