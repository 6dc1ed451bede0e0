import MarketCore
import Testing

@Suite("Names of agents")
struct AgentNameTests {
    @Test(
        "plain names are accepted",
        arguments: ["a", "acme", "Acme Tools", "x-1_2.3", "R2D2", String(repeating: "n", count: 64)])
    func plain(name: String) {
        #expect(AgentName.fault(name) == nil)
    }

    @Test(
        "names that cannot be told apart from others, or from something else, are refused",
        arguments: [
            "", " acme", "acme ", "-acme", "acme.", "a--b", "a b/c", "acme\u{200B}", "асme", "ａｃｍｅ", "acme\n", "Zoë",
            "a@b",
            "0190f2c4-7d1a-7c3b-9a55-1c2d3e4f5a6b", String(repeating: "n", count: 65),
        ])
    func shape(name: String) {
        #expect(AgentName.fault(name) != nil)
    }

    @Test(
        "names of those who run the market are refused however they are written",
        arguments: [
            "admin", "Admin", "ADM1N", "a d m i n", "operator", "0perator", "0-P-E-R-A-T-O-R", "supp0rt", "support",
            "clawos", "ClawOS Support", "the-c1awrunner", "Official", "0fficia1", "self", "register",
        ])
    func reserved(name: String) {
        #expect(AgentName.fault(name)?.contains("reserved") == true)
    }

    @Test(
        "names that look alike fold to the same",
        arguments: [
            ("paypal", "paypa1"), ("paypal", "PayPaI"), ("google", "g00gle"), ("acme-tools", "Acme Tools"),
            ("acme_tools", "acmetools"), ("modem", "modern"), ("wolf", "vvolf"), ("illinois", "1LL1N01S"),
        ])
    func alike(names: (String, String)) {
        #expect(AgentName.folded(names.0) == AgentName.folded(names.1))
    }

    @Test(
        "names that differ do not",
        arguments: [("acme", "acne"), ("buyer-1-11", "buyer-11-1"), ("node2", "node3"), ("a", "b")])
    func different(names: (String, String)) {
        #expect(AgentName.folded(names.0) != AgentName.folded(names.1))
    }
}
