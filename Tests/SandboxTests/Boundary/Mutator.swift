import TestSupport

/// Changes bytes as a fuzzer does, from a seed: the same seed gives the same bytes.
struct Mutator: RandomNumberGenerator {
    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func next() -> UInt64 { random.next() }

    /// One to four changes: a bit, a byte, a number at an edge, a cut, a copy, an insertion.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...Int.random(in: 0..<4, using: &self) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<6, using: &self) {
            case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 1: bytes[position] = UInt8.random(in: 0...255, using: &self)
            case 2:
                let edges: [UInt32] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 4096, 65_536]
                let edge = edges.randomElement(using: &self) ?? 0
                for (index, at) in (position..<min(position + 4, bytes.count)).enumerated() {
                    bytes[at] = UInt8(truncatingIfNeeded: edge >> (8 * UInt32(index)))
                }
            case 3: bytes.removeSubrange(position..<min(position + 1 + position % 9, bytes.count))
            case 4: bytes.insert(contentsOf: bytes[position..<min(position + 16, bytes.count)], at: position)
            default: bytes.insert(UInt8.random(in: 0...255, using: &self), at: position)
            }
        }
        return bytes
    }
}
