import Fields
import Foundation

/// A container for runc: what `runc spec` writes, with the measured program alone in its root.
struct RuncBundle {
    /// Under this name lie its cgroups, in every tree.
    private static let cgroupName = "clawrunner-bench"

    let path: String
    /// Where runc keeps what it knows of containers.
    let state: String
    let container = "bench-\(getpid())"

    init(runc: String, programs: Programs, folder: String) throws(BenchFailure) {
        path = "\(folder)/bundle"
        state = "\(folder)/runc"
        let manager = FileManager.default
        do {
            try manager.createDirectory(atPath: "\(path)/rootfs", withIntermediateDirectories: true)
            try manager.copyItem(atPath: programs.answer, toPath: "\(path)/rootfs/answer")
        } catch {
            throw BenchFailure("no bundle for runc: \(error.localizedDescription)")
        }
        let isRoot = geteuid() == 0
        let spec = try Child(
            runc, ["spec", "--bundle", path] + (isRoot ? [] : ["--rootless"]), environment: [],
            log: "\(folder)/runc-spec.log", piped: false)
        guard spec.wait() == 0 else { throw BenchFailure("`runc spec` failed") }
        try change("\(path)/config.json", isRoot: isRoot)
    }

    private func change(_ file: String, isRoot: Bool) throws(BenchFailure) {
        guard let bytes = FileManager.default.contents(atPath: file),
            let json = try? JSONValue(parsing: Array(bytes)), var config = json.object,
            var process = config["process"]?.object, var linux = config["linux"]?.object
        else { throw BenchFailure("`runc spec` wrote something else than a configuration") }
        process["terminal"] = false
        process["args"] = ["/answer"]
        // Rootless runc works without cgroups.
        if isRoot { linux["cgroupsPath"] = .string("/\(Self.cgroupName)/\(container)") }
        config["process"] = .object(process)
        config["linux"] = .object(linux)
        // What the program does not need would only make it slower.
        config["mounts"] = .array(
            (config["mounts"]?.array ?? []).filter { ["/proc", "/dev"].contains($0["destination"]?.string) })
        do {
            try Data(JSONValue.object(config).serialized()).write(to: URL(filePath: file))
        } catch {
            throw BenchFailure("\(file) cannot be written: \(error.localizedDescription)")
        }
    }

    /// Removes the cgroups that runc leaves behind.
    func cleanUp() {
        guard let mounts = try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8) else { return }
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2, fields[2] == "cgroup" || fields[2] == "cgroup2" else { continue }
            rmdir("\(fields[1])/\(Self.cgroupName)/\(container)")
            rmdir("\(fields[1])/\(Self.cgroupName)")
        }
    }
}
