import Glibc
internal import NIOCore

/// One connection of a run: the program's end, and, once it is made, the one outside. Used on its event loop only.
final class RelayConnection: Sendable {
    private struct Ends {
        let inside: RelayEnd
        let outside: RelayEnd
        let outsideChannel: any Channel
    }

    private let inside: any Channel
    private let ends: NIOLoopBoundBox<Ends?>

    init(inside: any Channel, loop: any EventLoop) {
        self.inside = inside
        ends = NIOLoopBoundBox(nil, eventLoop: loop)
    }

    /// Begins to relay. Where one of both sides is gone already, the other goes as well.
    func join(
        _ outside: any Channel, idleMilliseconds: Int64, draining: Bool, sent: @escaping (Int) -> Int,
        received: @escaping (Int) -> Int, idle: @escaping () -> Void
    ) {
        do {
            let first = try inside.pipeline.syncOperations.handler(type: RelayEnd.self)
            let second = try outside.pipeline.syncOperations.handler(type: RelayEnd.self)
            try inside.pipeline.syncOperations.addHandler(
                IdleStateHandler(allTimeout: .milliseconds(idleMilliseconds)), position: .first)
            ends.value = Ends(inside: first, outside: second, outsideChannel: outside)
            first.prepare(second, admit: sent, idle: idle)
            second.prepare(first, admit: received, idle: idle)
            if draining { first.drain() }
            first.start()
            second.start()
        } catch {
            inside.close(promise: nil)
            outside.close(promise: nil)
        }
    }

    /// Both sides are closed, or the only one that there is.
    var isOver: Bool { !inside.isActive && ends.value?.outsideChannel.isActive != true }

    /// The program has ended.
    func drain() {
        ends.value?.inside.drain()
    }

    /// Ends it as one whose other side died: the program reads ECONNRESET, and not the end of what was sent.
    func reset() {
        ends.value?.outsideChannel.close(promise: nil)
        guard let socket = inside as? any SocketOptionProvider else { return inside.close(promise: nil) }
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { [inside] _ in inside.close(promise: nil) }
    }
}
