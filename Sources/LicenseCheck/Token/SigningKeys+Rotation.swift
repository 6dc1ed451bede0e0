import Foundation
import Glibc
public import MarketCore

/// One key of a directory of signing keys.
public struct SigningKeyFile: Hashable, Sendable {
    /// In the directory, such as `signing.pem`.
    public let name: String
    /// Under which it is published.
    public let keyID: String
    /// Whether it signs from the next start or ``SigningKeys/reload()`` on; else it only verifies.
    public let signs: Bool
}

extension SigningKeys {
    /// The keys of a directory, the one that signs first; makes none.
    /// - Throws: ``SigningKeyError`` when the directory or a key in it cannot be used.
    public static func files(in directory: String) throws(SigningKeyError) -> [SigningKeyFile] {
        let current = try read(directory + "/signing.pem").publicKey.keyID
        var files = [SigningKeyFile(name: "signing.pem", keyID: current, signs: true)]
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw failure("read", directory)
        }
        for name in names.sorted() where name.hasSuffix(".pem") && name != "signing.pem" {
            let keyID = try read(directory + "/" + name).publicKey.keyID
            // A rotation that was cut short leaves the same key under two names.
            guard !files.contains(where: { $0.keyID == keyID }) else { continue }
            files.append(SigningKeyFile(name: name, keyID: keyID, signs: false))
        }
        return files
    }

    /// The public halves of a directory's keys; makes none.
    /// - Throws: ``SigningKeyError`` when the directory or a key in it cannot be used.
    public static func verifyingKeys(in directory: String) throws(SigningKeyError) -> [VerifyingKey] {
        var keys: [VerifyingKey] = []
        for file in try files(in: directory) { keys.append(try read("\(directory)/\(file.name)").publicKey) }
        return keys
    }

    /// Makes a new key that signs from the next start or ``reload()`` on, and keeps the former one, which goes on verifying, as
    /// `DATE-KEYID.pem`. There is a `signing.pem` at every moment, and no key is lost, whenever this ends; the new key
    /// belongs to the owner of the former. On disk when it returns.
    ///
    /// A process that has read the keys already goes on with those: what it signs verifies at the next start, too.
    /// - Throws: ``SigningKeyError``; then the former key signs.
    public static func rotate(
        in directory: String, at now: Timestamp = .now
    ) throws(SigningKeyError) -> (former: SigningKeyFile, current: SigningKeyFile) {
        let lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw failure("opened", directory) }
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0 {
            guard errno == EINTR else { throw failure("locked", directory) }
        }
        let signing = directory + "/signing.pem"
        let formerID = try read(signing).publicKey.keyID
        var owner = stat()
        guard lstat(signing, &owner) == 0 else { throw failure("read", signing) }

        let name = "\(now.description.prefix(10))-\(formerID).pem"
        // First its second name, then what takes the first one away.
        guard link(signing, directory + "/" + name) == 0 || errno == EEXIST else {
            throw failure("kept as \(name)", signing)
        }
        guard try read(directory + "/" + name).publicKey.keyID == formerID else {
            throw SigningKeyError(path: directory + "/" + name, message: "is another key than its name says")
        }
        try sync(directory)

        let key = SigningKey()
        let draft = signing + ".next"
        try write(key.pem, to: draft, owner: owner)
        guard rename(draft, signing) == 0 else { throw failure("replaced", signing) }
        try sync(directory)
        return (
            SigningKeyFile(name: name, keyID: formerID, signs: false),
            SigningKeyFile(name: "signing.pem", keyID: key.keyID, signs: true)
        )
    }
}
