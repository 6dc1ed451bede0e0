/// The step of building a sandbox that failed: half of a (stage, errno) error.
public enum Stage: UInt8, CaseIterable, Sendable {
    case template, clone, idMap, cgroupCreate, cgroupLimit, cgroupJoin, cgroupNamespace
    case identity, tree, mountProc, mountScratch, mountSkill, pivot, hostname, initProcess
    case session, capabilities, noNewPrivileges, seccomp, dispatch, rlimits, descriptors, landlock, signals
    case chdir, exec
    /// The network of a run with declared destinations.
    case network, mountHosts
    /// The waiting sandbox that was to take the run is gone or cannot take it; another may.
    case parked
    /// The launcher itself died, or refused the message.
    case launcher

    /// The layer that is missing when this stage fails; nil when the failure is not about a layer.
    public var layer: Layer? {
        switch self {
        case .clone, .idMap: .userNamespace
        case .cgroupCreate, .cgroupLimit, .cgroupJoin: .memory
        case .cgroupNamespace: .cgroupNamespace
        case .identity: .identity
        case .tree, .pivot, .mountScratch, .mountHosts: .root
        case .mountProc: .proc
        case .hostname: .utsNamespace
        case .session: .session
        case .capabilities: .capabilities
        case .noNewPrivileges: .noNewPrivileges
        case .seccomp: .seccomp
        case .rlimits: .rlimits
        case .descriptors: .descriptors
        case .landlock: .landlock
        case .signals: .signals
        case .template, .mountSkill, .initProcess, .dispatch, .chdir, .exec, .parked, .launcher: nil
        case .network: .networkNamespace
        }
    }
}
