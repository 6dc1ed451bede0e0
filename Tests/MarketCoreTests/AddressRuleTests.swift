import MarketCore
import Testing

@Suite("Lists of addresses")
struct AddressRuleTests {
    private func origin(_ text: String) throws -> CallOrigin { .address(try #require(NetworkAddress(text))) }

    @Test(
        "a network lets its own addresses in and no others",
        arguments: [
            ("203.0.113.0/24", "203.0.113.255", "203.0.114.0"), ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"), ("0.0.0.0/0", "8.8.8.8", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"), ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
            ("2001:db8:0:1::/64", "2001:db8:0:1:ffff::9", "2001:db8:0:2::9"), ("::/0", "2001:db8::1", "192.0.2.1"),
            ("128.0.0.0/1", "200.1.1.1", "127.0.0.1"), ("192.0.2.0/31", "192.0.2.1", "192.0.2.2"),
            ("192.0.2.0/24", "::ffff:192.0.2.1", "::192.0.2.1"),
        ])
    func networks(rule: String, inside: String, outside: String) throws {
        let rule = try #require(AddressRule(rule))
        #expect(rule.contains(try origin(inside)))
        #expect(!rule.contains(try origin(outside)))
        #expect(!rule.contains(CallOrigin.unixSocket))
        #expect(!rule.contains(.unknown))
        #expect(AddressRule(rule.description) == rule)
    }

    @Test("the Unix socket has its own word")
    func unix() throws {
        let rule = try #require(AddressRule("unix"))
        #expect(rule.contains(CallOrigin.unixSocket))
        #expect(!rule.contains(.unknown))
        #expect(!rule.contains(try origin("127.0.0.1")))
        #expect(rule.description == "unix")
    }

    @Test(
        "what is no network is refused",
        arguments: [
            "", "localhost", "203.0.113.7/24", "203.0.113.0/33", "203.0.113.0/-1", "203.0.113.0/024", "203.0.113.0/",
            "2001:db8::1/32", "2001:db8::/129", "1.2.3", "01.2.3.4", "::ffff:192.0.2.0/120", "fe80::1%eth0", "UNIX",
            "*",
            "1.2.3.4/8/8", "203.0.113.0/24 ",
        ])
    func refused(text: String) {
        #expect(AddressRule(text) == nil)
    }

    @Test("a rule lies within another when all that it lets in, the other does")
    func within() throws {
        func rule(_ text: String) throws -> AddressRule { try #require(AddressRule(text)) }
        #expect(try rule("10.0.0.0/8").contains(try rule("10.1.0.0/16")))
        #expect(try !rule("10.1.0.0/16").contains(try rule("10.0.0.0/8")))
        #expect(try !rule("0.0.0.0/0").contains(try rule("::/0")))
        #expect(try !rule("0.0.0.0/0").contains(try rule("unix")))
        #expect(try rule("unix").contains(try rule("unix")))
    }
}
