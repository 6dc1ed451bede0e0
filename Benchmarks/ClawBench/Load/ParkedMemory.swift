import Foundation
import Sandbox

/// What a waiting native sandbox holds, by how much memory the machine has less with a hundred of them.
struct ParkedMemory {
    static let count = 100

    /// Bytes for each; nil where they could not all be built.
    static func measure(launcher: String, profiles: String, skill: String) async throws(BenchFailure) -> Int64? {
        let host: SandboxHost
        let profile: Profile?
        do {
            host = try SandboxHost(
                launcherPath: launcher,
                options: SandboxOptions(
                    cgroupName: "clawrunner-bench",
                    parking: ParkingOptions(countMax: 2 * count, memoryBytesMax: 1 << 40)))
            profile = try ProfileStore(directory: profiles).profile(named: "parked-many")
        } catch {
            throw BenchFailure("no sandbox host: \(error)")
        }
        guard let profile else { throw BenchFailure("the profile parked-many is not there") }
        let request = RunRequest(profile: profile, skillDirectory: skill, arguments: ["bin/answer"])
        // What the first of them loads is not the next one's.
        _ = await host.park(request, count: 4)
        try? await Task.sleep(for: .milliseconds(300))
        let before = available()
        let built = await host.park(request, count: count + 4)
        try? await Task.sleep(for: .milliseconds(300))
        let after = available()
        await host.shutdown()
        guard built, let before, let after else { return nil }
        return (before - after) / Int64(count)
    }

    /// Bytes, by the kernel's estimate.
    private static func available() -> Int64? {
        let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        return line?.split(separator: " ").compactMap { Int64($0) }.first.map { $0 * 1024 }
    }
}
