import Fields
import Testing

@testable import Sandbox

@Suite("Addresses that a declared destination may have")
struct AddressTests {
    @Test(
        "are not those of machines, networks and tunnels that are not public",
        arguments: [
            ("0.0.0.0", "unspecified"), ("0.1.2.3", "unspecified"), ("127.0.0.1", "loopback"),
            ("127.255.255.255", "loopback"), ("10.0.0.1", "private"), ("172.16.0.1", "private"),
            ("172.31.255.255", "private"), ("192.168.1.1", "private"), ("100.64.0.1", "carrier-grade NAT"),
            ("100.127.255.255", "carrier-grade NAT"), ("169.254.1.1", "link-local"), ("169.254.169.254", "metadata"),
            ("168.63.129.16", "metadata"), ("100.100.100.200", "metadata"), ("192.0.2.1", "documentation"),
            ("198.51.100.7", "documentation"), ("203.0.113.9", "documentation"), ("192.0.0.8", "reserved"),
            ("198.18.0.1", "reserved"), ("198.19.255.255", "reserved"), ("192.88.99.1", "tunnel"),
            ("224.0.0.1", "multicast"), ("239.1.1.1", "multicast"), ("240.0.0.1", "reserved"),
            ("255.255.255.255", "reserved"), ("::", "unspecified"), ("::1", "loopback"),
            ("::ffff:127.0.0.1", "loopback"), ("::ffff:10.1.2.3", "private"), ("::127.0.0.1", "tunnel"),
            ("64:ff9b::a00:1", "tunnel"), ("64:ff9b::a9fe:a9fe", "tunnel"), ("64:ff9b:1::1", "tunnel"),
            ("2002:7f00:1::", "tunnel"), ("2002:c0a8:101::1", "tunnel"), ("2001:0:1::1", "tunnel"),
            ("fd00:ec2::254", "metadata"), ("fd12::1", "unique local"), ("fc00::1", "unique local"),
            ("fe80::1", "link-local"), ("fec0::1", "private"), ("ff02::1", "multicast"),
            ("2001:db8::1", "documentation"), ("3fff::1", "documentation"), ("100::1", "reserved"),
            ("4000::1", "reserved"), ("2001:20::1", "reserved"),
        ])
    func refused(_ text: String, _ kind: String) throws {
        let address = try #require(IPAddress(text))
        #expect(AddressKind(address)?.rawValue == kind)
    }

    @Test(
        "are those of hosts on the internet, also behind a translation that leads there",
        arguments: [
            "8.8.8.8", "1.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.169.0.1",
            "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808", "2002:808:808::1",
            "::ffff:8.8.8.8",
        ])
    func permitted(_ text: String) throws {
        #expect(AddressKind(try #require(IPAddress(text))) == nil)
    }

    @Test("that the operator permits are written with their port, as one address or a network")
    func permits() throws {
        let one = try #require(PermittedAddress("127.0.0.1:2525"))
        #expect(one.contains(try #require(IPAddress("127.0.0.1")), port: 2525))
        #expect(one.contains(try #require(IPAddress("::ffff:127.0.0.1")), port: 2525))
        #expect(!one.contains(try #require(IPAddress("127.0.0.1")), port: 2526))
        #expect(!one.contains(try #require(IPAddress("127.0.0.2")), port: 2525))
        let network = try #require(PermittedAddress("10.32.0.0/11:25"))
        #expect(network.contains(try #require(IPAddress("10.63.255.255")), port: 25))
        #expect(!network.contains(try #require(IPAddress("10.64.0.0")), port: 25))
        let six = try #require(PermittedAddress("[fd00::/8]:25"))
        #expect(six.contains(try #require(IPAddress("fdff::1")), port: 25))
        #expect(!six.contains(try #require(IPAddress("10.0.0.1")), port: 25))
        #expect([one, network, six].map(\.description) == ["127.0.0.1:2525", "10.32.0.0/11:25", "[fd00::/8]:25"])
    }

    @Test(
        "are refused in the operator's list when they are not exact",
        arguments: [
            "127.0.0.1", "127.0.0.1:0", "127.0.0.1:025", "10.0.0.1/8:25", "10.0.0.0/33:25", "fd00::1:25",
            "[10.0.0.1]:25", "host:25", "10.0.0.0/08:25", "", ":", "[::1]", "10.0.0.0/:1",
        ])
    func malformed(_ text: String) {
        #expect(PermittedAddress(text) == nil)
    }

    @Test(
        "are named exactly by a destination",
        arguments: ["smtp.example.com:587", "a:1", "xn--bcher-kva.example:443", "8.8.8.8:53", "127.0.0.1:25"])
    func destinations(_ text: String) {
        #expect(NetworkDestination(text)?.description == text)
    }

    @Test(
        "are not named by anything else",
        arguments: [
            "*.example.com:443", "example.com", "example.com:0", "example.com:65536", "example.com:0443", "A.com:1",
            "-a.com:1", "a-.com:1", "a..com:1", "a.com.:1", "127.1:80", "2130706433:80", "0x7f.1:80", "010.0.0.1:80",
            "0.0.0.0:80", "127.77.0.1:80", "224.0.0.1:80", "[::1]:80", "localhost:80", "x.localhost:80", "a b:1", ":1",
            "a_b.com:1", "a.com:+1", "a.com: 1", "\u{fc}.com:1",
        ])
    func notDestinations(_ text: String) {
        #expect(NetworkDestination(text) == nil)
    }
}
