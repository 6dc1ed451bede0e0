import Crypto
import Fields
import Foundation
import MarketCore
import Metering
import Storage

/// Makes a backup of a data directory, whether or not a daemon runs on it.
struct BackupMaker: Sendable {
    let data: String
    let target: String
    /// Whether a file at `target` is replaced.
    let replaces: Bool

    /// Blocks until the backup is whole and on disk under its name; else nothing is left of it. Besides the backup it
    /// takes as much room beside `target` as the database has.
    /// - Throws: ``CommandFailure``, with every fault when the data are not sound.
    func run() throws(CommandFailure) -> BackupReport {
        try checkPlaces()
        let draft = try TemporaryDirectory(beside: target)
        defer { draft.remove() }
        let store = draft.path + "/market.db"
        let createdAt = Timestamp.now
        do {
            try SQLiteStore.copy(from: data + "/market.db", to: store)
        } catch {
            throw CommandFailure(.refused, "The store of \(data) cannot be copied: \(error.description).")
        }
        let summary = try check(store)
        // After the store: what it names is there before it is named, and is never taken away.
        let files = try keyFiles()
        var members = [try BackupMember(file: store, as: .store)]
        members += files.map { BackupMember(bytes: $0.bytes, as: $0.place) }
        members += try packages(named: store)
        let manifest = BackupManifest(
            version: ClawRunnerCommand.version, createdAt: createdAt, ledger: summary.json, members: members)

        let archive = draft.path + "/backup.tar"
        let writer = try BackupWriter(path: archive, manifest: manifest)
        for member in members {
            try writer.write(member) { (write) throws(CommandFailure) in
                switch member.place {
                case .store: try ByteFile.reading(store).readAll(write)
                case .package(let digest): try write(try package(digest).canonicalArchive)
                case .key, .operatorKey: try write(files.first { $0.place == member.place }?.bytes ?? [])
                }
            }
        }
        try writer.finish()
        let bytes = try ByteFile.reading(archive).bytes
        try publish(archive)
        return BackupReport(file: target, bytes: bytes, manifest: manifest, ledger: summary)
    }

    // MARK: The target

    private func checkPlaces() throws(CommandFailure) {
        guard FileManager.default.fileExists(atPath: data + "/market.db") else {
            throw CommandFailure(
                .usage, "\(data) is no data directory of a node: there is no market.db in it.",
                hint: "Name the data directory with --data.")
        }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: target, isDirectory: &isDirectory) else { return }
        if isDirectory.boolValue { throw CommandFailure(.usage, "\(target) is a directory; name a file.") }
        if !replaces { throw exists }
    }

    private var exists: CommandFailure {
        CommandFailure(.usage, "\(target) exists.", hint: "Name another file, or replace it with --force.")
    }

    private func publish(_ archive: String) throws(CommandFailure) {
        // A link, unlike a rename, does not replace what another backup has put there meanwhile.
        guard (replaces ? rename(archive, target) : link(archive, target)) == 0 else {
            if errno == EEXIST { throw exists }
            throw CommandFailure(.refused, "\(target) cannot be made: \(InputFile.reason(errno)).")
        }
        try ByteFile.sync(directory: (target as NSString).deletingLastPathComponent)
    }

    // MARK: What goes in

    private func check(_ store: String) throws(CommandFailure) -> LedgerSummary {
        let check: LedgerCheck
        do {
            check = try SQLiteStore.verifyLedger(at: store)
        } catch {
            throw CommandFailure(.refused, "The copy of the store cannot be checked: \(error.description).")
        }
        guard check.isSound else { throw unsound(check.faults.map(\.description)) }
        return LedgerSummary(check)
    }

    /// The operator key and the keys in `keys/`.
    private func keyFiles() throws(CommandFailure) -> [(place: BackupMember.Place, bytes: [UInt8])] {
        var files: [(BackupMember.Place, [UInt8])] = []
        let names = try keyNames()
        for place in names.map(BackupMember.Place.key) + [.operatorKey] {
            guard let bytes = try PrivateFile.read("\(data)/\(place.name)", bytesMax: Int(place.bytesMax)) else {
                // The daemon's next start writes a new operator key.
                if place == .operatorKey { continue }
                throw CommandFailure(.refused, "The keys of \(data) change; try again.")
            }
            files.append((place, bytes))
        }
        // A rotation that came between may have given the former key a name that is not among these.
        guard try keyNames() == names else { throw CommandFailure(.refused, "The keys of \(data) change; try again.") }
        guard names.contains("signing.pem") else { throw unsound(["keys/signing.pem: there is no such file"]) }
        return files
    }

    private func keyNames() throws(CommandFailure) -> [String] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: "\(data)/keys").sorted()
        } catch {
            throw CommandFailure(.usage, "\(data)/keys cannot be read: \(error.localizedDescription)")
        }
        for name in names where name.hasSuffix(".pem") && !BackupMember.Place.isKey(name) {
            throw CommandFailure(
                .usage, "\(data)/keys has a key \(quoted(name)), a name that a backup does not hold.",
                hint: "Rename it to one of at most 90 plain characters without a dot in front.")
        }
        return names.filter(BackupMember.Place.isKey)
    }

    private func packages(named store: String) throws(CommandFailure) -> [BackupMember] {
        let digests: [PackageDigest]
        do {
            digests = try SQLiteStore.packages(at: store)
        } catch {
            throw CommandFailure(.refused, "The copy of the store cannot be read: \(error.description).")
        }
        var members: [BackupMember] = []
        var faults: [String] = []
        for digest in digests {
            do throws(CommandFailure) {
                let archive = try package(digest).canonicalArchive
                members.append(BackupMember(bytes: archive, as: .package(digest)))
            } catch {
                faults.append(error.message)
            }
            if Task.isCancelled { throw CommandFailure(.refused, "It was interrupted; nothing is left of it.") }
        }
        guard faults.isEmpty else { throw unsound(faults) }
        return members
    }

    private func package(_ digest: PackageDigest) throws(CommandFailure) -> SkillPackage {
        let package: SkillPackage
        do {
            package = try SkillPackage(stored: "\(data)/packages/\(digest.hex)")
        } catch {
            throw CommandFailure(.refused, "packages/\(digest.hex): \(error.description)")
        }
        guard package.digest == digest else {
            throw CommandFailure(.refused, "packages/\(digest.hex): its files are not those that were uploaded")
        }
        return package
    }

    private func unsound(_ faults: [String]) -> CommandFailure {
        let shown = faults.prefix(LedgerCheck.faultsMax)
        let json: JSONValue = [
            "error": "The data are not sound; no backup was written.", "faults": .array(shown.map(JSONValue.string)),
        ]
        return CommandFailure(
            .refused, (["\(data) is not sound; no backup was written:"] + shown).joined(separator: "\n  "),
            json: json.description)
    }
}

extension BackupMember {
    fileprivate init(bytes: [UInt8], as place: Place) {
        self.init(place: place, bytes: Int64(bytes.count), sha256: hexadecimal(SHA256.hash(data: bytes)))
    }

    fileprivate init(file path: String, as place: Place) throws(CommandFailure) {
        var hash = SHA256()
        let file = try ByteFile.reading(path)
        try file.readAll { (piece) throws(CommandFailure) in hash.update(data: piece) }
        self.init(place: place, bytes: try file.bytes, sha256: hexadecimal(hash.finalize()))
    }
}
