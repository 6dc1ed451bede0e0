import CLinux
import Glibc
internal import SandboxProtocol
import Synchronization

/// One thread that owns the launcher's socket and the pipes of every run. Callers on any thread start and kill runs;
/// nothing here blocks them.
final class Reactor: Sendable {
    struct State: ~Copyable {
        var runs: [UInt64: ActiveRun] = [:]
        var hostReport: HostReport
        var templates = TemplateTable()
        var launcherGone = false
        var stopping = false
        var watch: LauncherWatch
        /// A pidfd of the launcher's worker; -1 when it sent none.
        var worker: Int32
        var pool: ParkedPool
        /// Nothing is built ahead.
        var memoryIsShort = false
        /// The pool's timer is armed.
        var parkingWatched = false
    }

    private let socket: Int32
    private let epoll: Int32
    private let wake: Int32
    /// Tells when to look whether the launcher is silent.
    let watchTimer: Int32
    /// Tells when to look at the sandboxes that wait.
    let parkingTimer: Int32
    private let nextID = Atomic<UInt64>(2)
    private let outbox = Outbox()
    let state: Mutex<State>

    private static let launcherTag = UInt64.max
    private static let wakeTag = UInt64.max - 1
    private static let watchTag = UInt64.max - 2
    private static let outboxTag = UInt64.max - 3
    private static let parkingTag = UInt64.max - 4

    deinit {
        // Only now: until the last caller is gone, the numbers must not become another file's.
        let worker = state.withLock { $0.worker }
        for fd in [socket, epoll, wake, watchTimer, parkingTimer, worker] where fd >= 0 { close(fd) }
    }

    init(
        launcher: LauncherProcess, hello: Hello, worker: Int32, times: LauncherWatch.Times, parking: ParkingOptions
    ) throws(SandboxError) {
        socket = launcher.socket
        epoll = clw_epoll()
        wake = clw_eventfd()
        watchTimer = clw_timerfd()
        parkingTimer = clw_timerfd()
        state = Mutex(
            State(
                hostReport: HostReport(hello), watch: LauncherWatch(times: times), worker: worker,
                pool: ParkedPool(options: parking)))
        guard epoll >= 0, wake >= 0, watchTimer >= 0, parkingTimer >= 0, outbox.timer >= 0 else {
            throw SandboxError(code: .launcher, detail: "no epoll, eventfd or timer: \(describe(clw_errno()))")
        }
        var size: Int32 = 4 << 20
        _ = unsafe setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        _ = clw_epoll_add(epoll, socket, UInt32(CLW_POLL_IN), Self.launcherTag)
        _ = clw_epoll_add(epoll, wake, UInt32(CLW_POLL_IN), Self.wakeTag)
        _ = clw_epoll_add(epoll, watchTimer, UInt32(CLW_POLL_IN), Self.watchTag)
        _ = clw_epoll_add(epoll, parkingTimer, UInt32(CLW_POLL_IN), Self.parkingTag)
        _ = clw_epoll_add(epoll, outbox.timer, UInt32(CLW_POLL_IN), Self.outboxTag)
        try startThread()
    }

    var hostReport: HostReport { state.withLock { $0.hostReport } }
    var runCount: Int { state.withLock { $0.runs.count } }

    // MARK: Callers

    func newID() -> UInt64 { nextID.add(1, ordering: .relaxed).newValue }

    /// The template of a profile, sent to the launcher when it does not have it. `make` compiles it on the caller's
    /// thread.
    func template(
        _ key: TemplateTable.Key, _ make: () throws(SandboxError) -> CompiledTemplate
    ) throws(SandboxError) -> UInt64 {
        if let id = state.withLock({ $0.templates.use(key) }) { return id }
        let compiled = try make()
        let filter = try compiled.filterDescriptor()
        defer { close(filter) }
        return try state.withLock { (state) throws(SandboxError) in
            if let id = state.templates.use(key) { return id }
            let (id, discarded) = state.templates.add(key)
            for old in discarded {
                for parked in state.pool.drain(template: old) { kill(parked, .cancelled) }
                post(Message(kind: .discardTemplate, id: old))
            }
            guard send(.template, id, compiled.template.fields, [filter]) else {
                state.templates.forget(id)
                throw SandboxError(code: .launcher, detail: "the launcher takes no more messages; try again")
            }
            return id
        }
    }

    /// Starts a run. `run.end` is called exactly once, on the reactor's thread or before this returns.
    /// - Returns: whether the launcher was told of it.
    func start(_ run: ActiveRun, _ launch: Launch) -> Bool {
        let fields = launch.fields
        let problem: RunEnd? = state.withLock { state in
            guard !state.launcherGone, !state.stopping else { return .lost }
            // Until it is heard again: what is sent now would wait for nobody.
            guard !state.watch.isSilent else { return .silent }
            // Its template went with a worker that died since the run was made ready.
            guard state.templates.knows(launch.template) else { return .lost }
            guard send(.launch, run.id, fields, launch.parked == 0 ? run.childEnds : []) else {
                return .failed(Failure(stage: .dispatch, errno: EAGAIN, subject: "launcher"))
            }
            // While the reading end is surely open, so that no SIGPIPE can come.
            if !run.inputWaits { giveInput(run) }
            run.closeChildEnds()
            state.runs[run.id] = run
            watch(&state, run)
            for stream in [ActiveRun.Stream.output, .error] {
                _ = clw_epoll_add(epoll, run.descriptor(stream), UInt32(CLW_POLL_IN), run.id << 2 | stream.rawValue)
            }
            return nil
        }
        if let problem {
            // Nobody else knows of it any more.
            if launch.parked != 0 { kill(launch.parked, .cancelled) }
            run.end(problem)
        }
        return problem == nil
    }

    private func giveInput(_ run: ActiveRun) {
        guard !run.writeInput() else { return }
        _ = clw_epoll_add(epoll, run.descriptor(.input), UInt32(CLW_POLL_OUT), run.id << 2)
    }

    /// Harmless for a run that is over.
    func kill(_ id: UInt64, _ reason: KillReason) {
        post(Message(kind: .kill, id: id, fields: [reason.rawValue]))
    }

    /// Ends every run as cancelled, and lets the launcher go.
    func stop() {
        let ids = state.withLock { state in
            state.stopping = true
            return Array(state.runs.keys)
        }
        for id in ids { kill(id, .cancelled) }
        var one: UInt64 = 1
        _ = unsafe write(wake, &one, 8)
    }

    func send(_ kind: Message.Kind, _ id: UInt64, _ fields: [UInt8], _ fds: [Int32]) -> Bool {
        guard fields.count <= Message.bytesMax else { return false }
        return trySend(Message(kind: kind, id: id, fields: fields), fds) == 0
    }

    /// 0, or the errno.
    private func trySend(_ message: Message, _ fds: [Int32] = []) -> Int32 {
        let packet = message.packet
        let sent = unsafe clw_send(socket, packet, packet.count, fds, Int32(fds.count), Int32(CLW_MSG_DONTWAIT))
        return sent == packet.count ? 0 : clw_errno()
    }

    /// Sends now, or later when the socket is full.
    func post(_ message: Message) {
        if trySend(message) == EAGAIN { outbox.add(message) }
    }

    // MARK: The thread

    private func startThread() throws(SandboxError) {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(self).toOpaque()
        let error = unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                let reactor = unsafe Unmanaged<Reactor>.fromOpaque(context).takeRetainedValue()
                // A program that closes its standard input early must not end the daemon.
                var pipe = sigset_t()
                unsafe sigemptyset(&pipe)
                unsafe sigaddset(&pipe, SIGPIPE)
                unsafe pthread_sigmask(SIG_BLOCK, &pipe, nil)
                _ = clw_lend_thread(Int32(CLW_LEND_ALWAYS))
                reactor.loop()
                return nil
            }, context)
        guard error == 0 else {
            throw SandboxError(code: .launcher, detail: "no thread for the reactor: \(describe(error))")
        }
        pthread_detach(thread)
    }

    private func loop() {
        var events = unsafe [epoll_event](repeating: epoll_event(), count: 128)
        var buffer = [UInt8](repeating: 0, count: 128 * 1024)
        var packet = [UInt8](repeating: 0, count: Message.headerBytes + Message.bytesMax)
        while true {
            let count = unsafe epoll_wait(epoll, &events, Int32(events.count), -1)
            for index in 0..<max(0, Int(count)) {
                switch unsafe clw_epoll_tag(&events[index]) {
                case Self.launcherTag: receive(&packet, &buffer)
                case Self.wakeTag:
                    var count: UInt64 = 0
                    _ = unsafe read(wake, &count, 8)
                case Self.watchTag:
                    // First what is there already: this process may itself have been stopped.
                    receive(&packet, &buffer)
                    lookAtLauncher()
                case Self.parkingTag: lookAtParked()
                case Self.outboxTag: outbox.flush { trySend($0) != EAGAIN }
                case let tag: pass(tag, &buffer)
                }
            }
            let over = state.withLock { $0.launcherGone || $0.stopping && $0.runs.isEmpty }
            if over { break }
        }
        for var sandbox in state.withLock({ $0.pool.forgetAll() }) { sandbox.pipes.close() }
        // End of file for the launcher, which then ends.
        Glibc.shutdown(socket, Int32(SHUT_RDWR))
    }

    private func pass(_ tag: UInt64, _ buffer: inout [UInt8]) {
        state.withLock { state in
            guard let run = state.runs[tag >> 2], let stream = ActiveRun.Stream(rawValue: tag & 3) else { return }
            switch stream {
            case .input:
                _ = run.writeInput()
            case .output, .error:
                if run.read(stream, &buffer) { return run.closeStream(stream) }
                if run.isOver {
                    // Nothing more is read: the rest of a flood is the kernel's to drop.
                    run.closeStream(.output)
                    run.closeStream(.error)
                    kill(run.id, .output)
                }
            }
        }
    }

    private func receive(_ packet: inout [UInt8], _ buffer: inout [UInt8]) {
        while true {
            var fds = [Int32](repeating: -1, count: Int(CLW_FDS_MAX))
            var fdCount: Int32 = 0
            let length = unsafe clw_receive(socket, &packet, packet.count, &fds, &fdCount, Int32(CLW_MSG_DONTWAIT))
            if length < 0, errno == EAGAIN || errno == EINTR { return }
            let arrived = Array(fds.prefix(Int(max(0, fdCount))))
            defer { for fd in arrived { close(fd) } }
            guard length > 0 else { return launcherGone() }
            do {
                let message = try Message(parsing: packet[..<length])
                state.withLock { $0.watch.heard(now: clw_monotonic_ns()) }
                try handle(message, arrived, &buffer)
            } catch {
                // A launcher of another build; nothing it says can be trusted.
                return launcherGone()
            }
        }
    }

    private func handle(_ message: Message, _ fds: [Int32], _ buffer: inout [UInt8]) throws(ProtocolError) {
        switch message.kind {
        case .listening:
            // A run that was given up may still be answered.
            guard let run = state.withLock({ $0.runs[message.id] }) else { return }
            // Without them when none was free here: that is the run's loss, not the launcher's.
            guard let egress = run.egress, fds.isEmpty || egress.destinations.count == fds.count else {
                throw ProtocolError("listeners without destinations")
            }
            egress.listen(fds)
        case .hello: try newWorker(message, fds.first ?? -1)
        case .ended:
            let ended = try Ended(fields: message.fields)
            guard let run = remove(message.id) else { return try parkedEnded(message) }
            for stream in [ActiveRun.Stream.output, .error] { _ = run.read(stream, &buffer) }
            run.end(.ended(ended, run.captured))
            refill()
        case .failed:
            let failure = try Failure(fields: message.fields)
            guard let run = remove(message.id) else { return try parkedEnded(message) }
            run.end(.failed(failure))
        case .parked: try parked(message)
        case .begun:
            state.withLock { state in
                if let run = state.runs[message.id], run.inputWaits { giveInput(run) }
            }
        case .templateFailed:
            state.withLock { $0.templates.forget(message.id) }
        case .templateReady, .pong: break
        default: throw ProtocolError("a message for the launcher")
        }
    }

    /// The worker died and another took its place: its runs and templates are gone.
    private func newWorker(_ message: Message, _ pidfd: Int32) throws(ProtocolError) {
        let hello = try Hello(fields: message.fields)
        loseRuns { state in
            state.hostReport = HostReport(hello)
            state.templates.forgetAll()
            for var sandbox in state.pool.forgetAll() { sandbox.pipes.close() }
            if state.worker >= 0 { close(state.worker) }
            state.worker = pidfd < 0 ? -1 : clw_fcntl(pidfd, F_DUPFD_CLOEXEC, 0)
        }
    }

    func remove(_ id: UInt64) -> ActiveRun? {
        state.withLock { state in
            state.watch.end(id)
            return state.runs.removeValue(forKey: id)
        }
    }

    private func launcherGone() {
        loseRuns { state in
            state.launcherGone = true
            for var sandbox in state.pool.forgetAll() { sandbox.pipes.close() }
        }
    }

    func loseRuns(_ end: RunEnd = .lost, _ change: (inout State) -> Void) {
        let lost = state.withLock { state in
            change(&state)
            let lost = Array(state.runs.values)
            for run in lost { state.watch.end(run.id) }
            state.runs = [:]
            return lost
        }
        for run in lost { run.end(end) }
    }
}
