import SandboxProtocol
import Testing

@Suite("Messages of the launcher's socket")
struct ProtocolTests {
    static let limits = RunLimits(
        wallMilliseconds: 1, cpuMilliseconds: 2, cpuPercent: 3, memoryBytes: 4, pidsMax: 5, tmpBytes: 6,
        fileSizeBytes: 7, openFiles: 8)
    static let launch = Launch(
        template: 9, limits: limits, skillPath: "/a", programs: ["/b"], arguments: ["c", ""], environment: ["D=e"],
        destinations: [Destination(host: "a.example", port: 443), Destination(host: "8.8.8.8", port: 53)])
    static let template = Template(
        layers: .all, hostname: "h",
        entries: [
            RootEntry(.directory, "/etc"), RootEntry(.file, "/etc/x", content: [1, 2]),
            RootEntry(.bind, "/usr", source: "/usr", optional: true, noExec: true),
            RootEntry(.scratch, "/tmp", inodesMax: 7),
        ], landlock: [LandlockRule("/usr", [.read, .execute])], refusal: 1)

    @Test("come back as they were sent")
    func roundTrip() throws {
        #expect(try Launch(fields: Self.launch.fields[...]) == Self.launch)
        #expect(try Template(fields: Self.template.fields[...]) == Self.template)
        let hello = Hello(
            generation: 3, kernel: "6.1", landlockABI: 2, cgroupVersion: 1, rootless: true,
            probes: [.init(layer: .memory, errno: 13, stage: .cgroupCreate, detail: "why")])
        #expect(try Hello(fields: hello.fields[...]) == hello)
        var ended = Ended(status: -1, statusKnown: true, killed: .memory)
        ended.cpuMicroseconds = .max
        ended.times.reaped = -5
        ended.denials = [.init(arch: 1, number: -2, count: 3)]
        ended.denialsNamed = true
        #expect(try Ended(fields: ended.fields[...]) == ended)
        let failure = Failure(stage: .exec, errno: 2, subject: "x")
        #expect(try Failure(fields: failure.fields[...]) == failure)
        let message = Message(kind: .launch, id: .max, fields: [1, 2, 3])
        let parsed = try Message(parsing: message.packet[...])
        #expect(parsed.kind == .launch && parsed.id == .max && Array(parsed.fields) == [1, 2, 3])
    }

    @Test("that are cut anywhere are refused")
    func truncated() {
        for fields in [Self.launch.fields, Self.template.fields] {
            for length in 0..<fields.count {
                #expect(throws: ProtocolError.self) { _ = try Launch(fields: fields[..<length]) }
            }
        }
        let packet = Message(kind: .launch, id: 1, fields: Self.launch.fields).packet
        for length in 0..<packet.count {
            #expect(throws: ProtocolError.self) { _ = try Message(parsing: packet[..<length]) }
        }
    }

    @Test("with something after their end, of another version, or of no kind are refused")
    func wrong() {
        #expect(throws: ProtocolError.self) { _ = try Launch(fields: (Self.launch.fields + [0])[...]) }
        var packet = Message(kind: .kill, id: 1).packet
        packet[0] = 99
        #expect(throws: ProtocolError.self) { _ = try Message(parsing: packet[...]) }
        packet = Message(kind: .kill, id: 1).packet
        packet[2] = 200
        #expect(throws: ProtocolError.self) { _ = try Message(parsing: packet[...]) }
    }

    @Test("that claim more than there is do not allocate for it")
    func lies() {
        var writer = ByteWriter()
        writer.integer(UInt32.max)
        var reader = ByteReader(writer.bytes[...])
        #expect(throws: ProtocolError.self) { _ = try reader.blob() }
        var list = ByteReader(writer.bytes[...])
        #expect(throws: ProtocolError.self) {
            _ = try list.list(max: 100) { (reader) throws(ProtocolError) in try reader.string() }
        }
    }

    @Test("with a path that is relative or climbs are refused", arguments: ["x", "", "/a/../b", "/a//b", "/..", "/."])
    func paths(_ path: String) {
        var template = Self.template
        template.entries = [RootEntry(.directory, path)]
        #expect(throws: ProtocolError.self) { _ = try Template(fields: template.fields[...]) }
    }

    @Test("with a limit of nothing, or beyond counting, are refused", arguments: [0, UInt64.max, 1 << 53])
    func limits(_ value: UInt64) {
        var launch = Self.launch
        launch.limits.memoryBytes = value
        #expect(throws: ProtocolError.self) { _ = try Launch(fields: launch.fields[...]) }
    }

    @Test(
        "with a destination that would not stay in its line, or is nobody's address, are refused",
        arguments: ["", "a b", "a\n127.0.0.1 b", "A", "a#b", "localhost", "0.0.0.0", "224.0.0.1", "127.77.0.1"])
    func destinations(_ host: String) {
        var launch = Self.launch
        launch.destinations = [Destination(host: host, port: 1)]
        #expect(throws: ProtocolError.self) { _ = try Launch(fields: launch.fields[...]) }
        launch.destinations = [Destination(host: "a", port: 0)]
        #expect(throws: ProtocolError.self) { _ = try Launch(fields: launch.fields[...]) }
        launch.destinations = (0..<17).map { Destination(host: "a", port: $0 + 1) }
        #expect(throws: ProtocolError.self) { _ = try Launch(fields: launch.fields[...]) }
    }

    @Test("give each named host one address, whatever its ports, and leave addresses as they are")
    func addresses() {
        let destinations = [("a", 1), ("b", 1), ("a", 2), ("9.8.7.6", 1)].map { Destination(host: $0.0, port: $0.1) }
        let addresses = Destination.addresses(of: destinations).map(\.description)
        #expect(addresses == ["127.77.0.1", "127.77.0.2", "127.77.0.1", "9.8.7.6"])
        let text = String(decoding: Destination.hostsFile(of: destinations), as: UTF8.self)
        #expect(text == "127.0.0.1 localhost\n127.77.0.1 a\n127.77.0.2 b\n")
    }

    @Test("of random bytes never trap", arguments: 0..<8)
    func random(_ seed: UInt64) {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        func next() -> UInt8 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 32)
        }
        for _ in 0..<2000 {
            var bytes = Self.launch.fields
            for _ in 0..<4 { bytes[Int(next()) % bytes.count] = next() }
            _ = try? Launch(fields: bytes[...])
            var other = Self.template.fields
            for _ in 0..<4 { other[Int(next()) % other.count] = next() }
            _ = try? Template(fields: other[...])
            _ = try? Message(parsing: (0..<32).map { _ in next() }[...])
        }
    }
}
