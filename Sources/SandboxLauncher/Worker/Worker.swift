import CLinux
import Glibc
import SandboxProtocol

/// The privileged event loop: takes templates and launches from the daemon, watches what runs, and reports its end.
final class Worker {
    let host: WorkerHost
    /// No template may have fewer layers: a daemon that lies cannot turn the launcher's privileges into its own.
    private let floor: LayerSet
    private let epoll: Int32
    private let timer: Int32
    var templates: [UInt64: BuiltTemplate] = [:]
    /// By slot.
    var runs: [Int: Run] = [:]
    var slotOfRun: [UInt64: Int] = [:]
    private var slots: SlotPool
    /// Answered runs whose pid 1 waits to be let go: what the kernel does then is for when nobody waits.
    private var spent: [Run] = []
    private var cgroupsToRemove: [any Cgroup] = []
    /// Sandboxes to build ahead when there is nothing else to do.
    var ordered: [ParkOrder] = []
    private var buffer = [UInt8](repeating: 0, count: Message.headerBytes + Message.bytesMax)

    static let templatesMax = 256
    static let runsMax = 4096
    /// After so long without work there is time for what is left of former runs and for what is made ahead.
    private static let quietMilliseconds: Int32 = 2
    /// Without quiet, so many wait at most.
    private static let spentMax = 16

    /// After so many messages it is the sandboxes' turn.
    private static let messagesAtOnce = 64

    /// What an epoll event is about: the low byte, above it the slot.
    private enum Tag: UInt64 {
        case daemon = 1
        case timer, control, process, memory
        static func make(_ tag: Tag, _ slot: Int = 0) -> UInt64 { UInt64(slot) << 8 | tag.rawValue }
    }

    init(host: WorkerHost, floor: LayerSet) throws(LaunchError) {
        self.host = host
        self.floor = floor
        slots = SlotPool(countMax: min(Self.runsMax, host.identities.slots))
        epoll = try check(clw_epoll(), .launcher, "epoll")
        timer = try check(
            clw_timerfd(), .launcher, "timer")
        let readable = UInt32(CLW_POLL_IN)
        try check(clw_epoll_add(epoll, Descriptor.daemon, readable, Tag.make(.daemon)), .launcher)
        try check(clw_epoll_add(epoll, timer, readable, Tag.make(.timer)), .launcher)
    }

    /// Until the daemon closes its end.
    func serve() {
        var events = unsafe [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            armTimer()
            let wanted = host.spares.wanted && runs.values.allSatisfy { $0.waiting != nil }
            let patience = patience(wanted)
            let count = unsafe epoll_wait(epoll, &events, Int32(events.count), patience)
            if count == 0, !ordered.isEmpty {
                buildAhead()
            } else if count == 0, wanted {
                host.spares.prepare()
            }
            if count == 0 && patience != 0 || spent.count >= Self.spentMax { release() }
            for index in 0..<max(0, Int(count)) {
                let tag = unsafe clw_epoll_tag(&events[index])
                let slot = Int(tag >> 8)
                switch Tag(rawValue: tag & 0xff) {
                case .daemon: if !receiveAll() { return }
                case .timer: passTimer()
                case .control: if let run = runs[slot] { readReport(run) }
                case .process: if let run = runs[slot] { reap(run) }
                case .memory: runs[slot]?.passMemoryEvent()
                case nil: break
                }
            }
            cgroupsToRemove.removeAll { $0.remove() }
        }
    }

    /// Milliseconds without an event after which there is time for something else; -1 when there is nothing else.
    private func patience(_ wanted: Bool) -> Int32 {
        if urgentOrder != nil { return 0 }
        return wanted || !spent.isEmpty || !ordered.isEmpty ? Self.quietMilliseconds : -1
    }

    // MARK: From the daemon

    /// False when the daemon is gone.
    private func receiveAll() -> Bool {
        for _ in 0..<Self.messagesAtOnce {
            switch receive() {
            case .message: break
            case .nothing: return true
            case .gone: return false
            }
        }
        return true
    }

    private enum Reception { case message, nothing, gone }

    private func receive() -> Reception {
        var fds = [Int32](repeating: -1, count: Int(CLW_FDS_MAX))
        var fdCount: Int32 = 0
        let length = unsafe clw_receive(
            Descriptor.daemon, &buffer, buffer.count, &fds, &fdCount, Int32(CLW_MSG_DONTWAIT))
        if length == 0 { return .gone }
        if length < 0 { return errno == EAGAIN ? .nothing : errno == EINTR || errno == EMSGSIZE ? .message : .gone }
        // Without its descriptors a message fails by their number, with a reply.
        var arrived = Array(fds.prefix(Int(max(0, fdCount))))
        defer { for fd in arrived { close(fd) } }
        do {
            let message = try Message(parsing: buffer[..<length])
            handle(message, &arrived)
        } catch {
            note("message refused: \(error.what)")
        }
        return .message
    }

    /// Closes the descriptors afterwards that are left in `fds`.
    private func handle(_ message: Message, _ fds: inout [Int32]) {
        switch message.kind {
        case .template:
            addTemplate(message, fds)
        case .discardTemplate:
            templates.removeValue(forKey: message.id)?.discard()
        case .launch:
            do {
                try launch(message, fds)
            } catch {
                send(.failed, message.id, error.failure.fields)
            }
        case .park:
            do {
                try order(message, fds)
                // They wait with it.
                fds = []
            } catch {
                send(.failed, message.id, error.failure.fields)
            }
        case .kill:
            guard let reason = message.fields.first.flatMap(KillReason.init(rawValue:)) else { return }
            if let slot = slotOfRun[message.id] { runs[slot]?.kill(reason) } else { withdraw(message.id) }
        case .ping:
            send(.pong, message.id)
        default:
            note("message refused: \(message.kind) is for the daemon")
        }
    }

    private func addTemplate(_ message: Message, _ fds: [Int32]) {
        do throws(LaunchError) {
            guard fds.count == 1, templates[message.id] == nil, templates.count < Self.templatesMax else {
                throw LaunchError(stage: .template, errno: EINVAL, subject: "template message")
            }
            let template = try parse(.template) { () throws(ProtocolError) in try Template(fields: message.fields) }
            guard floor.isSubset(of: template.layers) else {
                throw LaunchError(stage: .template, errno: EPERM, subject: "layers")
            }
            templates[message.id] = try host.build(template, id: message.id, filter: fds[0])
            send(.templateReady, message.id)
        } catch {
            send(.templateFailed, message.id, error.failure.fields)
        }
    }

    func parse<Value>(
        _ stage: Stage, _ body: () throws(ProtocolError) -> Value
    ) throws(LaunchError) -> Value {
        do { return try body() } catch {
            throw LaunchError(stage: stage, errno: EBADMSG, subject: "\(error.what)")
        }
    }

    private func launch(_ message: Message, _ fds: [Int32]) throws(LaunchError) {
        let launch = try parse(.dispatch) { () throws(ProtocolError) in try Launch(fields: message.fields) }
        guard slotOfRun[message.id] == nil, let built = templates[launch.template] else {
            throw LaunchError(stage: .dispatch, errno: EINVAL, subject: "launch message")
        }
        if launch.parked != 0 { return try dispatch(launch, message.id, built) }
        try start(launch, nil, message.id, built, fds)
    }

    func start(
        _ launch: Launch, _ start: ParkedStart?, _ id: UInt64, _ built: BuiltTemplate, _ standardIO: [Int32]
    ) throws(LaunchError) {
        guard standardIO.count == 3 else {
            throw LaunchError(stage: .dispatch, errno: EINVAL, subject: "standard input, output and error")
        }
        guard let slot = slots.take() else {
            throw LaunchError(stage: .dispatch, errno: EAGAIN, subject: "too many runs at once")
        }
        do {
            let run = try host.start(
                launch, start: start, id: id, built: built, slot: slot, standardIO: standardIO)
            runs[slot] = run
            slotOfRun[run.id] = slot
            if !run.listeners.isEmpty { handOver(run) }
            watch(run)
        } catch {
            slots.give(back: slot)
            throw error
        }
    }

    /// Connections wait in the listeners' backlog until the daemon has them.
    private func handOver(_ run: Run) {
        if !send(.listening, run.id, descriptors: run.listeners) { run.kill(.cancelled) }
        for listener in run.listeners { close(listener) }
    }

    private func watch(_ run: Run) {
        let readable = UInt32(CLW_POLL_IN)
        _ = clw_epoll_add(epoll, run.control, readable, Tag.make(.control, run.slot))
        _ = clw_epoll_add(epoll, run.pidfd, readable, Tag.make(.process, run.slot))
        if let cgroup = run.cgroup, cgroup.memoryEvent >= 0 {
            _ = clw_epoll_add(epoll, cgroup.memoryEvent, cgroup.memoryEventMask, Tag.make(.memory, run.slot))
        }
    }

    // MARK: From the sandboxes

    private func readReport(_ run: Run) {
        guard run.control >= 0 else { return }
        if run.receiveAnnouncement() {
            run.waiting?.becomeReady()
            announce(run)
        }
        guard let packet = run.receivePacket() else { return }
        if let (report, denials, observation) = InitReport.parse(packet) {
            run.report = report
            run.denials = denials
            run.observation = observation
            answer(run)
        }
        _ = clw_epoll_remove(epoll, run.control)
        spent.append(run)
    }

    private func answer(_ run: Run) {
        guard run.state.answer() else { return }
        if let failure = run.report?.failure, run.state.killed == .none {
            send(.failed, run.id, failure.fields)
        } else {
            send(.ended, run.id, run.ended().fields)
        }
    }

    /// Lets every pid 1 go that has nothing left to do. Its death is an event of its own.
    private func release() {
        for run in spent { run.release() }
        spent = []
    }

    /// PID 1 is dead, and so is everything in its namespace.
    private func reap(_ run: Run) {
        var status: Int32 = 0
        guard unsafe clw_wait_pidfd(run.pidfd, WNOHANG, &status) > 0 else { return }
        // Only now: what it had to report, it sent before it died.
        readReport(run)
        answer(run)
        runs.removeValue(forKey: run.slot)
        slotOfRun.removeValue(forKey: run.id)
        slots.give(back: run.slot)
        spent.removeAll { $0 === run }
        run.release()
        close(run.pidfd)
        if let network = run.network { host.spares.giveBack(network) }
        if let cgroup = run.cgroup {
            if cgroup.memoryEvent >= 0 { _ = clw_epoll_remove(epoll, cgroup.memoryEvent) }
            if !cgroup.remove() { cgroupsToRemove.append(cgroup) }
        }
    }

    /// The daemon is gone: ends what runs and removes every trace of it.
    func end() {
        for run in runs.values { run.kill(.cancelled) }
        release()
        for _ in 0..<200 where !runs.isEmpty || !cgroupsToRemove.isEmpty {
            for run in runs.values { reap(run) }
            cgroupsToRemove.removeAll { $0.remove() }
            usleep(5000)
        }
        host.spares.end()
        host.cgroups?.removeAll()
    }

    // MARK: Time

    private func armTimer() {
        var next = runs.values.compactMap(\.nextLook).min() ?? 0
        if !cgroupsToRemove.isEmpty {
            let retry = clw_monotonic_ns() + 10_000_000
            next = next == 0 ? retry : min(next, retry)
        }
        _ = clw_timer_at(timer, next)
    }

    private func passTimer() {
        var expirations: UInt64 = 0
        _ = unsafe read(timer, &expirations, 8)
        let now = clw_monotonic_ns()
        for run in runs.values where run.passDeadlines(now: now, isAsleep: host.isAsleep) {
            announce(run)
        }
    }

    @discardableResult
    func send(_ kind: Message.Kind, _ id: UInt64, _ fields: [UInt8] = [], descriptors: [Int32] = []) -> Bool {
        let packet = Message(kind: kind, id: id, fields: fields).packet
        // Blocking: the daemon always reads, and a lost end would leave a request hanging.
        return unsafe clw_send(
            Descriptor.daemon, packet, packet.count, descriptors, Int32(descriptors.count), 0) == packet.count
    }
}
