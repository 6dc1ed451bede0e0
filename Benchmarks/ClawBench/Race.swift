import CLinux
import Glibc

/// Rounds in which every contender is measured once, in random order, so that whatever else the machine does meets all
/// of them alike.
struct Race {
    let rounds: Int
    let warmUp: Int
    let secondsMax: Int
    let pauseMilliseconds: Int

    /// One series for each contender, in their order.
    func run(_ contenders: [any Contender]) throws(BenchFailure) -> [Series] {
        var series = contenders.map { Series(name: $0.name) }
        // The same order in every run of the same contenders.
        var order = SplitMix(state: 2026)
        for round in 0..<warmUp { try measure(contenders, round, &order) { _, _ in } }
        let end = clw_monotonic_ns() + Int64(secondsMax) * 1_000_000_000
        for round in 0..<rounds where clw_monotonic_ns() < end {
            try measure(contenders, round, &order) { index, nanoseconds in
                series[index].add(nanoseconds)
            }
        }
        return series
    }

    private func measure(
        _ contenders: [any Contender], _ round: Int, _ order: inout SplitMix, _ take: (Int, Int64) -> Void
    ) throws(BenchFailure) {
        for index in contenders.indices.shuffled(using: &order) where round % contenders[index].every == 0 {
            // What follows a run, such as the kernel's clearing of namespaces, is not the next one's to pay.
            if pauseMilliseconds > 0 { usleep(UInt32(pauseMilliseconds) * 1000) }
            try Interrupt.check()
            take(index, try contenders[index].measure())
            if contenders[index].aftermathMilliseconds > 0 {
                usleep(UInt32(contenders[index].aftermathMilliseconds) * 1000)
            }
        }
    }
}

/// One of the things that are compared.
protocol Contender: AnyObject {
    /// As the report calls it, such as `bare.forkexec`.
    var name: String { get }
    /// It takes part in every so many rounds.
    var every: Int { get }
    /// What it leaves to be done in the background, such as the start of the next interpreter, takes so long and is not
    /// the next contender's to pay.
    var aftermathMilliseconds: Int { get }
    /// Does it once.
    /// - Returns: nanoseconds.
    /// - Throws: when it did not do what it should have; then its time means nothing.
    func measure() throws(BenchFailure) -> Int64
}

extension Contender {
    var aftermathMilliseconds: Int { 0 }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
