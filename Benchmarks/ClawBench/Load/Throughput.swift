import CLinux
import Foundation
import Synchronization

/// Execute requests one after another on several connections at once.
struct Throughput {
    struct Result {
        let connections: Int
        let ok: Int
        let failed: Int
        let seconds: Double
        let latencies: Summary?

        var perSecond: Double { Double(ok) / seconds }
    }

    /// After which a run of it ends.
    let seconds: Double

    func run(_ connections: Int, _ socket: String, _ license: Market.License) throws(BenchFailure) -> Result {
        let request = ExecuteContender.request(license)
        let taken = Mutex<(latencies: [Int64], failed: Int)>(([], 0))
        let begun = clw_monotonic_ns()
        let end = begun + Int64(seconds * 1e9)
        let threads = (0..<connections).map { _ in
            Thread {
                var own: (latencies: [Int64], failed: Int) = ([], 0)
                while clw_monotonic_ns() < end {
                    guard let connection = try? HTTPConnection(socket: socket) else {
                        own.failed += 1
                        continue
                    }
                    while clw_monotonic_ns() < end {
                        guard let answer = try? connection.exchange(request), answer.status == 200 else {
                            own.failed += 1
                            break
                        }
                        own.latencies.append(answer.nanoseconds)
                    }
                }
                taken.withLock { all in
                    all.latencies += own.latencies
                    all.failed += own.failed
                }
            }
        }
        for thread in threads { thread.start() }
        while threads.contains(where: { !$0.isFinished }) {
            usleep(10_000)
            try Interrupt.check()
        }
        let elapsed = Double(clw_monotonic_ns() - begun) / 1e9
        var series = Series(name: "throughput.native.c\(connections)")
        let (latencies, failed) = taken.withLock { $0 }
        for latency in latencies { series.add(latency) }
        return Result(
            connections: connections, ok: latencies.count, failed: failed, seconds: elapsed, latencies: series.summary)
    }
}
