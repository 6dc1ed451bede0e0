import Foundation

/// What this machine shows of processes and cgroups.
enum Machine {
    private static func read(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func names(_ directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }

    /// Pids whose command line has `argument` as one of its words.
    static func processes(with argument: String) -> [Int32] {
        names("/proc").compactMap { Int32($0) }.filter {
            read("/proc/\($0)/cmdline").split(separator: "\0").contains(Substring(argument))
        }
    }

    static func children(of pid: Int32) -> [Int32] {
        names("/proc/\(pid)/task").flatMap {
            read("/proc/\(pid)/task/\($0)/children").split(separator: " ").compactMap { Int32($0) }
        }
    }

    /// The cgroup directories of that name in every tree.
    static func cgroups(_ name: String) -> [String] {
        (names("/sys/fs/cgroup").map { "/sys/fs/cgroup/\($0)/\(name)" } + ["/sys/fs/cgroup/\(name)"])
            .filter { FileManager.default.fileExists(atPath: $0) }
    }

    /// The names of the directories in one.
    static func directories(in path: String) -> [String] {
        names(path).filter { name in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isDirectory)
                && isDirectory.boolValue
        }
    }

    static func grandchildren(in path: String) -> [String] {
        directories(in: path).flatMap { child in directories(in: "\(path)/\(child)").map { "\(path)/\(child)/\($0)" } }
    }
}
