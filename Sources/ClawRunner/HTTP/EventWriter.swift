import Fields
import HTTPTypes
import Hummingbird
import NIOCore

/// Writes server-sent events (WHATWG HTML, "Server-sent events").
struct EventWriter {
    private var writer: any ResponseBodyWriter

    /// A body that lasts as long as `write` does.
    static func body(_ write: @escaping @Sendable (inout EventWriter) async throws -> Void) -> ResponseBody {
        ResponseBody { writer in
            var events = EventWriter(writer: writer)
            try await write(&events)
            try await events.writer.finish(nil)
        }
    }

    /// One event, in one line of JSON.
    mutating func send(_ event: String, _ data: JSONValue) async throws {
        try await write("event: \(event)\ndata: " + String(decoding: data.serialized(), as: UTF8.self) + "\n\n")
    }

    /// A comment, which clients skip; it shows both sides that the other is there.
    mutating func keepAlive() async throws {
        try await write(":\n\n")
    }

    private mutating func write(_ text: String) async throws {
        try await writer.write(ByteBuffer(string: text))
    }
}

extension Reply {
    static func events(_ write: @escaping @Sendable (inout EventWriter) async throws -> Void) -> Reply {
        var reply = Reply(
            status: 200, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: [])
        reply.events = write
        return reply
    }
}

extension Call {
    /// The client asks for events by name; one that takes anything gets what everybody gets.
    var wantsEvents: Bool {
        header(.accept).map { HeaderList.names("text/event-stream", in: $0) } ?? false
    }
}
