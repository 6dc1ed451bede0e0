public import Fields
import Foundation
import Glibc
import Synchronization

/// Why the keys cannot be used.
public struct SigningKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    public let path: String
    public let message: String

    public var description: String { "\(path): \(message)" }
}

/// The key that signs now, with the earlier ones that still verify.
///
/// In its directory `signing.pem` signs; every other `*.pem` only verifies. To change keys, call ``rotate(in:at:)`` and then
/// ``reload()`` or start anew, or rename `signing.pem` while nothing runs: a key is made when there is none.
public final class SigningKeys: Sendable {
    private struct State {
        let current: SigningKey
        let verifying: [String: VerifyingKey]
        let order: [String]

        init(_ current: SigningKey, _ former: [VerifyingKey]) {
            self.current = current
            let keys = [current.publicKey] + former
            verifying = Dictionary(keys.map { ($0.keyID, $0) }, uniquingKeysWith: { first, _ in first })
            var seen: Set<String> = []
            order = keys.map(\.keyID).filter { seen.insert($0).inserted }
        }
    }

    private let directory: String?
    private let state: Mutex<State>

    /// Keys that are only held in memory.
    public init(current: SigningKey = SigningKey(), former: [VerifyingKey] = []) {
        directory = nil
        state = Mutex(State(current, former))
    }

    /// Reads the keys of a directory; makes the directory (0700) and a key (0600) when there are none.
    /// - Throws: ``SigningKeyError`` when a key is damaged, or readable by others than its owner.
    public init(directory: String) throws(SigningKeyError) {
        if mkdir(directory, 0o700) != 0, errno != EEXIST { throw Self.failure("made", directory) }
        let signing = directory + "/signing.pem"
        let current: SigningKey
        if access(signing, F_OK) == 0 {
            current = try Self.read(signing)
        } else {
            current = SigningKey()
            try Self.write(current.pem, to: signing, in: directory)
        }
        self.directory = directory
        state = Mutex(State(current, try Self.former(in: directory)))
    }

    /// Reads the directory again: what was rotated signs from now on. A key that is gone goes on verifying until the next
    /// start, for what it signed was accepted a moment ago.
    /// - Returns: whether another key signs.
    /// - Throws: ``SigningKeyError``; then nothing changes.
    @discardableResult
    public func reload() throws(SigningKeyError) -> Bool {
        guard let directory else { return false }
        let current = try Self.read(directory + "/signing.pem")
        let former = try Self.former(in: directory)
        return state.withLock { state in
            let isChanged = state.current.keyID != current.keyID
            state = State(current, former + state.order.compactMap { state.verifying[$0] })
            return isChanged
        }
    }

    /// The key that signs.
    public var current: SigningKey { state.withLock { $0.current } }

    /// The key with this name; nil when there is none.
    public func key(_ keyID: String) -> VerifyingKey? { state.withLock { $0.verifying[keyID] } }

    /// What `/.well-known/jwks.json` answers; the key that signs comes first.
    public var jwks: JSONValue {
        state.withLock { state in ["keys": .array(state.order.compactMap { state.verifying[$0]?.jwk })] }
    }

    private static func former(in directory: String) throws(SigningKeyError) -> [VerifyingKey] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        var former: [VerifyingKey] = []
        for name in names.sorted() where name.hasSuffix(".pem") && name != "signing.pem" {
            former.append(try read(directory + "/" + name).publicKey)
        }
        return former
    }

    // MARK: Files

    static func read(_ path: String) throws(SigningKeyError) -> SigningKey {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("opened", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SigningKeyError(path: path, message: "is not a file") }
        guard status.st_mode & 0o077 == 0 else {
            throw SigningKeyError(path: path, message: "can be read by others; set its mode with chmod 600")
        }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw failure("read", path) }
        guard let key = SigningKey(pem: String(decoding: bytes[..<count], as: UTF8.self)) else {
            throw SigningKeyError(path: path, message: "is not an Ed25519 private key in PEM (PKCS #8)")
        }
        return key
    }

    /// Whole or not at all, whatever happens meanwhile; on disk when it returns.
    private static func write(_ text: String, to path: String, in directory: String) throws(SigningKeyError) {
        let draft = path + ".new"
        try write(text, to: draft)
        // Not rename, which would replace a key that another process has made meanwhile.
        guard link(draft, path) == 0 else { throw failure("made", path) }
        unlink(draft)
        try sync(directory)
    }

    /// Makes a new file of mode 0600 in place of one that a crash may have left; its content is on disk when it returns.
    /// - Parameter owner: whose file it becomes; nil for the caller's.
    static func write(_ text: String, to path: String, owner: stat? = nil) throws(SigningKeyError) {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("made", path) }
        defer { close(descriptor) }
        if let owner, owner.st_uid != geteuid() || owner.st_gid != getegid() {
            guard fchown(descriptor, owner.st_uid, owner.st_gid) == 0 else { throw failure("given to its owner", path) }
        }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw failure("written", path)
        }
    }

    /// Makes the names in a directory durable.
    static func sync(_ directory: String) throws(SigningKeyError) {
        let parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { throw failure("opened", directory) }
        defer { close(parent) }
        guard fsync(parent) == 0 else { throw failure("written", directory) }
    }

    static func failure(_ action: String, _ path: String, _ code: Int32 = errno) -> SigningKeyError {
        let cause = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return SigningKeyError(path: path, message: "could not be \(action): \(cause)")
    }
}
