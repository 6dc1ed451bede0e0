import Fields
import Foundation
import MarketCore

/// Where the numbers were taken.
struct Machine {
    let processor: String
    let cores: Int
    let kernel: String
    let memoryBytes: Int64
    /// How the processor's frequency is chosen; nil where the host does not say.
    let governor: String?
    /// Processes that wanted to run in the minute before: a quiet machine has less than one.
    let load: Double
    /// Of the daemon's data.
    let filesystem: String
    let date: String
    let versions: [(name: String, version: String)]

    init(folder: String, versions: [(name: String, version: String)]) {
        processor = Self.value("model name", in: "/proc/cpuinfo") ?? "unknown"
        cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        var name = utsname()
        uname(&name)
        kernel = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let kibibytes = Self.value("MemTotal", in: "/proc/meminfo")?.split(separator: " ").first.flatMap { Int64($0) }
        memoryBytes = (kibibytes ?? 0) * 1024
        governor = Self.text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
        load = Self.text("/proc/loadavg")?.split(separator: " ").first.flatMap { Double($0) } ?? 0
        filesystem = Self.filesystem(of: folder)
        date = Timestamp.now.description
        self.versions = versions
    }

    var json: JSONValue {
        var versions = JSONObject()
        for (name, version) in self.versions { versions[name] = .string(version) }
        return [
            "cpu": .string(processor), "cores": .number(cores), "kernel": .string(kernel),
            "memoryBytes": .number(memoryBytes), "governor": .optional(governor),
            "load": JSONNumber(load).map(JSONValue.number) ?? .null, "filesystem": .string(filesystem),
            "date": .string(date), "versions": .object(versions),
        ]
    }

    private static func text(_ path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Of the first line `key : value`.
    private static func value(_ key: String, in path: String) -> String? {
        let line = text(path)?.split(separator: "\n").first { $0.hasPrefix(key) }
        return line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// The type of the mount that a path lies in.
    private static func filesystem(of path: String) -> String {
        let real = URL(filePath: path).resolvingSymlinksInPath().path
        let mounts = (text("/proc/self/mounts") ?? "").split(separator: "\n").map { $0.split(separator: " ") }
        let around = mounts.filter { fields in
            fields.count > 2 && (fields[1] == "/" || real == fields[1] || real.hasPrefix("\(fields[1])/"))
        }
        // The last of those with the longest path lies on top.
        return around.max { $0[1].count <= $1[1].count }.map { String($0[2]) } ?? "unknown"
    }
}
