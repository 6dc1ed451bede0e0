import Fields
import HTTPTypes
import Testing

@testable import ClawRunner

@Suite("Pages in browsers")
struct CrossOriginTests {
    private let reply = Reply(status: 200, headers: [:], body: [])

    private func read(_ text: String) throws -> CrossOrigin {
        let fields = try FieldReader.toml(text, file: "daemon.toml")
        defer { try? fields.finish() }
        return try CrossOrigin(fields)
    }

    @Test("may not read answers unless the operator names their origin")
    func origins() throws {
        let origin: HTTPFields = [.origin: "https://shop.example"]
        #expect(CrossOrigin.none.allow(reply, to: origin).headers.isEmpty)
        let named = try read(#"origins = ["https://shop.example", "http://localhost:3000"]"#)
        let allowed = named.allow(reply, to: origin).headers
        #expect(allowed[.accessControlAllowOrigin] == "https://shop.example")
        #expect(allowed[.accessControlExposeHeaders]?.contains("X-Request-Id") == true)
        for other in ["https://shop.example.evil", "http://shop.example", "null", "https://SHOP.example"] {
            let headers = named.allow(reply, to: [.origin: other]).headers
            #expect(headers[.accessControlAllowOrigin] == nil, "\(other)")
            #expect(headers[.vary] == "Origin")
        }
        #expect(named.allow(reply, to: [:]).headers[.accessControlAllowOrigin] == nil)
    }

    @Test("are told before a call which methods and headers they may use")
    func preflight() throws {
        let named = try read(#"origins = ["https://shop.example"]"#)
        let asked: HTTPFields = [.origin: "https://shop.example", .accessControlRequestMethod: "POST"]
        let headers = named.allow(reply, to: asked, preflight: ["OPTIONS", "POST"]).headers
        #expect(headers[.accessControlAllowMethods] == "OPTIONS, POST")
        #expect(headers[.accessControlAllowHeaders]?.contains("X-Purchase-Token") == true)
        #expect(headers[.accessControlMaxAge] == "600")
        #expect(named.allow(reply, to: asked).headers[.accessControlAllowMethods] == nil)
    }

    @Test(
        "are named by whole origins only",
        arguments: [
            "*", "shop.example", "https://", "https://shop.example/", "https://Shop.example", "ftp://x", "null",
        ])
    func refused(origin: String) {
        #expect(throws: FieldError.self) { try read("origins = [\"\(origin)\"]") }
    }

    @Test("at most 64 of them are named")
    func count() throws {
        let list = { (count: Int) in (0..<count).map { "\"https://a\($0).example\"" }.joined(separator: ",") }
        #expect(try read("origins = [\(list(64))]").origins.count == 64)
        #expect(throws: FieldError.self) { try read("origins = [\(list(65))]") }
    }
}
