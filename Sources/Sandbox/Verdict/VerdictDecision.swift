import Glibc
internal import SandboxProtocol

/// Decides why a run ended, from evidence: what killed it, what the kernel counted, how the program itself ended.
enum VerdictDecision {
    static func decide(_ ended: Ended, _ limits: Limits, _ output: CapturedOutput) -> Verdict {
        let verdict = cause(ended, limits, output)
        // A refusal ends nothing by itself, but it is often why a program gave up.
        guard let words = Denials(ended).words, [.failed, .signaled].contains(verdict.kind) else { return verdict }
        return Verdict(
            kind: verdict.kind, detail: "\(verdict.detail) System calls that were refused: \(words).",
            exitCode: verdict.exitCode, signal: verdict.signal, reason: verdict.reason)
    }

    private static func cause(_ ended: Ended, _ limits: Limits, _ output: CapturedOutput) -> Verdict {
        if let verdict = killed(ended, limits, output) { return verdict }
        if ended.oomKills > 0 { return memory(limits, ended) }
        let exit = ended.status & 0x7f == 0 ? (ended.status >> 8) & 0xff : nil
        let signal = ended.status & 0x7f
        guard ended.statusKnown else {
            return Verdict(
                kind: .launchFailed, detail: "The sandbox's first process died without a report; try again.",
                reason: "init_died")
        }
        // The program may have ended well after a limit was crossed in its last write.
        if let verdict = overflow(output, limits) { return verdict }
        if exit == 0 { return Verdict(kind: .ok, detail: "The skill ended well.", exitCode: 0) }
        if ended.pidsRefused > 0 {
            return Verdict(
                kind: .pidsLimit,
                detail: "The skill wanted more than \(limits.pidsMax) processes and threads at once.", exitCode: exit)
        }
        if ended.fileSizeReached, signal != SIGXFSZ {
            return Verdict(
                kind: .fileSizeLimit,
                detail: "A file that the skill wrote reached its limit of "
                    + "\(Units.describe(bytes: limits.fileSizeBytes)), and then the skill failed.",
                exitCode: exit, signal: exit == nil ? signal : nil)
        }
        if let exit {
            return Verdict(
                kind: .failed, detail: "The skill ended with exit status \(exit); its standard error says why.",
                exitCode: exit)
        }
        // The kernel's own hard limit on processor time.
        if signal == SIGKILL, ended.cpuMicroseconds >= UInt64(limits.cpuMilliseconds) * 1000 { return cpu(limits) }
        return signalled(signal, limits)
    }

    private static func killed(_ ended: Ended, _ limits: Limits, _ output: CapturedOutput) -> Verdict? {
        switch ended.killed {
        case .none: nil
        case .denied: denied(ended)
        case .wall:
            Verdict(
                kind: .timeout,
                detail:
                    "The skill ran longer than its limit of \(Units.describe(milliseconds: limits.wallMilliseconds)).")
        case .cpu: cpu(limits)
        case .memory: memory(limits, ended)
        case .output:
            overflow(output, limits)
                ?? Verdict(kind: .outputLimit, detail: "The skill wrote more output than its limit.")
        case .cancelled:
            Verdict(kind: .cancelled, detail: "The run was cancelled before the skill ended.")
        }
    }

    private static func denied(_ ended: Ended) -> Verdict {
        let denials = Denials(ended)
        return Verdict(
            kind: .syscallDenied,
            detail: "The skill was ended for system calls that its profile refuses: \(denials.words ?? "unknown").",
            syscall: denials.counts.first?.name)
    }

    private static func cpu(_ limits: Limits) -> Verdict {
        Verdict(
            kind: .cpuLimit,
            detail:
                "The skill used more than \(Units.describe(milliseconds: limits.cpuMilliseconds)) of processor time.")
    }

    private static func memory(_ limits: Limits, _ ended: Ended) -> Verdict {
        Verdict(
            kind: .memoryLimit,
            detail: "The skill needed more than its \(Units.describe(bytes: limits.memoryBytes)) of memory, "
                + "files in /tmp and /dev/shm included.")
    }

    private static func overflow(_ output: CapturedOutput, _ limits: Limits) -> Verdict? {
        if output.outputCount > limits.outputBytes {
            return Verdict(
                kind: .outputLimit,
                detail: "The skill wrote more than \(Units.describe(bytes: limits.outputBytes)) to standard output.",
                reason: "stdout")
        }
        if output.errorCount > limits.stderrBytes {
            return Verdict(
                kind: .outputLimit,
                detail: "The skill wrote more than \(Units.describe(bytes: limits.stderrBytes)) to standard error.",
                reason: "stderr")
        }
        return nil
    }

    private static func signalled(_ signal: Int32, _ limits: Limits) -> Verdict {
        switch signal {
        case SIGXFSZ:
            Verdict(
                kind: .fileSizeLimit,
                detail: "The skill wrote a file larger than \(Units.describe(bytes: limits.fileSizeBytes)).",
                signal: signal)
        case SIGXCPU: cpu(limits)
        default:
            Verdict(
                kind: .signaled,
                detail:
                    "The skill was ended by signal \(signal) (\(signalName(signal))), which it or its own processes sent "
                    + "or caused.", signal: signal)
        }
    }

    private static func signalName(_ signal: Int32) -> String {
        let names: [Int32: String] = [
            SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
            SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGSEGV: "SIGSEGV",
            SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM", SIGSYS: "SIGSYS",
        ]
        return names[signal] ?? "signal \(signal)"
    }

    /// The sandbox could not be built, or the program not executed.
    static func launchFailed(_ failure: Failure, program: String) -> Verdict {
        let what = describe(failure.errno)
        let subject = failure.subject.isEmpty ? "" : " (\(failure.subject))"
        switch failure.stage {
        case .exec where failure.errno == ENOENT:
            return Verdict(
                kind: .launchFailed, detail: "There is no program \(program) in the package or on the sandbox's PATH.",
                reason: "entry_point_missing")
        case .exec where failure.errno == ELIBACC:
            return Verdict(
                kind: .launchFailed,
                detail: "\(program) is there, but the interpreter or loader that it names is not in the sandbox.",
                reason: "interpreter_missing")
        case .exec:
            return Verdict(
                kind: .launchFailed, detail: "\(program) cannot be executed: \(what).",
                reason: "entry_point_not_executable")
        case .mountSkill:
            return Verdict(
                kind: .launchFailed, detail: "The skill's files cannot be shown to it: \(what)\(subject).",
                reason: "skill_files")
        default:
            return Verdict(
                kind: .launchFailed, detail: "The sandbox could not be built: \(what) at \(failure.stage)\(subject).",
                layer: failure.stage.layer?.name, reason: "sandbox")
        }
    }
}
