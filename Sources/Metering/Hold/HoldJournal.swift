public import MarketCore
import Synchronization

/// The holds that are open, on disk, so that after a crash every run that was on its way gets its usage record.
///
/// A line is written when a hold opens. None is needed when it is settled, because its usage record says so; a void
/// writes one. The file is rewritten with only the open holds when it has grown.
public final class HoldJournal: Sendable {
    /// What a former process left behind.
    public struct Leftover: Sendable {
        /// Holds that were opened and not voided; some may be settled.
        public let holds: [Hold]
        /// Lines that could not be read: a write cut short by a crash, or damage.
        public let damagedLines: Int
        /// Where the file was kept as it was found: there is more damage in it than the last line that a crash cut short.
        public let keptAs: String?
    }

    private struct State: ~Copyable {
        var file: JournalFile
        var open: [SkillUsage.ID: [UInt8]]
        /// Bytes of all lines of ``open``.
        var openBytes: Int
        var leftover: Leftover
    }

    private let state: Mutex<State>
    private let rewriteBytes: Int

    /// Opens the journal at `path`, creating it with mode 0600, and reads what a former process left. Those holds stay
    /// in it until ``close(_:)``. A damaged file is kept beside it as `PATH.damaged-TIME`. It is rewritten when it exceeds `rewriteBytes` and most of it is no longer needed.
    public init(path: String, rewriteBytes: Int = 4_194_304) throws(JournalError) {
        let file = try JournalFile(path: path)
        let content = try file.contents()
        let (holds, damagedLines) = Self.read(content)
        var open: [SkillUsage.ID: [UInt8]] = [:]
        for hold in holds { open[hold.id] = JournalLine.hold(hold).bytes }
        let isTorn = content.last.map { $0 != UInt8(ascii: "\n") } ?? false
        var keptAs: String?
        if damagedLines > (isTorn ? 1 : 0) {
            let name = "\(path).damaged-\(Timestamp.now.milliseconds)"
            if file.keep(as: name) { keptAs = name }
        }
        // Rewritten at once: a torn tail must not swallow the next line.
        state = Mutex(
            State(
                file: try Self.rewrite(path, open), open: open, openBytes: open.values.reduce(0) { $0 + $1.count },
                leftover: Leftover(holds: holds, damagedLines: damagedLines, keptAs: keptAs)))
        self.rewriteBytes = rewriteBytes
    }

    /// Writes a hold down; when this returns, the hold survives the death of the process.
    public func open(_ hold: Hold) throws(JournalError) {
        let line = JournalLine.hold(hold).bytes
        try state.withLock { state throws(JournalError) in
            try state.file.append(line)
            let former = state.open.updateValue(line, forKey: hold.id)
            state.openBytes += line.count - (former?.count ?? 0)
        }
    }

    /// The hold has its usage record.
    public func close(_ id: SkillUsage.ID) {
        state.withLock { state in
            guard Self.forget(id, &state) else { return }
            rewriteIfWorthwhile(&state)
        }
    }

    /// The hold was dropped before anything ran: no record shall be made of it. Should the line not reach the disk, a
    /// crash leaves one record too many, at cost 0.
    public func void(_ id: SkillUsage.ID) {
        state.withLock { state in
            guard Self.forget(id, &state) else { return }
            try? state.file.append(JournalLine.void(id).bytes)
            rewriteIfWorthwhile(&state)
        }
    }

    /// What a former process left behind; nothing any more after ``dropLeftover()``.
    public var leftover: Leftover { state.withLock { $0.leftover } }

    /// Frees what ``leftover`` takes in memory. The file stays as it is.
    func dropLeftover() {
        state.withLock { $0.leftover = Leftover(holds: [], damagedLines: 0, keptAs: nil) }
    }

    /// Holds that are open now.
    public var openCount: Int { state.withLock { $0.open.count } }

    private static func forget(_ id: SkillUsage.ID, _ state: inout State) -> Bool {
        guard let line = state.open.removeValue(forKey: id) else { return false }
        state.openBytes -= line.count
        return true
    }

    /// When it fails the file stays as it is, and is tried again after the next hold.
    private func rewriteIfWorthwhile(_ state: inout State) {
        guard state.file.bytes > rewriteBytes, state.openBytes < state.file.bytes / 2,
            let file = try? Self.rewrite(state.file.path, state.open)
        else { return }
        state.file = file
    }

    private static func rewrite(
        _ path: String, _ open: [SkillUsage.ID: [UInt8]]
    ) throws(JournalError) -> JournalFile {
        let draft = path + ".new"
        var file = try JournalFile(path: draft, emptied: true)
        do throws(JournalError) {
            // In an order that is the same every time.
            try file.append(open.values.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 })
            try file.move(to: path)
        } catch {
            file.remove()
            throw error
        }
        // Not opened again by its path: should that fail, later holds would go to a file without a name.
        return file
    }

    private static func read(_ content: [UInt8]) -> (holds: [Hold], damagedLines: Int) {
        var holds: [Hold] = []
        var voided: Set<SkillUsage.ID> = []
        var damaged = 0
        for line in content.split(separator: UInt8(ascii: "\n")) {
            switch JournalLine(line) {
            case .hold(let hold): holds.append(hold)
            case .void(let id): voided.insert(id)
            case nil: damaged += 1
            }
        }
        return (holds.filter { !voided.contains($0.id) }, damaged)
    }
}
