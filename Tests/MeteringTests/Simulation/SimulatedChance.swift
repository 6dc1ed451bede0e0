import Foundation
import MarketCore
import TestSupport

/// Where every choice of a simulation comes from.
struct SimulatedChance {
    private var generator: SeededGenerator
    private var lastID: UInt64 = 0
    /// What was drawn so far, in one number: two runs with the same one went the same way.
    private(set) var digest: UInt64 = 0

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func below(_ bound: Int) -> Int {
        let drawn = generator.next()
        digest = (digest ^ drawn) &* 0x0000_0100_0000_01b3 &+ UInt64(bound)
        return Int(drawn.multipliedFullWidth(by: UInt64(bound)).high)
    }

    mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }

    mutating func element<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// Identifiers are numbered: the system's own random ones would differ from run to run.
    mutating func id<Entity>() -> Identifier<Entity> {
        lastID += 1
        return Identifier(
            UUID(
                uuid: (
                    0x51, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, UInt8(truncatingIfNeeded: lastID >> 32),
                    UInt8(truncatingIfNeeded: lastID >> 24), UInt8(truncatingIfNeeded: lastID >> 16),
                    UInt8(truncatingIfNeeded: lastID >> 8), UInt8(truncatingIfNeeded: lastID)
                )))
    }
}
