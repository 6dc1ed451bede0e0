internal import NIOCore

/// One end of a relayed connection: gives what it reads to the other end, and reads no faster than that end can send.
///
/// Both ends are on one event loop. End of file passes through by itself (half-close); the connection is over when it
/// has passed both ways. It is in its channel from the beginning: where the other side closes early, NIO reads what is
/// left unasked.
final class RelayEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var context: ChannelHandlerContext?
    private var other: RelayEnd?
    /// Read before there was another end.
    private var early: [ByteBuffer] = []
    /// How many of so many bytes may pass.
    private var admit: (Int) -> Int = { _ in 0 }
    private var idle: () -> Void = {}
    private var waitsForOther = false
    private var inputEnded = false
    /// Done when everything is sent, and end of file after it.
    private var outputEnds: EventLoopFuture<Void>?
    private var closesAfterFlush = false
    /// Nobody is left to read an answer: the other end closes with this one's input.
    private var last = false

    /// - Parameters:
    ///   - admit: is asked how many of so many bytes may pass to `other`.
    ///   - idle: is told before the connection is closed for want of movement.
    func prepare(_ other: RelayEnd, admit: @escaping (Int) -> Int, idle: @escaping () -> Void) {
        self.other = other
        self.admit = admit
        self.idle = idle
    }

    /// Begins, once both ends are prepared.
    func start() {
        passEarly()
        if inputEnded { passEnd() } else { context?.read() }
    }

    /// The program is gone: what it sent still goes out, what comes back has no reader.
    func drain() {
        last = true
        if inputEnded { other?.closeAfterFlush() }
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if other == nil { early.append(buffer) } else { pass(buffer) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard let target = other?.context else { return }
        target.flush()
        guard !inputEnded else { return }
        if target.channel.isWritable { context.read() } else { waitsForOther = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let other, other.waitsForOther {
            other.waitsForOther = false
            other.context?.read()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            inputEnded = true
            passEnd()
        case is IdleStateHandler.IdleStateEvent:
            idle()
            other?.context?.close(promise: nil)
            context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        other?.closeAfterFlush()
        other = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: To the other end

    private func passEarly() {
        let buffers = early
        early = []
        for buffer in buffers { pass(buffer) }
        other?.context?.flush()
    }

    private func pass(_ buffer: ByteBuffer) {
        guard let other, let target = other.context else { return }
        var buffer = buffer
        let allowed = admit(buffer.readableBytes)
        if allowed == buffer.readableBytes {
            target.write(wrapOutboundOut(buffer), promise: nil)
            return
        }
        if let part = buffer.readSlice(length: allowed) { target.write(wrapOutboundOut(part), promise: nil) }
        other.closeAfterFlush()
        context?.close(promise: nil)
    }

    private func passEnd() {
        guard let other else { return }
        // What was read just before.
        other.context?.flush()
        if last || other.inputEnded {
            other.closeAfterFlush()
            if other.inputEnded { closeAfterFlush() }
        } else {
            other.endOutput()
        }
    }

    private func endOutput() {
        guard let context, outputEnds == nil else { return }
        let ended = context.eventLoop.makePromise(of: Void.self)
        outputEnds = ended.futureResult
        context.close(mode: .output, promise: ended)
    }

    private func closeAfterFlush() {
        guard let context, !closesAfterFlush else { return }
        closesAfterFlush = true
        let nothing = context.channel.allocator.buffer(capacity: 0)
        let channel = context.channel
        let flushed = outputEnds ?? context.writeAndFlush(wrapOutboundOut(nothing))
        flushed.whenComplete { _ in channel.close(promise: nil) }
    }
}
