import ExecutionNode
import Fields
import HTTPTypes
import MarketCore
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Keeps one connection within its limits: drops clients that are slow to send or to take, tells who answers when the
/// client is gone, and answers what never became a request.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// How long a client may take to read a last answer before the connection is cut.
    private static let linger = TimeAmount.seconds(2)

    private let connection: Connection
    private let limits: ConnectionLimits
    /// A client of a Unix socket that only stops sending still waits for the answer. Over TCP that cannot be told
    /// from one that went away.
    private let halfCloseMeansGone: Bool
    private var phase = ConnectionPhase()
    private var timer: Scheduled<Void>?
    private var timedState: ConnectionPhase.State?

    init(connection: Connection, limits: ConnectionLimits, halfCloseMeansGone: Bool) {
        self.connection = connection
        self.limits = limits
        self.halfCloseMeansGone = halfCloseMeansGone
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { setTimer(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func channelActive(context: ChannelHandlerContext) {
        setTimer(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        connection.markGone()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            if phase.state == .closing {
                context.close(promise: nil)
            } else if halfCloseMeansGone {
                connection.markGone()
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase.state != .closing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            phase.requestHead()
            connection.markHead()
            if head.headerFields[.expect]?.lowercased() == "100-continue" {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body: break
        case .end: phase.requestEnd()
        }
        setTimer(context)
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !(error is IOError), !(error is ChannelError) else {
            context.fireErrorCaught(error)
            return
        }
        // What is left comes from the decoders: the bytes are no request.
        let tooLong = (error as? HTTPParserError) == .headerOverflow
        endWith(
            NodeError(
                status: tooLong ? 431 : 400, code: tooLong ? "header_too_large" : "malformed_request",
                detail: tooLong
                    ? "The header fields are longer than \(limits.headerBytesMax) bytes together."
                    : "The request is not valid HTTP/1.1."),
            context)
    }

    // MARK: What goes out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard phase.state != .closing else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head) where head.status.kind != .informational:
            phase.responseHead(closes: head.headerFields[.connection]?.lowercased() == "close")
            context.write(data, promise: promise)
        case .end:
            phase.responseEnd()
            setTimer(context)
            let taken = promise ?? context.eventLoop.makePromise()
            taken.futureResult.assumeIsolated().whenComplete { _ in self.responseTaken(context) }
            context.write(data, promise: taken)
        case .head, .body:
            context.write(data, promise: promise)
        }
    }

    private func responseTaken(_ context: ChannelHandlerContext) {
        if phase.responseTaken() { linger(context) } else { setTimer(context) }
    }

    // MARK: Time

    private func setTimer(_ context: ChannelHandlerContext) {
        guard timedState != phase.state else { return }
        timer?.cancel()
        timedState = phase.state
        let amount: TimeAmount? =
            switch phase.state {
            case .idle: limits.idle
            case .receiving: limits.receive
            case .sending: limits.send
            case .answering, .closing: nil
            }
        timer = amount.map { amount in
            context.eventLoop.assumeIsolated().scheduleTask(in: amount) { self.timeUp(context) }
        }
    }

    private func timeUp(_ context: ChannelHandlerContext) {
        if phase.state == .receiving {
            let seconds = limits.receive.nanoseconds / 1_000_000_000
            endWith(
                NodeError(
                    status: 408, code: "request_timeout",
                    detail: "The request was not complete after \(seconds) seconds.", retryable: true),
                context)
        } else {
            context.close(promise: nil)
        }
    }

    // MARK: The end

    /// Answers in place of everybody else, then closes.
    private func endWith(_ error: NodeError, _ context: ChannelHandlerContext) {
        guard phase.mayStillAnswer else {
            context.close(promise: nil)
            return
        }
        phase.close()
        timer?.cancel()
        // What the client called it, if it did, was not read.
        let id = Identifier<Call>.new().description
        var error = error
        error.instance = "urn:clawrunner:request:\(id)"
        var (head, body) = error.response
        head.headerFields[.requestID] = id
        head.headerFields[.connection] = "close"
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in self.linger(context) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    /// Closes the sending side at once and the rest a little later, dropping what still comes: closing with unread
    /// bytes would reset the connection, and the client might never see the answer.
    private func linger(_ context: ChannelHandlerContext) {
        connection.markGone()
        context.close(mode: .output, promise: nil)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.linger) { context.close(promise: nil) }
    }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
