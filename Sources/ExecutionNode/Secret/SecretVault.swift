import Crypto
import Foundation
import MarketCore
import Synchronization

/// Seals what sellers set for their skills. A sealed value opens only for its skill and its name (ChaCha20-Poly1305 with
/// both as associated data), with the key in `keys/secrets.key`.
final class SecretVault: Sendable {
    private let path: String
    private let directory: String
    private let key = Mutex<SymmetricKey?>(nil)

    private static let keyBytes = 32

    init(directory: String) {
        self.directory = directory
        path = directory + "/secrets.key"
    }

    func seal(_ value: String, skill: Skill.ID, name: String) throws(NodeError) -> StoredSecret {
        let key = try key(make: true)
        guard
            let box = try? ChaChaPoly.seal(Data(value.utf8), using: key, authenticating: Self.context(skill, name))
        else { throw Self.unusable("the value of \(name) cannot be encrypted") }
        return StoredSecret(skillID: skill, name: name, sealed: Array(box.combined), updatedAt: .now)
    }

    func open(_ secret: StoredSecret) throws(NodeError) -> String {
        let key = try key(make: false)
        guard let box = try? ChaChaPoly.SealedBox(combined: secret.sealed),
            let bytes = try? ChaChaPoly.open(
                box, using: key, authenticating: Self.context(secret.skillID, secret.name)),
            let value = String(validating: bytes, as: UTF8.self)
        else {
            throw Self.unusable("the secret \(secret.name) was sealed with another key; its seller must set it anew")
        }
        return value
    }

    private static func context(_ skill: Skill.ID, _ name: String) -> Data { Data("\(skill)/\(name)".utf8) }

    private static func unusable(_ why: String) -> NodeError {
        NodeError(status: 503, code: "secret_unusable", detail: "The skill's secrets cannot be used: \(why).")
    }

    // MARK: The key

    private func key(make: Bool) throws(NodeError) -> SymmetricKey {
        try key.withLock { (known) throws(NodeError) in
            if let known { return known }
            if make, access(path, F_OK) != 0 { try makeKey() }
            let read = try readKey()
            known = read
            return read
        }
    }

    private func readKey() throws(NodeError) -> SymmetricKey {
        let descriptor = Glibc.open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unusable("\(path) cannot be opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw Self.unusable("\(path) can be read by others; set its mode with chmod 600")
        }
        var bytes = [UInt8](repeating: 0, count: Self.keyBytes + 1)
        guard Glibc.read(descriptor, &bytes, bytes.count) == Self.keyBytes else {
            throw Self.unusable("\(path) is not a key of \(Self.keyBytes) bytes")
        }
        return SymmetricKey(data: bytes.prefix(Self.keyBytes))
    }

    /// Whole or not at all; a key that is there already is never replaced.
    private func makeKey() throws(NodeError) {
        if mkdir(directory, 0o700) != 0, errno != EEXIST { throw Self.unusable("\(directory) cannot be made") }
        let draft = path + ".new"
        unlink(draft)
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        let descriptor = Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.unusable("\(draft) cannot be made") }
        let isWritten = write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        let isThere = isWritten && (link(draft, path) == 0 || errno == EEXIST)
        unlink(draft)
        let parent = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(parent) }
        guard isThere, fsync(parent) == 0 else { throw Self.unusable("\(path) cannot be written") }
    }
}
