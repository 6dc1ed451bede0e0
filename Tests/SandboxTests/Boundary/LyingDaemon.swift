import CLinux
import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

/// Speaks to a launcher directly, and says what it likes.
final class LyingDaemon {
    let launcher: LauncherProcess
    /// Those that work on this host.
    let layers: LayerSet
    private var nextID: UInt64 = 1

    init(_ cgroupName: String) throws {
        launcher = try LauncherProcess.start(path: Harness.products + "/claw-launcher", arguments: [cgroupName])
        var size: Int32 = 4 << 20
        setsockopt(launcher.socket, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        let (hello, worker) = try launcher.awaitHello(milliseconds: 20_000)
        close(worker)
        layers = HostReport(hello).missing.keys.reduce(.all) { $0.removing($1) }
    }

    func newID() -> UInt64 {
        nextID += 1
        return nextID
    }

    @discardableResult
    func send(_ packet: [UInt8], _ fds: [Int32] = []) -> Bool {
        clw_send(launcher.socket, packet, packet.count, fds, Int32(fds.count), 0) == packet.count
    }

    @discardableResult
    func send(_ kind: Message.Kind, _ id: UInt64, _ fields: [UInt8] = [], _ fds: [Int32] = []) -> Bool {
        send(Message(kind: kind, id: id, fields: fields).packet, fds)
    }

    /// The next message; nil when none comes in time, or the launcher is gone.
    func receive(milliseconds: Int32 = 10_000) throws -> Message? {
        var watched = pollfd(fd: launcher.socket, events: Int16(POLLIN), revents: 0)
        guard poll(&watched, 1, milliseconds) == 1 else { return nil }
        var packet = [UInt8](repeating: 0, count: Message.headerBytes + Message.bytesMax)
        var fds = [Int32](repeating: -1, count: Int(CLW_FDS_MAX))
        var count: Int32 = 0
        let length = clw_receive(launcher.socket, &packet, packet.count, &fds, &count, 0)
        for fd in fds.prefix(Int(max(0, count))) { close(fd) }
        guard length > 0 else { return nil }
        return try Message(parsing: packet[..<length])
    }

    /// What the launcher says of `id`, past everything else.
    func answer(_ id: UInt64, milliseconds: Int32 = 10_000) throws -> Message.Kind? {
        while let message = try receive(milliseconds: milliseconds) {
            if message.id == id { return message.kind }
        }
        return nil
    }

    /// The launcher still turns, and did not die in between.
    func expectAlive(_ what: String, _ place: SourceLocation = #_sourceLocation) throws {
        let id = newID()
        send(.ping, id)
        while let message = try receive() {
            #expect(message.kind != .hello, "\(what): the worker died", sourceLocation: place)
            if message.kind == .pong, message.id == id { return }
        }
        Issue.record("\(what): the launcher is silent", sourceLocation: place)
    }

    func end() {
        close(launcher.socket)
        var status: Int32 = 0
        waitpid(launcher.pid, &status, 0)
    }

    // MARK: Honest parts

    static let limits = RunLimits(
        wallMilliseconds: 5000, cpuMilliseconds: 5000, cpuPercent: 100, memoryBytes: 64 << 20, pidsMax: 8,
        tmpBytes: 1 << 20, fileSizeBytes: 1 << 20, openFiles: 64)

    func template() throws -> CompiledTemplate {
        let profile = try Harness.profile()
        return CompiledTemplate(
            template: TemplateBuilder.template(profile, layers: layers, runtimesDirectory: nil),
            filter: try SeccompCompiler.compile(profile.syscalls))
    }

    static func launch(_ template: UInt64, _ arguments: [String]) throws -> Launch {
        Launch(
            template: template, limits: limits, skillPath: try Harness.skill, programs: ["/skill/probe"],
            arguments: ["probe"] + arguments, environment: [])
    }

    /// A template that the launcher has accepted.
    func honestTemplate() throws -> UInt64 {
        let compiled = try template()
        let filter = try compiled.filterDescriptor()
        defer { close(filter) }
        let id = newID()
        send(.template, id, compiled.template.fields, [filter])
        #expect(try answer(id) == .templateReady)
        return id
    }

    /// Runs the probe honestly; nil when no `ended` came.
    func honestRun(_ template: UInt64) throws -> Ended? {
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        let id = newID()
        send(.launch, id, try Self.launch(template, ["exit", "7"]).fields, [null, null, null])
        while let message = try receive() {
            guard message.id == id else { continue }
            return message.kind == .ended ? try Ended(fields: message.fields) : nil
        }
        return nil
    }
}
