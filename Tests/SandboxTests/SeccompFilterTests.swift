import Glibc
import SandboxProtocol
import Testing

@testable import Sandbox

/// Runs a filter as the kernel does, for calls whose arguments are all zero.
private struct FilterMachine {
    private let filter: [UInt8]

    init(_ filter: [UInt8]) {
        self.filter = filter
    }

    var count: Int { filter.count / 8 }

    /// The filter's action for a call; nil for an instruction that no filter of ours has.
    func action(_ number: UInt32, arch: UInt32) -> UInt32? {
        var (place, accumulator) = (0, UInt32(0))
        while place < count {
            let code = UInt16(filter[place * 8]) | UInt16(filter[place * 8 + 1]) << 8
            let (yes, no) = (Int(filter[place * 8 + 2]), Int(filter[place * 8 + 3]))
            let operand = (0..<4).reduce(UInt32(0)) { $0 | UInt32(filter[place * 8 + 4 + $1]) << ($1 * 8) }
            place += 1
            switch code {
            case 0x20: accumulator = operand == 0 ? number : operand == 4 ? arch : 0
            case 0x05: place += Int(operand)
            case 0x15: place += accumulator == operand ? yes : no
            case 0x25: place += accumulator > operand ? yes : no
            case 0x35: place += accumulator >= operand ? yes : no
            case 0x45: place += accumulator & operand != 0 ? yes : no
            case 0x54: accumulator &= operand
            case 0x06: return operand
            default: return nil
            }
        }
        return nil
    }
}

@Suite("A compiled filter")
struct SeccompFilterTests {
    private static let allow: UInt32 = 0x7fff_0000
    private static let kill: UInt32 = 0x8000_0000
    private static let refuse = 0x0005_0000 | UInt32(Template.refusalMarker)

    /// AUDIT_ARCH_ of linux/audit.h.
    #if arch(x86_64)
        private let arch: UInt32 = 0xc000_003e
    #else
        private let arch: UInt32 = 0xc000_00b7
    #endif

    @Test("allows just the calls of its profile", arguments: ["default", "native", "python", "node", "strict"])
    func calls(_ name: String) throws {
        let policy = try Harness.profile(name).syscalls
        let machine = FilterMachine(try SeccompCompiler.compile(policy))
        for call in SeccompCompiler.knownNames {
            guard let number = SeccompCompiler.number(of: call) else { continue }
            let action = try #require(machine.action(number, arch: arch), "\(call)")
            if let grant = policy.calls[call], grant.isWhole, SyscallNarrowing.treatment(of: call) == .whole {
                #expect(action == Self.allow, "\(call)")
            } else if policy.calls[call] == nil, call != "clone3" {
                #expect(action == Self.refuse, "\(call)")
            }
            #expect(machine.action(number, arch: 0x4000_0003) == Self.kill, "\(call) of the 32-bit table")
            #expect(machine.action(number | 0x4000_0000, arch: arch) == Self.kill, "\(call) of x32")
        }
        #expect(machine.action(1000, arch: arch) == 0x0005_0000 | UInt32(ENOSYS))
        // Longer ones take longer to install, at every run.
        #expect(machine.count < 330)
    }

    @Test("finds every set of numbers by ranges")
    func ranges() throws {
        var random = SystemRandomNumberGenerator()
        for size in [1, 2, 3, 10, 100, 240] {
            let numbers = Set((0..<size).map { _ in UInt32.random(in: 0..<500, using: &random) })
            guard let tree = SyscallTree.instructions(allowing: numbers, arch: 7) else {
                #expect(size > 100, "\(numbers)")
                continue
            }
            let machine = FilterMachine(tree + FilterInstruction.give(Self.kill).encoded)
            for number in UInt32(0)..<510 {
                let expected = numbers.contains(number) ? Self.allow : Self.kill
                #expect(machine.action(number, arch: 7) == expected, "\(number) of \(numbers)")
            }
            #expect(machine.action(numbers.first ?? 0, arch: 8) == Self.kill)
        }
        #expect(SyscallTree.instructions(allowing: [], arch: 7) == [])
    }
}
