import HummingbirdCore
import Logging
import MarketCore
import Metering
import NIOCore
import NIOHTTPTypes

/// hummingbird's HTTP/1.1 channel with a ``ConnectionGuard`` in it. Who answers a request finds its connection in
/// ``Connection/current``.
struct GuardedChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let http: HTTP1Channel.Value
        let connection: Connection

        var channel: any Channel { http.channel }
    }

    private let http: HTTP1Channel
    private let limits: ConnectionLimits

    init(responder: @escaping HTTPChannelHandler.Responder, limits: ConnectionLimits) {
        http = HTTP1Channel(
            responder: responder,
            configuration: HTTP1Channel.Configuration(
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.headerBytesMax, maxHeaderListSize: limits.headerBytesMax,
                    maxHeaderFieldCount: 100)))
        self.limits = limits
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let limits = limits
        return http.setup(channel: channel, logger: logger).flatMapThrowing { http in
            let isUnix = channel.localAddress?.protocol == .unix
            let connection = Connection(
                executor: LoopExecutor(channel.eventLoop),
                address: isUnix ? nil : ClientAddress(peer: channel.remoteAddress),
                origin: isUnix ? .unixSocket : CallOrigin(peer: channel.remoteAddress))
            let pipeline = channel.pipeline.syncOperations
            let state = try pipeline.handler(type: HTTPConnectionStateHandler.self)
            try pipeline.addHandler(
                ConnectionGuard(connection: connection, limits: limits, halfCloseMeansGone: !isUnix),
                position: .before(state))
            return Value(http: http, connection: connection)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(value.connection.executor) {
            await Connection.$current.withValue(value.connection) {
                await http.handle(value: value.http, logger: logger)
            }
        }
    }
}
