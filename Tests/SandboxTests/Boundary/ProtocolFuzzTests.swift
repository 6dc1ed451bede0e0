import SandboxProtocol
import Testing

@Suite("Mutated messages", .timeLimit(.minutes(5)))
struct ProtocolFuzzTests {
    static let hello = Hello(
        generation: 3, kernel: "6.1", landlockABI: 2, cgroupVersion: 1, rootless: true,
        probes: [.init(layer: .memory, errno: 13, stage: .cgroupCreate, detail: "why")])
    static let ended: Ended = {
        var ended = Ended(status: 9, statusKnown: true, killed: .cpu)
        ended.denials = [.init(arch: 0xc000_003e, number: 1, count: 2), .init(arch: 1, number: -2, count: 3)]
        return ended
    }()

    /// 100,000 mutations of one message; `parse` gives the bytes of what it understood, or nil.
    private func fuzz(
        _ fields: [UInt8], seed: UInt64, _ parse: ([UInt8]) -> [UInt8]?, _ place: SourceLocation = #_sourceLocation
    ) {
        var mutator = Mutator(seed: seed)
        var understood = 0
        for _ in 0..<100_000 {
            guard let bytes = parse(mutator.mutate(fields)) else { continue }
            understood += 1
            // Parse, serialise, parse: the same.
            if parse(bytes) != bytes {
                Issue.record("not stable: \(bytes)", sourceLocation: place)
                return
            }
        }
        // A fuzz test whose every message is refused at once shows nothing.
        #expect(understood > 100, sourceLocation: place)
    }

    @Test("of a frame never trap, and what parses is stable")
    func frames() {
        fuzz(Message(kind: .launch, id: 77, fields: [1, 2, 3]).packet, seed: 1) { bytes in
            (try? Message(parsing: bytes[...]))?.packet
        }
    }

    @Test("of a launch never trap, and what parses is stable")
    func launches() {
        fuzz(ProtocolTests.launch.fields, seed: 2) { (try? Launch(fields: $0[...]))?.fields }
    }

    @Test("of a sandbox to be parked never trap, and what parses is stable")
    func parks() {
        var launch = ProtocolTests.launch
        launch.destinations = []
        fuzz(Park(.program, launch).fields, seed: 7) { (try? Park(fields: $0[...]))?.fields }
        fuzz(Parked(memoryBytes: 77).fields, seed: 8) { (try? Parked(fields: $0[...]))?.fields }
    }

    @Test("of a template never trap, and what parses is stable")
    func templates() {
        fuzz(ProtocolTests.template.fields, seed: 3) { (try? Template(fields: $0[...]))?.fields }
    }

    @Test("of a greeting never trap, and what parses is stable")
    func greetings() {
        fuzz(Self.hello.fields, seed: 4) { (try? Hello(fields: $0[...]))?.fields }
    }

    @Test("of an end never trap, and what parses is stable")
    func ends() {
        fuzz(Self.ended.fields, seed: 5) { (try? Ended(fields: $0[...]))?.fields }
    }

    @Test("of a failure never trap, and what parses is stable")
    func failures() {
        fuzz(Failure(stage: .exec, errno: 2, subject: "subject").fields, seed: 6) {
            (try? Failure(fields: $0[...]))?.fields
        }
    }
}
