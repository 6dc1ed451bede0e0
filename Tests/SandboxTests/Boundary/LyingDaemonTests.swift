import CLinux
import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

@Suite("The launcher, to a daemon that lies", .serialized, .timeLimit(.minutes(5)))
struct LyingDaemonTests {
    /// Tells lies, and then wants an honest run from the same worker.
    private func after(_ name: String, _ lies: (LyingDaemon) throws -> Void) throws {
        let daemon = try LyingDaemon("clawrunner-lies")
        defer { daemon.end() }
        try lies(daemon)
        try daemon.expectAlive(name)
        let template = try daemon.honestTemplate()
        let ended = try daemon.honestRun(template)
        #expect(ended?.status == 7 << 8, "\(name): no honest run afterwards: \(String(describing: ended))")
    }

    @Test("refuses other versions, wrong lengths, unknown kinds and kinds that are its own")
    func frames() throws {
        try after("frames") { daemon in
            let honest = Message(kind: .kill, id: 1, fields: [4]).packet
            daemon.send([0])
            for position in 0..<Message.headerBytes {
                for value: UInt8 in [0, 1, 0x7f, 0x80, 0xff] {
                    var packet = honest
                    packet[position] = value
                    daemon.send(packet)
                }
            }
            for length in 1..<honest.count { daemon.send(Array(honest.prefix(length))) }
            daemon.send(honest + [0])
            daemon.send([UInt8](repeating: 0xff, count: Message.headerBytes + Message.bytesMax))
            daemon.send([UInt8](repeating: 0x01, count: Message.headerBytes + Message.bytesMax + 4096))
            for kind in [Message.Kind.hello, .templateReady, .templateFailed, .ended, .failed, .pong] {
                daemon.send(kind, 1, [1, 2, 3])
            }
        }
    }

    /// Descriptors that are no pipe and no filter.
    private func oddDescriptors() throws -> [Int32] {
        var pair: [Int32] = [-1, -1]
        #expect(clw_socketpair(&pair) == 0)
        return [
            open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), open("/dev/null", O_RDWR | O_CLOEXEC), clw_epoll(),
            clw_eventfd(), open("/etc/hostname", Int32(CLW_O_PATH) | O_CLOEXEC), pair[0], pair[1],
            open("/proc/self/mem", O_RDWR | O_CLOEXEC), clw_timerfd(),
            open("/dev/full", O_RDWR | O_CLOEXEC), clw_memfd_create("empty", UInt32(CLW_MFD_CLOEXEC)),
            // Not every host has each of these files.
        ].filter { $0 >= 0 }
    }

    @Test("refuses what is no filter, and takes no harm from one that the kernel refuses")
    func filters() throws {
        try after("filters") { daemon in
            let template = try daemon.template().template
            let odd = try oddDescriptors()
            defer { for fd in odd { close(fd) } }
            for fd in odd {
                let id = daemon.newID()
                daemon.send(.template, id, template.fields, [fd])
                #expect(try daemon.answer(id) == .templateFailed)
            }
            // Instructions that no kernel takes, too many of them, half of one.
            for bytes in [[UInt8](repeating: 0xff, count: 64), [UInt8](repeating: 0, count: 8 * 5000), [6, 0, 0]] {
                let id = daemon.newID()
                let filter = try CompiledTemplate(template: template, filter: bytes).filterDescriptor()
                defer { close(filter) }
                daemon.send(.template, id, template.fields, [filter])
                guard try daemon.answer(id) == .templateReady else { continue }
                let run = daemon.newID()
                daemon.send(.launch, run, try LyingDaemon.launch(id, ["exit", "0"]).fields, [odd[1], odd[1], odd[1]])
                #expect(try daemon.answer(run) == .failed)
            }
        }
    }

    @Test("runs a program on descriptors of any kind, or refuses, but neither hangs nor dies")
    func standardDescriptors() throws {
        try after("descriptors") { daemon in
            let template = try daemon.honestTemplate()
            let odd = try oddDescriptors()
            defer { for fd in odd { close(fd) } }
            let fields = try LyingDaemon.launch(template, ["exit", "0"]).fields
            for fd in odd {
                let id = daemon.newID()
                daemon.send(.launch, id, fields, [fd, fd, fd])
                let answer = try daemon.answer(id)
                #expect(answer == .ended || answer == .failed)
            }
            for count in [0, 1, 2, 4, 16] {
                let id = daemon.newID()
                daemon.send(.launch, id, fields, [Int32](repeating: odd[1], count: count))
                #expect(try daemon.answer(id) == .failed, "\(count) descriptors")
            }
            for kind in [Message.Kind.kill, .discardTemplate, .ping] {
                daemon.send(kind, 99, [1], [Int32](repeating: odd[0], count: 16))
            }
        }
    }

    @Test("refuses a template that leaves out a layer, climbs, is a device of another kind, or comes twice")
    func templates() throws {
        try after("templates") { daemon in
            let compiled = try daemon.template()
            let filter = try compiled.filterDescriptor()
            defer { close(filter) }
            func refuse(_ what: String, _ change: (inout Template) -> Void) throws {
                var template = compiled.template
                change(&template)
                let id = daemon.newID()
                daemon.send(.template, id, template.fields, [filter])
                #expect(try daemon.answer(id) == .templateFailed, "\(what)")
            }
            for layer in [Layer.seccomp, .landlock, .capabilities, .userNamespace, .root, .identity, .mountNamespace]
            where daemon.layers.contains(layer) {
                try refuse(layer.name) { $0.layers = $0.layers.removing(layer) }
            }
            try refuse("no layer") { $0.layers = [] }
            for path in ["/../x", "/a/../../x", "x", "/./x", "//x", "/"] {
                try refuse(path) { $0.entries.append(RootEntry(.directory, path)) }
            }
            try refuse("a parent that is a link") { template in
                template.entries += [
                    RootEntry(.symlink, "/link", source: "/host/etc"), RootEntry(.file, "/link/x", content: [1]),
                ]
            }
            for source in ["/etc/hostname", "/dev/fuse", "/dev/kmsg", "/dev/tty", "/dev/mem"] {
                try refuse("\(source) as a device") { $0.entries.append(RootEntry(.device, "/dev/x", source: source)) }
            }
            try refuse("a source that is not there") {
                $0.entries.append(RootEntry(.bind, "/x", source: "/nonexistent"))
            }
            try refuse("a source through a magic link") {
                $0.entries.append(RootEntry(.bind, "/x", source: "/proc/self/root"))
            }
            try refuse("an entry twice") { $0.entries.append(RootEntry(.directory, "/usr")) }
            try refuse("a file larger than the tree") {
                $0.entries.append(RootEntry(.file, "/big", content: [UInt8](repeating: 0, count: 120_000)))
                for number in 0..<2 {
                    $0.entries.append(RootEntry(.file, "/no/parent\(number)"))
                }
            }
            let id = try daemon.honestTemplate()
            daemon.send(.template, id, compiled.template.fields, [filter])
            #expect(try daemon.answer(id) == .templateFailed, "an id that is taken")
            for _ in 0..<2 { daemon.send(.discardTemplate, id) }
            daemon.send(.discardTemplate, .max)
        }
    }

    @Test("keeps no more templates than it has room for")
    func manyTemplates() throws {
        try after("many templates") { daemon in
            let compiled = try daemon.template()
            let filter = try compiled.filterDescriptor()
            defer { close(filter) }
            var ready: [UInt64] = []
            var refused = 0
            for _ in 0..<270 {
                let id = daemon.newID()
                daemon.send(.template, id, compiled.template.fields, [filter])
                if try daemon.answer(id) == .templateReady { ready.append(id) } else { refused += 1 }
            }
            #expect(ready.count == 256 && refused == 14)
            for id in ready { daemon.send(.discardTemplate, id) }
        }
    }

    @Test("refuses launches of templates that it does not have, without a program, with absurd limits")
    func launches() throws {
        try after("launches") { daemon in
            let template = try daemon.honestTemplate()
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            defer { close(null) }
            func refuse(_ what: String, _ change: (inout Launch) -> Void) throws {
                var launch = try LyingDaemon.launch(template, ["exit", "0"])
                change(&launch)
                let id = daemon.newID()
                daemon.send(.launch, id, launch.fields, [null, null, null])
                #expect(try daemon.answer(id) == .failed, "\(what)")
            }
            try refuse("an unknown template") { $0.template = 4711 }
            try refuse("no program") { $0.programs = [] }
            try refuse("a hundred programs") { $0.programs = [String](repeating: "/x", count: 100) }
            try refuse("a program that is not there") { $0.programs = ["/nonexistent"] }
            try refuse("a program that is a directory") { $0.programs = ["/usr"] }
            try refuse("a package that is not there") { $0.skillPath = "/nonexistent" }
            try refuse("a package that is a file") { $0.skillPath = "/etc/passwd" }
            try refuse("a package through a magic link") { $0.skillPath = "/proc/self/root/usr" }
            for value in [0, 1 << 53, UInt64.max] {
                try refuse("memory \(value)") { $0.limits.memoryBytes = value }
                try refuse("wall \(value)") { $0.limits.wallMilliseconds = value }
                try refuse("pids \(value)") { $0.limits.pidsMax = value }
            }
            let hosts = [
                "", "a b", "a\nb", "A", "localhost", "x/../y", "0.0.0.0", "255.255.255.255", "224.0.0.1", "127.77.0.1",
                String(repeating: "a", count: 300),
            ]
            for host in hosts {
                try refuse("the destination \(host)") { $0.destinations = [Destination(host: host, port: 25)] }
            }
            try refuse("port 0") { $0.destinations = [Destination(host: "a", port: 0)] }
            try refuse("a destination twice") {
                $0.destinations = [Destination](repeating: Destination(host: "a", port: 25), count: 2)
            }
            try refuse("seventeen destinations") {
                $0.destinations = (1...17).map { Destination(host: "a", port: $0) }
            }
            // Within what can be counted, but beyond every machine: refused by the kernel, or harmless.
            for value: UInt64 in [1, 1 << 52] {
                var launch = try LyingDaemon.launch(template, ["exit", "0"])
                launch.limits.memoryBytes = value
                launch.limits.tmpBytes = value
                launch.limits.openFiles = value
                launch.limits.pidsMax = value
                launch.limits.cpuPercent = min(value, 1_000_000)
                let id = daemon.newID()
                daemon.send(.launch, id, launch.fields, [null, null, null])
                #expect(try daemon.answer(id) != nil, "\(value)")
            }
        }
    }

    @Test("answers an id once, though it is launched twice, killed a thousand times and for no reason")
    func kills() throws {
        try after("kills") { daemon in
            let template = try daemon.honestTemplate()
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            defer { close(null) }
            let id = daemon.newID()
            let fields = try LyingDaemon.launch(template, ["sleep", "30"]).fields
            daemon.send(.launch, id, fields, [null, null, null])
            daemon.send(.launch, id, fields, [null, null, null])
            #expect(try daemon.answer(id) == .failed, "the second of its id")
            for reason in 0..<UInt8.max { daemon.send(.kill, id, [reason]) }
            daemon.send(.kill, id)
            #expect(try daemon.answer(id) == .ended)
            for _ in 0..<2000 { daemon.send(.kill, id, [KillReason.cancelled.rawValue]) }
            for other: UInt64 in 5000..<7000 { daemon.send(.kill, other, [1]) }
            #expect(try daemon.answer(id, milliseconds: 300) == nil, "answered twice")
        }
    }

    @Test("that floods it with mutations of every message lets it live, and changes nothing")
    func mutations() throws {
        try after("mutations") { daemon in
            let template = try daemon.honestTemplate()
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            defer { close(null) }
            var mutator = Mutator(seed: 0x1a57)
            let launch = Message(
                kind: .launch, id: 900, fields: try LyingDaemon.launch(template, ["exit", "0"]).fields
            ).packet
            let made = Message(kind: .template, id: 901, fields: try daemon.template().template.fields).packet
            for round in 0..<400 {
                let bytes = mutator.mutate(round % 2 == 0 ? launch : made)
                daemon.send(bytes, [[], [null], [null, null, null]][round % 3])
            }
        }
    }

    @Test("ends with its sandboxes when the daemon goes in the middle of everything")
    func gone() throws {
        let daemon = try LyingDaemon("clawrunner-lies-gone")
        let template = try daemon.honestTemplate()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        let fields = try LyingDaemon.launch(template, ["sleep", "30", "lies-gone"]).fields
        for _ in 0..<100 { daemon.send(.launch, daemon.newID(), fields, [null, null, null]) }
        daemon.send(Array(Message(kind: .launch, id: 1, fields: fields).packet.prefix(100)))
        close(null)
        daemon.end()
        #expect(try Harness.probes(marked: "lies-gone").isEmpty)
        #expect(Harness.cgroups("clawrunner-lies-gone").isEmpty)
    }

    @Test("parks and takes nothing that is not what was agreed, and is not filled up")
    func parking() throws {
        try after("parking") { daemon in
            let template = try daemon.honestTemplate()
            let null = open("/dev/null", O_RDWR | O_CLOEXEC)
            defer { close(null) }
            let honest = try LyingDaemon.launch(template, ["exit", "7"])
            var waiting = honest
            (waiting.skillPath, waiting.programs, waiting.arguments) = ("", [], [])

            // A run for a sandbox that never was, and one that waits for another template or with descriptors too few.
            var launch = honest
            launch.parked = 4711
            let lost = daemon.newID()
            daemon.send(.launch, lost, launch.fields)
            #expect(try daemon.answer(lost) == .failed)
            let short = daemon.newID()
            daemon.send(.park, short, Park(.sealed, waiting).fields, [null])
            #expect(try daemon.answer(short) == .failed)
            var elsewhere = waiting
            elsewhere.template = 999
            let nowhere = daemon.newID()
            daemon.send(.park, nowhere, Park(.sealed, elsewhere).fields, [null, null, null])
            #expect(try daemon.answer(nowhere) == .failed)

            // One sandbox, two runs: the second finds nobody, and so does a second park of the same number.
            let parked = daemon.newID()
            daemon.send(.park, parked, Park(.sealed, waiting).fields, [null, null, null])
            #expect(try daemon.answer(parked) == .parked)
            daemon.send(.park, parked, Park(.sealed, waiting).fields, [null, null, null])
            #expect(try daemon.answer(parked) == .failed)
            launch.parked = parked
            let (first, second) = (daemon.newID(), daemon.newID())
            daemon.send(.launch, first, launch.fields)
            daemon.send(.launch, second, launch.fields)
            var ends: [UInt64: Message.Kind] = [:]
            while ends.count < 2, let message = try daemon.receive() {
                if message.id == first || message.id == second { ends[message.id] = message.kind }
            }
            #expect(ends == [first: .ended, second: .failed])

            // More than it takes.
            var refused = 0
            let ids = (0..<300).map { _ in daemon.newID() }
            for id in ids {
                daemon.send(.park, id, Park(.sealed, waiting).fields, [null, null, null])
            }
            for id in ids { daemon.send(.kill, id, [KillReason.cancelled.rawValue]) }
            var answered: Set<UInt64> = []
            while answered.count < ids.count, let message = try daemon.receive() {
                if message.kind == .failed || message.kind == .ended, ids.contains(message.id) {
                    answered.insert(message.id)
                }
                if message.kind == .failed { refused += 1 }
            }
            #expect(answered.count == ids.count && refused > 0)
        }
    }
}
