import CLinux
internal import Fields
import Glibc
internal import NIOCore
internal import NIOPosix
import Synchronization

/// Connects one run to its declared destinations: accepts from the listeners inside its network namespace, checks the
/// rules, resolves, connects and relays. Everything of one run is on one event loop.
final class EgressRelay: Sendable {
    let destinations: [NetworkDestination]
    private let options: EgressOptions
    private let loop: any EventLoop
    private let state: Mutex<State>

    /// Not the threads of whoever embeds this: a run that sends much must not slow down others' requests.
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    /// Connections of all runs.
    private static let atOnce = Atomic<Int>(0)
    /// How long what a program sent before its end may take to go out.
    private static let drainMilliseconds: Int64 = 1000
    /// What the kernel holds of a connection, and the daemon when its sender has closed it.
    private static let bufferBytes: ChannelOptions.Types.SocketOption.Value = 256 << 10

    private struct State {
        var report: EgressReport
        var listeners: [any Channel] = []
        /// The same listeners, to see whether connections wait to be accepted.
        var descriptors: [Int32] = []
        /// Accepted, and not active yet.
        var arriving = 0
        var connections: [ObjectIdentifier: RelayConnection] = [:]
        /// By host: what was resolved first stays for the run.
        var resolved: [String: EventLoopFuture<[IPAddress]>] = [:]
        /// Done when the last lookup is: a run has one thread at a time, so that slow names hold up their own run.
        var lookup: EventLoopFuture<Void>?
        var connectionCount = 0
        var bytes: Int64 = 0
        /// Nothing is accepted any more.
        var closed = false
        var drained: EventLoopPromise<Void>?
    }

    init(_ destinations: [NetworkDestination], _ options: EgressOptions) {
        self.destinations = destinations
        self.options = options
        loop = Self.group.next()
        let report = EgressReport(
            rows: destinations.map { .init(destination: $0) }, connectionsMax: options.connectionsMax,
            bytesMax: options.bytesMax)
        state = Mutex(State(report: report))
    }

    // MARK: Beginning and end

    /// Takes over the run's listeners, in the order of its destinations.
    /// - Parameter descriptors: stay the caller's. None, where this process had none free.
    func listen(_ descriptors: [Int32]) {
        let kept = descriptors.map { clw_fcntl($0, F_DUPFD_CLOEXEC, 3) }
        state.withLock { $0.descriptors = kept }
        for index in destinations.indices {
            let descriptor = index < kept.count ? clw_fcntl(kept[index], F_DUPFD_CLOEXEC, 3) : -1
            // NIO takes no descriptor that is none.
            guard descriptor >= 0 else {
                refuse(index, .relayFailed, "this host's daemon has no descriptor left for the listener")
                continue
            }
            let bootstrap = ServerBootstrap(group: loop)
                .childChannelOption(.autoRead, value: false)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.socketOption(.so_rcvbuf), value: Self.bufferBytes)
                .childChannelInitializer { child in
                    self.state.withLock { $0.arriving += 1 }
                    return child.eventLoop.makeCompletedFuture {
                        try child.pipeline.syncOperations.addHandlers([
                            AcceptedHandler(relay: self, index: index), RelayEnd(),
                        ])
                    }
                }
            bootstrap.withBoundSocket(descriptor).whenComplete { result in
                switch result {
                case .success(let channel): self.keep(channel)
                case .failure(let error): self.refuse(index, .relayFailed, "the listener could not be used: \(error)")
                }
            }
        }
    }

    private func keep(_ listener: any Channel) {
        let closed = state.withLock { state in
            if !state.closed { state.listeners.append(listener) }
            return state.closed
        }
        if closed { listener.close(promise: nil) }
    }

    /// Ends everything and tells what was. When the program `ended` by itself, what it sent still goes out.
    func finish(ended: Bool) async -> EgressReport {
        if ended { await drain() }
        try? await close().get()
        return state.withLock { $0.report }
    }

    private func drain() async {
        let promise = loop.makePromise(of: Void.self)
        let timer = loop.scheduleTask(in: .milliseconds(Self.drainMilliseconds)) { promise.succeed() }
        loop.execute { self.drain(promise) }
        try? await promise.futureResult.get()
        timer.cancel()
    }

    /// Once everything that the program connected has been accepted.
    private func drain(_ promise: EventLoopPromise<Void>) {
        let (waiting, connections) = state.withLock { state in
            let waiting = !state.closed && (state.arriving > 0 || Self.canAccept(state.descriptors))
            if !waiting { state.drained = promise }
            return (waiting, Array(state.connections.values))
        }
        if waiting {
            loop.scheduleTask(in: .microseconds(200)) { self.drain(promise) }
            return
        }
        for connection in connections { connection.drain() }
        if connections.isEmpty { promise.succeed() }
    }

    private static func canAccept(_ listeners: [Int32]) -> Bool {
        var watched = listeners.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        return unsafe poll(&watched, nfds_t(watched.count), 0) > 0
    }

    private func close() -> EventLoopFuture<Void> {
        loop.submit { self.closeEverything() }
    }

    private func closeEverything() {
        stopListening()
        let connections = state.withLock { state in
            defer { state.connections = [:] }
            return Array(state.connections.values)
        }
        Self.atOnce.subtract(connections.count, ordering: .relaxed)
        for connection in connections { connection.reset() }
    }

    private func stopListening() {
        let listeners = state.withLock { state in
            state.closed = true
            for descriptor in state.descriptors where descriptor >= 0 { Glibc.close(descriptor) }
            defer { (state.listeners, state.descriptors) = ([], []) }
            return state.listeners
        }
        for listener in listeners { listener.close(promise: nil) }
    }

    // MARK: One connection, on the loop

    fileprivate func accepted(_ child: any Channel, _ index: Int) {
        let connection = RelayConnection(inside: child, loop: loop)
        let hasRoom = Self.atOnce.add(1, ordering: .relaxed).newValue <= options.connectionsAtOnceMax
        let (isAdmitted, isOver) = state.withLock { state in
            state.arriving -= 1
            let isOver = state.connectionCount >= options.connectionsMax
            guard !isOver, !state.closed, hasRoom else { return (false, isOver) }
            state.connectionCount += 1
            state.report.rows[index].connections += 1
            state.connections[ObjectIdentifier(connection)] = connection
            return (true, false)
        }
        guard isAdmitted else {
            Self.atOnce.subtract(1, ordering: .relaxed)
            if !hasRoom {
                refuse(index, .connectionsLimit, "the host has as many connections of skills at once as it may")
            } else if isOver {
                refuse(index, .connectionsLimit, "the run has had its \(options.connectionsMax) connections")
                // Further ones are refused by the kernel.
                stopListening()
            }
            connection.reset()
            return
        }
        child.closeFuture.whenComplete { _ in self.ended(connection) }
        let destination = destinations[index]
        let deadline = NIODeadline.now() + .milliseconds(options.connectMilliseconds)
        addresses(of: destination.host, deadline).flatMap { addresses in
            self.connect(self.permitted(addresses, destination.port), destination, deadline)
        }.whenComplete { result in
            switch result {
            case .success(let outside): self.join(connection, outside, index)
            case .failure(let error):
                let refusal = error as? RelayRefusal ?? RelayRefusal(.connectFailed, "\(error)")
                self.refuse(index, refusal.reason, refusal.detail)
                connection.reset()
            }
        }
    }

    private func ended(_ connection: RelayConnection) {
        // What the program sent may still be on its way out.
        guard connection.isOver else { return }
        let drained = state.withLock { state in
            if state.connections.removeValue(forKey: ObjectIdentifier(connection)) != nil {
                Self.atOnce.subtract(1, ordering: .relaxed)
            }
            return state.connections.isEmpty ? state.drained : nil
        }
        drained?.succeed()
    }

    private func join(_ connection: RelayConnection, _ outside: any Channel, _ index: Int) {
        outside.closeFuture.whenComplete { _ in self.ended(connection) }
        state.withLock { $0.report.rows[index].address = outside.remoteAddress.flatMap(Self.text) }
        let draining = state.withLock { $0.drained != nil }
        connection.join(
            outside, idleMilliseconds: options.idleMilliseconds, draining: draining,
            sent: { self.admit($0, index, \.bytesSent) }, received: { self.admit($0, index, \.bytesReceived) },
            idle: {
                self.refuse(
                    index, .idleTimeout,
                    "nothing moved for \(Units.describe(milliseconds: self.options.idleMilliseconds))")
            })
    }

    /// Counts bytes that are to pass; fewer than `count` where the run's limit is reached.
    private func admit(_ count: Int, _ index: Int, _ total: WritableKeyPath<EgressReport.Row, Int64>) -> Int {
        let allowed = state.withLock { state in
            let allowed = min(Int64(count), options.bytesMax - state.bytes)
            state.bytes += allowed
            state.report.rows[index][keyPath: total] += allowed
            return Int(allowed)
        }
        if allowed < count {
            refuse(
                index, .bytesLimit,
                "the run has sent and received its \(Units.describe(bytes: options.bytesMax))")
            // Not within a read of one of them.
            loop.execute { self.closeEverything() }
        }
        return allowed
    }

    private func refuse(_ index: Int, _ reason: EgressReport.Reason, _ detail: String) {
        state.withLock { $0.report.rows[index].refuse(reason, detail) }
    }

    private static func text(_ address: SocketAddress) -> String? {
        guard let port = address.port, let ip = address.ipAddress else { return nil }
        return IPAddress(ip)?.description(port: UInt16(clamping: port))
    }

    // MARK: Where to

    /// The addresses of a host, the same for the whole run.
    private func addresses(of host: String, _ deadline: NIODeadline) -> EventLoopFuture<[IPAddress]> {
        if let known = state.withLock({ $0.resolved[host] }) { return known }
        let found: EventLoopFuture<[IPAddress]>
        if let literal = IPAddress(host) {
            found = loop.makeSucceededFuture([literal])
        } else if let given = options.hosts[host] {
            found = loop.makeSucceededFuture(given)
        } else {
            found = lookUp(host)
        }
        let promise = loop.makePromise(of: [IPAddress].self)
        let timer = loop.scheduleTask(deadline: deadline) {
            promise.fail(RelayRefusal(.connectTimeout, "the name \(host) was not resolved in time"))
        }
        found.whenComplete { result in
            timer.cancel()
            switch result {
            case .success(let addresses) where !addresses.isEmpty: promise.succeed(addresses)
            case .success: promise.fail(RelayRefusal(.nameNotFound, "the name \(host) has no address"))
            case .failure(let error):
                let why = (error as? NameError)?.detail ?? "\(error)"
                promise.fail(RelayRefusal(.nameNotFound, "the name \(host) cannot be resolved: \(why)"))
            }
        }
        state.withLock { $0.resolved[host] = promise.futureResult }
        return promise.futureResult
    }

    /// After the run's other lookups.
    private func lookUp(_ host: String) -> EventLoopFuture<[IPAddress]> {
        let before = state.withLock { $0.lookup } ?? loop.makeSucceededVoidFuture()
        let found = before.flatMap { [loop, options] in
            self.state.withLock({ $0.closed })
                ? loop.makeFailedFuture(NameError("the run is over"))
                : ResolverThreads.shared.addresses(of: host, by: options.resolver, on: loop)
        }
        state.withLock { $0.lookup = found.map { _ in }.recover { _ in } }
        return found
    }

    /// Those that may be connected to, or why none of them may.
    private func permitted(_ addresses: [IPAddress], _ port: UInt16) -> Result<[IPAddress], RelayRefusal> {
        let permitted = addresses.filter { options.refusal($0, port: port) == nil }
        guard permitted.isEmpty, let first = addresses.first, let kind = options.refusal(first, port: port) else {
            return .success(permitted)
        }
        return .failure(
            RelayRefusal(
                .addressRefused,
                "the address \(first.description(port: port)) is refused, for it is "
                    + (kind == .own ? "this host's own" : "not public (\(kind.rawValue))")
                    + "; the operator may permit it in egress.privateAllowed"))
    }

    /// Tries one address after another.
    private func connect(
        _ addresses: Result<[IPAddress], RelayRefusal>, _ destination: NetworkDestination, _ deadline: NIODeadline
    ) -> EventLoopFuture<any Channel> {
        guard case .success(let addresses) = addresses, let address = addresses.first else {
            if case .failure(let refusal) = addresses { return loop.makeFailedFuture(refusal) }
            return loop.makeFailedFuture(RelayRefusal(.nameNotFound, "the name has no address"))
        }
        let left = deadline - .now()
        guard left > .nanoseconds(0) else {
            return loop.makeFailedFuture(RelayRefusal(.connectTimeout, "no address accepted in time"))
        }
        let place: SocketAddress
        do {
            place = try SocketAddress(
                packedIPAddress: ByteBuffer(bytes: address.bytes), port: Int(destination.port))
        } catch {
            return loop.makeFailedFuture(error)
        }
        // An address that does not answer leaves time for the next.
        let time = addresses.count > 1 ? .nanoseconds(left.nanoseconds / 2) : left
        return ClientBootstrap(group: loop).connectTimeout(time)
            .channelOption(.autoRead, value: false).channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.socketOption(.so_rcvbuf), value: Self.bufferBytes)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(RelayEnd()) }
            }
            .connect(to: place)
            .flatMapError { error in
                if addresses.count > 1 {
                    return self.connect(.success(Array(addresses.dropFirst())), destination, deadline)
                }
                let text = address.description(port: destination.port)
                if case .connectTimeout = error as? ChannelError {
                    return self.loop.makeFailedFuture(
                        RelayRefusal(.connectTimeout, "\(text) did not accept in time"))
                }
                let why = (error as? IOError).map { describe($0.errnoCode) } ?? "\(error)"
                return self.loop.makeFailedFuture(RelayRefusal(.connectFailed, "connecting to \(text): \(why)"))
            }
    }
}

/// Why a connection is not made.
struct RelayRefusal: Error {
    let reason: EgressReport.Reason
    let detail: String

    init(_ reason: EgressReport.Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}

/// Reports an accepted connection once it is active, and leaves.
private final class AcceptedHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let relay: EgressRelay
    private let index: Int

    init(relay: EgressRelay, index: Int) {
        self.relay = relay
        self.index = index
    }

    func channelActive(context: ChannelHandlerContext) {
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
        relay.accepted(context.channel, index)
    }
}
