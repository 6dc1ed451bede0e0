internal import SandboxProtocol

/// The calls that a filter allows whatever their arguments, as a search by ranges of numbers: fewer instructions than
/// a comparison for each call, and the kernel's work to install a filter is proportional to them.
///
/// What it does not allow goes on to the instructions that follow. Source: seccomp(2), linux/filter.h.
enum SyscallTree {
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
        let comparisons = search.enumerated().map { place, node in
            FilterInstruction.ifAtLeast(
                node.boundary, jump(node.atLeast, from: place), else: jump(node.below, from: place))
        }
        let begin: [FilterInstruction] = [
            .load(FilterInstruction.Field.arch), .ifEqual(arch, 0, else: UInt8(search.count + 2)),
            .load(FilterInstruction.Field.number),
        ]
        return (begin + comparisons + [.give(FilterInstruction.Action.allow)]).encoded
    }
}
