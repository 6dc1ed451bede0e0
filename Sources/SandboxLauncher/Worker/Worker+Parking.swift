import CLinux
import Glibc
import SandboxProtocol

/// A `park` message that waits for its turn, with the descriptors that came with it.
struct ParkOrder {
    let id: UInt64
    let park: Park
    let standardIO: [Int32]

    static let countMax = 256
    /// A sandbox that waits takes no more of ours, and a run must always find as many.
    static let descriptorsOfOne = 24
}

/// Sandboxes that are built ahead of their runs.
extension Worker {
    /// Takes a `park` message; the descriptors are its own from then on.
    func order(_ message: Message, _ fds: [Int32]) throws(LaunchError) {
        let park = try parse(.dispatch) { () throws(ProtocolError) in try Park(fields: message.fields) }
        guard fds.count == 3, slotOfRun[message.id] == nil, ordered.allSatisfy({ $0.id != message.id }),
            templates[park.launch.template] != nil
        else { throw LaunchError(stage: .dispatch, errno: EINVAL, subject: "park message") }
        let waiting = runs.values.count { $0.waiting != nil } + ordered.count
        guard ordered.count < ParkOrder.countMax,
            waiting * ParkOrder.descriptorsOfOne < Int(clamping: clw_open_files() / 2)
        else {
            throw LaunchError(stage: .dispatch, errno: EAGAIN, subject: "too many sandboxes are to be built")
        }
        ordered.append(ParkOrder(id: message.id, park: park, standardIO: fds))
    }

    /// The first of a kind of which none waits: the next run would have to build its own, which takes as long.
    var urgentOrder: Int? {
        ordered.firstIndex { order in
            !runs.values.contains { run in
                run.waiting.map { $0.start == order.park.start && $0.launch == order.park.launch } ?? false
            }
        }
    }

    func buildAhead() {
        let order = ordered.remove(at: urgentOrder ?? 0)
        defer { for fd in order.standardIO { close(fd) } }
        do throws(LaunchError) {
            // It may have been discarded meanwhile.
            guard let built = templates[order.park.launch.template] else {
                throw LaunchError(stage: .parked, errno: ENOENT, subject: "template")
            }
            try start(order.park.launch, order.park.start, order.id, built, order.standardIO)
        } catch {
            send(.failed, order.id, error.failure.fields)
        }
    }

    /// A sandbox that is not built yet is not wanted any more.
    func withdraw(_ id: UInt64) {
        guard let index = ordered.firstIndex(where: { $0.id == id }) else { return }
        for fd in ordered.remove(at: index).standardIO { close(fd) }
        send(.failed, id, Failure(stage: .parked, errno: ECANCELED).fields)
    }

    /// It waits for its run.
    func announce(_ run: Run) {
        let memory = run.cgroup?.memoryBytes() ?? 0
        // A sealed one does nothing by itself.
        if run.waiting?.start != .sealed { run.cgroup?.hold(memoryBytes: Waits.memoryBytes(memory)) }
        send(.parked, run.id, Parked(memoryBytes: memory).fields)
    }

    func dispatch(_ launch: Launch, _ id: UInt64, _ built: BuiltTemplate) throws(LaunchError) {
        guard let slot = slotOfRun[launch.parked], let run = runs[slot], run.canBegin else {
            throw LaunchError(stage: .parked, errno: ENOENT, subject: "waiting sandbox")
        }
        let parked = run.id
        let isProgram = run.waiting?.start == .program
        do throws(LaunchError) {
            try host.dispatch(launch, id: id, to: run, built: built)
        } catch {
            // Half of a run's may be in it already.
            run.kill(.cancelled)
            throw error
        }
        slotOfRun[parked] = nil
        slotOfRun[id] = slot
        if isProgram { send(.begun, id) }
    }
}
