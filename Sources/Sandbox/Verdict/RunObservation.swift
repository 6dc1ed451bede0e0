internal import Fields
internal import SandboxProtocol

/// What an observed run did.
public struct RunObservation: Sendable, Hashable {
    /// How often each system call was made and carried out, by name.
    public var syscalls: [String: Int64]
    /// What the run named in its calls, whether it exists or not: `looked`, `read`, `written`, `executed`.
    public var paths: [String: Set<String>]
    /// There were more paths than are listed.
    public var pathsCut: Bool

    init(_ observation: Observation) {
        syscalls = [:]
        for call in observation.calls {
            syscalls[SeccompCompiler.name(ofNative: call.number) ?? "number \(call.number)"] = Int64(call.count)
        }
        paths = [:]
        for path in observation.paths {
            let names: [(Observation.Path.Access, String)] = [
                (.looked, "looked"), (.read, "read"), (.written, "written"), (.executed, "executed"),
            ]
            let access = names.filter { path.access.contains($0.0) }.map(\.1)
            paths[Self.plain(path.path), default: []].formUnion(access)
        }
        pathsCut = observation.pathsCut
    }

    /// Without `.`, `..` and doubled slashes, as the text says it.
    private static func plain(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Adds what another run did.
    package mutating func merge(_ other: RunObservation) {
        syscalls.merge(other.syscalls) { $0 + $1 }
        paths.merge(other.paths) { $0.union($1) }
        pathsCut = pathsCut || other.pathsCut
    }

    var json: JSONValue {
        [
            "syscalls": .array(
                syscalls.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
                    ["syscall": .string($0.key), "count": .number($0.value)]
                }),
            "paths": .array(
                paths.sorted { $0.key < $1.key }.map {
                    ["path": .string($0.key), "access": .array($0.value.sorted().map(JSONValue.string))]
                }),
            "pathsCut": .bool(pathsCut),
        ]
    }
}
