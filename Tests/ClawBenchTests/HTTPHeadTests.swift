import Testing

@testable import ClawBench

@Suite("The bench's HTTP client")
struct HTTPHeadTests {
    @Test("Finds status, length and body once the head is complete")
    func complete() throws {
        let bytes = Array("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCONTENT-length:  12\r\n\r\nHello".utf8)
        let head = try #require(HTTPHead(bytes[...]))
        #expect(head.status == 200)
        #expect(head.contentLength == 12)
        #expect(bytes[head.bodyStart...] == Array("Hello".utf8)[...])
    }

    @Test("Waits for the rest of a head, wherever it is cut")
    func incomplete() {
        let bytes = Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8)
        for count in 0..<bytes.count { #expect(HTTPHead(bytes[..<count]) == nil, "\(count) bytes") }
        #expect(HTTPHead(bytes[...])?.contentLength == 0)
    }

    @Test(
        "Tells when there is no usable length",
        arguments: ["Content-Length: many", "Content-Length:", "Content-Length: -5", "Content-Type: text/plain"])
    func noLength(line: String) throws {
        let head = try #require(HTTPHead(Array("HTTP/1.1 200 OK\r\n\(line)\r\n\r\n".utf8)[...]))
        #expect(head.contentLength == nil)
    }
}
