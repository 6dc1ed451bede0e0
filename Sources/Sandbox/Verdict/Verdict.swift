/// Why a run ended, from evidence.
public struct Verdict: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case ok, failed, signaled, timeout
        case cpuLimit = "cpu_limit"
        case memoryLimit = "memory_limit"
        case pidsLimit = "pids_limit"
        case outputLimit = "output_limit"
        case fileSizeLimit = "file_size_limit"
        case syscallDenied = "syscall_denied"
        case invalidResponse = "invalid_response"
        case cancelled
        case launchFailed = "launch_failed"
    }

    public let kind: Kind
    /// One sentence that a person or a language model can act on.
    public var detail: String
    public var exitCode: Int32?
    public var signal: Int32?
    public var syscall: String?
    /// The layer that could not be built, for ``Kind/launchFailed``.
    public var layer: String?
    /// A stable short cause, such as `empty_response`.
    public var reason: String?

    public init(
        kind: Kind, detail: String, exitCode: Int32? = nil, signal: Int32? = nil, syscall: String? = nil,
        layer: String? = nil, reason: String? = nil
    ) {
        self.kind = kind
        self.detail = detail
        self.exitCode = exitCode
        self.signal = signal
        self.syscall = syscall
        self.layer = layer
        self.reason = reason
    }
}
