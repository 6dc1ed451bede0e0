import Foundation

extension Harness {
    /// The pids of this machine's processes with a program of that name.
    static func processes(named name: String) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { pid in
            read("/proc/\(pid)/comm") == name
        }
    }

    /// The pids of probes that were started with this as their last argument, but those that wait for a run.
    static func probes(marked mark: String) throws -> [Int32] {
        try processes(named: "probe").filter {
            let arguments = read("/proc/\($0)/cmdline").split(separator: "\0")
            return arguments.last == Substring(mark) && !arguments.contains("await")
        }
    }

    /// The children of a process.
    static func children(of pid: Int32) -> [Int32] {
        read("/proc/\(pid)/task/\(pid)/children").split(separator: " ").compactMap { Int32($0) }
    }

    /// Waits until a probe of that mark runs; false when none does within ten seconds.
    static func awaitProbe(marked mark: String) async throws -> Bool {
        for _ in 0..<500 {
            if try !probes(marked: mark).isEmpty { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return false
    }

    /// The keepers that were started for a cgroup directory of that name.
    static func keepers(cgroupName: String) throws -> [Int32] {
        try launchers(cgroupName).filter { pid in try !launchers(cgroupName).contains(parent(of: pid)) }
    }

    /// Their workers: children of a keeper that have not become a sandbox's pid 1.
    static func workers(cgroupName: String) throws -> [Int32] {
        let keepers = try keepers(cgroupName: cgroupName)
        return try launchers(cgroupName).filter { keepers.contains(parent(of: $0)) }
    }

    private static func launchers(_ cgroupName: String) throws -> [Int32] {
        try processes(named: "claw-launcher").filter { pid in
            let state = read("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ").first
            return read("/proc/\(pid)/cmdline").split(separator: "\0").contains(Substring(cgroupName)) && state != "Z"
        }
    }

    private static func parent(of pid: Int32) -> Int32 {
        let fields = read("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 1 ? Int32(fields[1]) ?? 0 : 0
    }

    private static func read(_ path: String) -> String {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").trimmingCharacters(in: .newlines)
    }

    /// The cgroup directories of that name that exist on this machine.
    static func cgroups(_ name: String) -> [String] {
        let trees = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup")) ?? []
        return (trees.map { "/sys/fs/cgroup/\($0)/\(name)" } + ["/sys/fs/cgroup/\(name)"])
            .filter { FileManager.default.fileExists(atPath: $0) }
    }

    /// The names of the directories in one.
    static func directories(_ path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { name in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isDirectory)
                && isDirectory.boolValue
        }
    }
}
