public import Fields
internal import SandboxProtocol

/// What a sandbox may do: one TOML file of the profiles directory, resolved.
public struct Profile: Sendable {
    public let name: String
    public let description: String
    /// For the daemon's own programs: no skill gets it.
    public let isReserved: Bool
    /// The runtime that it is made for, such as `python`; nil for any.
    public let runtime: String?
    public let limits: Limits
    /// Variables that every program of this profile finds, by name.
    public let environment: [String: String]
    /// What every program of this profile may connect to.
    public let destinations: [NetworkDestination]
    /// Skills may declare destinations of their own.
    public let declaresDestinations: Bool
    /// A directory of the host that stands in place of the host's own programs; nil for those.
    let rootfs: String?
    let mounts: [Placed<ProfileMount>]
    let syscalls: SyscallPolicy
    let landlock: LandlockPaths
    /// Layers without which nothing runs.
    let requires: LayerSet
    /// Layers whose absence on a host the operator has permitted by name.
    let permitDegraded: LayerSet
    /// /tmp and /dev/shm may hold programs.
    let tmpExecutable: Bool
    /// What may wait for runs of this profile.
    public let warm: WarmSettings
    /// Another value for every profile that is ever loaded: what is compiled from it is cached under this.
    let identity: UInt64
    /// Where each value was written, by the path of its key, such as `limits.memory`; what is built in is not there.
    let places: [String: ProfilePlace]
    /// What its own file says, in the order of the file.
    let statements: [ProfileStatement]
    /// The file that it was read from.
    let file: String
    /// The profile that it extends: one, or none.
    let bases: [Profile]
}

/// A directory or file of the host that a sandbox sees, read-only.
struct ProfileMount: Hashable, Sendable {
    let source: String
    let path: String
    let optional: Bool
    let noExec: Bool
}

/// Path lists of a profile's `[landlock]` table; nil where the default rules stand.
struct LandlockPaths: Hashable, Sendable {
    var read: [String]?
    var execute: [String]?
    var write: [String]?
}

/// One value as a profile's own file gives it: an element of a list, or a single value.
struct ProfileStatement: Hashable, Sendable {
    /// Such as `seccomp.allow` or `limits.wall`.
    let key: String
    let value: String
    let place: ProfilePlace
}
