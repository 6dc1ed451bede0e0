import CLinux
import Glibc
import SandboxProtocol
import Testing

@testable import Sandbox

@Suite("Messages that met a full socket")
struct OutboxTests {
    private func ready(_ outbox: Outbox, milliseconds: Int32) -> Bool {
        var watched = pollfd(fd: outbox.timer, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, milliseconds) == 1
    }

    @Test("are sent again, in order and once, until the socket takes them")
    func retried() {
        let outbox = Outbox()
        #expect(!ready(outbox, milliseconds: 20))
        for id: UInt64 in 1...3 { outbox.add(Message(kind: .kill, id: id, fields: [1])) }
        #expect(ready(outbox, milliseconds: 5000))
        var sent: [UInt64] = []
        var room = 1
        func send(_ message: Message) -> Bool {
            guard room > 0 else { return false }
            room -= 1
            sent.append(message.id)
            return true
        }
        outbox.flush(send)
        #expect(sent == [1])
        // Still full: it asks to be tried again.
        #expect(ready(outbox, milliseconds: 5000))
        room = 5
        outbox.flush(send)
        #expect(sent == [1, 2, 3])
        outbox.flush(send)
        #expect(sent == [1, 2, 3])
        #expect(!ready(outbox, milliseconds: 20))
    }
}
