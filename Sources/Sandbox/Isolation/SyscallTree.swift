/// The calls that a filter allows whatever their arguments, as a search by ranges of numbers: fewer instructions than
/// a comparison for each call, and the kernel's work to install a filter is proportional to them.
///
/// What it does not allow goes on to the instructions that follow. Source: seccomp(2), linux/filter.h.
enum SyscallTree {
    private enum Code {
        static let load: UInt16 = 0x20
        static let jumpIfEqual: UInt16 = 0x15
        static let jumpIfAtLeast: UInt16 = 0x35
        static let give: UInt16 = 0x06
    }

    private static let allow: UInt32 = 0x7fff_0000
    /// Offsets in struct seccomp_data.
    private static let numberOffset: UInt32 = 0
    private static let archOffset: UInt32 = 4
    /// A conditional jump leaves out so many instructions at most.
    private static let jumpMax = 255

    /// Where a comparison leads.
    private enum Target {
        case node(Int)
        case allow, pass
    }

    private struct Node {
        let boundary: UInt32
        let atLeast: Target
        let below: Target
    }

    /// Nil when the numbers are so scattered that a jump would be too long.
    /// - Parameter arch: the table (AUDIT_ARCH_) that the numbers are of.
    static func instructions(allowing numbers: Set<UInt32>, arch: UInt32) -> [UInt8]? {
        // From each boundary on, up to the next, calls are allowed or are not, in turn: the first range is allowed.
        let boundaries = Set(numbers.flatMap { [$0, $0 + 1] })
            .filter { numbers.contains($0) != ($0 > 0 && numbers.contains($0 - 1)) }.sorted()
        guard !boundaries.isEmpty else { return [] }
        var nodes: [Node?] = []
        // The ranges from `low` to `high`; range 0 lies below the first boundary.
        func build(_ low: Int, _ high: Int) -> Target {
            guard low < high else { return low % 2 == 1 ? .allow : .pass }
            let place = nodes.count
            nodes.append(nil)
            let middle = (low + high + 1) / 2
            let below = build(low, middle - 1)
            let atLeast = build(middle, high)
            nodes[place] = Node(boundary: boundaries[middle - 1], atLeast: atLeast, below: below)
            return .node(place)
        }
        _ = build(0, boundaries.count)
        let search = nodes.compactMap { $0 }
        // Behind the comparisons stands "allow", and behind that whatever follows.
        guard search.count + 2 <= jumpMax else { return nil }
        func jump(_ target: Target, from place: Int) -> UInt8 {
            switch target {
            case .node(let index): UInt8(index - place - 1)
            case .allow: UInt8(search.count - place - 1)
            case .pass: UInt8(search.count - place)
            }
        }
        return instruction(Code.load, 0, 0, archOffset)
            + instruction(Code.jumpIfEqual, 0, UInt8(search.count + 2), arch)
            + instruction(Code.load, 0, 0, numberOffset)
            + search.enumerated().flatMap { place, node in
                instruction(
                    Code.jumpIfAtLeast, jump(node.atLeast, from: place), jump(node.below, from: place), node.boundary)
            } + instruction(Code.give, 0, 0, allow)
    }

    /// struct sock_filter of linux/filter.h.
    static func instruction(_ code: UInt16, _ yes: UInt8, _ no: UInt8, _ operand: UInt32) -> [UInt8] {
        let low = UInt8(truncatingIfNeeded: code)
        return [low, UInt8(code >> 8), yes, no] + (0..<4).map { UInt8(truncatingIfNeeded: operand >> ($0 * 8)) }
    }
}
