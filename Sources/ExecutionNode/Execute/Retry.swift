import Sandbox

/// When the node itself runs a call a second time: where another attempt may end otherwise, and does nothing twice that must
/// be done once.
enum Retry: String {
    /// It would end the same, or its end is the caller's or the operator's doing.
    case never = "no"
    /// The skill failed: only where its seller says that a call may be carried out twice.
    case ifIdempotent = "if idempotent"
    /// The platform failed: in any case where it is certain that nothing of the skill was executed.
    case ifNotBegun = "if not begun, or idempotent"
}

extension Verdict.Kind {
    var retry: Retry {
        switch self {
        case .failed, .signaled: .ifIdempotent
        case .launchFailed: .ifNotBegun
        case .ok, .timeout, .cpuLimit, .memoryLimit, .pidsLimit, .outputLimit, .fileSizeLimit, .syscallDenied,
            .invalidResponse, .cancelled:
            .never
        }
    }
}

extension Verdict {
    /// Failures to launch that last until somebody changes the skill, the profile or the host.
    private static let lasting: Set<String> = [
        "layer_missing", "seccomp", "program", "request", "entry_point_missing", "interpreter_missing",
        "entry_point_not_executable", "skill_files",
    ]

    var retry: Retry { reason.map(Self.lasting.contains) == true ? .never : kind.retry }
}

extension RunOutcome {
    /// Whether the call may be run once more.
    func mayRepeat(idempotent: Bool) -> Bool {
        switch verdict.retry {
        case .never: false
        case .ifIdempotent: idempotent
        case .ifNotBegun: idempotent || !mayHaveBegun
        }
    }
}
