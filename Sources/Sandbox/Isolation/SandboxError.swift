internal import SandboxProtocol

/// Why no sandbox can be had, or one could not be built.
public struct SandboxError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable {
        /// The launcher could not be started, or died.
        case launcher
        /// A layer that the profile requires does not work on this host.
        case layerMissing = "layer_missing"
        case seccomp
        /// The program of the request could not be executed.
        case program
        /// The request or the profile cannot be carried out as it stands.
        case request
    }

    public let code: Code
    /// The layer that is missing, such as `userNamespace`.
    public var layer: String?
    /// One sentence.
    public let detail: String
    /// What to do about it; nil when nothing better is known than the sentence.
    public var fix: String?

    public init(code: Code, layer: String? = nil, detail: String, fix: String? = nil) {
        self.code = code
        self.layer = layer
        self.detail = detail
        self.fix = fix
    }

    public var description: String { fix.map { "\(detail); \($0)" } ?? detail }
}
