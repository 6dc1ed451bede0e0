import Metering
import Testing

@Suite("Addresses whose rate counts")
struct ClientAddressTests {
    private func v6(_ groups: UInt16...) -> ClientAddress? {
        ClientAddress(octets: groups.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] })
    }

    @Test("an IPv4 address counts for itself, an IPv6 address for its /64")
    func prefixes() throws {
        let one = try #require(ClientAddress(octets: [192, 0, 2, 1]))
        #expect(one == ClientAddress(octets: [192, 0, 2, 1]))
        #expect(one != ClientAddress(octets: [192, 0, 2, 2]))
        let six = try #require(v6(0x2001, 0xdb8, 0, 1, 0, 0, 0, 1))
        #expect(six == v6(0x2001, 0xdb8, 0, 1, 0xffff, 1, 2, 3))
        #expect(six != v6(0x2001, 0xdb8, 0, 2, 0, 0, 0, 1))
    }

    @Test("an IPv4 client of a socket that takes both families counts as the IPv4 address that it is")
    func mapped() {
        let mapped = v6(0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201)
        #expect(mapped == ClientAddress(octets: [192, 0, 2, 1]))
        #expect(mapped != v6(0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0202))
        #expect(mapped != v6(0, 0, 0, 0, 0, 0, 0, 1))
    }

    @Test("no family's address is another family's")
    func families() {
        #expect(v6(0, 0, 0xc000, 0x0201, 0, 0, 0, 1) != ClientAddress(octets: [192, 0, 2, 1]))
        #expect(v6(0, 0, 0, 0, 0, 0, 0, 1) != .unknown)
        #expect(ClientAddress(octets: [0, 0, 0, 0]) == .unknown)
    }

    @Test("what is no address is none", arguments: [0, 3, 5, 15, 17])
    func wrong(count: Int) {
        #expect(ClientAddress(octets: [UInt8](repeating: 1, count: count)) == nil)
    }
}
