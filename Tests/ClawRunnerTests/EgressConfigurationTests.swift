import Fields
import Sandbox
import Testing

@testable import ClawRunner

@Suite("Configuration: egress")
struct EgressConfigurationTests {
    private func read(_ text: String) throws -> ConfigurationFile {
        try ConfigurationFile(FieldReader.toml(text, file: "daemon.toml"), directory: "/")
    }

    @Test("is read whole")
    func whole() throws {
        let egress = try read(
            """
            [egress]
            privateAllowed = ["127.0.0.1:2525", "10.0.0.0/8:25"]
            connectionsMax = 7
            bytesMax = 2048
            connectTimeout = 3
            idleTimeout = 5
            [egress.hosts]
            "smtp.example.com" = "127.0.0.1"
            "two.example.com" = ["10.0.0.1", "fd00::1"]
            """
        ).egress
        #expect(egress.privateAllowed.map(\.description) == ["127.0.0.1:2525", "10.0.0.0/8:25"])
        #expect(egress.hosts["smtp.example.com"]?.map(\.description) == ["127.0.0.1"])
        #expect(egress.hosts["two.example.com"]?.map(\.description) == ["10.0.0.1", "fd00::1"])
        #expect(egress.connectionsMax == 7 && egress.bytesMax == 2048)
        #expect(egress.connectMilliseconds == 3000 && egress.idleMilliseconds == 5000)
    }

    @Test(
        "names what is wrong",
        arguments: [
            ("privateAllowed = [\"10.0.0.1\"]", "egress.privateAllowed[0]"),
            ("connectionsMax = 0", "egress.connectionsMax"),
            ("bytesMax = 1", "egress.bytesMax"), ("idleTimeout = 0", "egress.idleTimeout"),
            ("hosts = { \"UPPER.example\" = \"127.0.0.1\" }", "egress.hosts"), ("alow = []", "egress.alow"),
            ("hosts = { \"a.example\" = \"b.example\" }", "egress.hosts"),
            ("hosts = { \"a.example\" = [] }", "egress.hosts"),
        ])
    func wrong(_ line: String, _ path: String) throws {
        let error = #expect(throws: FieldError.self) { _ = try read("[egress]\n\(line)\n") }
        #expect(error?.path.hasPrefix(path) == true, "\(String(describing: error))")
    }
}
