public import Fields
internal import SandboxProtocol

/// What a sandbox may do: one TOML file of the profiles directory, resolved.
public struct Profile: Sendable {
    public let name: String
    public let description: String
    /// The runtime that it is made for, such as `python`; nil for any.
    public let runtime: String?
    public let limits: Limits
    /// Variables that every program of this profile finds, by name.
    public let environment: [String: String]
    /// What every program of this profile may connect to.
    public let destinations: [NetworkDestination]
    /// Skills may declare destinations of their own.
    public let declaresDestinations: Bool
    let syscalls: SyscallPolicy
    /// Layers without which nothing runs.
    let requires: LayerSet
    /// Layers whose absence on a host the operator has permitted by name.
    let permitDegraded: LayerSet
    /// /tmp and /dev/shm may hold programs.
    let tmpExecutable: Bool
    /// Another value for every profile that is ever loaded: what is compiled from it is cached under this.
    let identity: UInt64
}

/// Which system calls a profile allows, and what the others get.
struct SyscallPolicy: Hashable, Sendable {
    var allowed: Set<String>
    /// The errno of a refused call.
    var refusal: Int32
    /// The first refused call ends the run.
    var kills = false
}
