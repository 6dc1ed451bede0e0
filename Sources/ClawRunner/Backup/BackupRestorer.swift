import ExecutionNode
import Fields
import Foundation
import LicenseCheck
import MarketCore
import Metering
import Storage

/// Makes a data directory from a backup, as a whole or not at all.
struct BackupRestorer: Sendable {
    let backup: String
    /// Must not exist, or be empty.
    let data: String

    /// Blocks until the directory is complete, checked and on disk under its name.
    /// - Throws: ``CommandFailure``; then nothing is left of what was read.
    func run() async throws(CommandFailure) -> BackupReport {
        try checkTarget()
        let reader = try BackupReader(path: backup)
        let draft = try TemporaryDirectory(beside: data)
        defer { draft.remove() }
        for name in ["keys", "packages"] {
            guard mkdir("\(draft.path)/\(name)", 0o700) == 0 else {
                throw CommandFailure(.refused, "\(draft.path)/\(name) cannot be made: \(InputFile.reason(errno)).")
            }
        }
        for member in reader.manifest.members { try restore(member, from: reader, to: draft.path) }
        try reader.finish()
        let summary = try await check(draft.path, reader)
        for name in ["/keys", "/packages", ""] { try ByteFile.sync(directory: draft.path + name) }
        guard rename(draft.path, data) == 0 else {
            throw CommandFailure(.refused, "\(data) cannot be made: \(InputFile.reason(errno)).")
        }
        try ByteFile.sync(directory: (data as NSString).deletingLastPathComponent)
        let bytes = reader.manifest.members.reduce(0) { $0 + $1.bytes }
        return BackupReport(file: data, bytes: bytes, manifest: reader.manifest, ledger: summary)
    }

    private func checkTarget() throws(CommandFailure) {
        var status = stat()
        guard lstat(data, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure(.usage, "\(data) exists and is not a directory.")
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: data) else {
            throw CommandFailure(.usage, "\(data) cannot be read.")
        }
        guard names.isEmpty else {
            throw CommandFailure(
                .usage, "\(data) is not empty; nothing in it is replaced.",
                hint: "Name a directory that does not exist, or move this one away.")
        }
    }

    private func restore(
        _ member: BackupMember, from reader: BackupReader, to directory: String
    ) throws(CommandFailure) {
        guard case .package(let digest) = member.place else {
            let file = try ByteFile.making("\(directory)/\(member.place.name)")
            try reader.read(member) { (piece) throws(CommandFailure) in try file.write(piece) }
            return try file.sync()
        }
        var archive: [UInt8] = []
        try reader.read(member) { archive += $0 }
        do throws(PackageError) {
            let package = try SkillPackage(canonicalArchive: archive)
            guard package.digest == digest else {
                throw PackageError(.notTar("its files are not those of its digest"))
            }
            try package.write(to: "\(directory)/packages/\(digest.hex)")
        } catch {
            throw reader.damaged("\(member.place.name): \(error.description)")
        }
    }

    /// Opens what was restored as a daemon does, which brings the tables of an earlier version up to date.
    private func check(_ directory: String, _ reader: BackupReader) async throws(CommandFailure) -> LedgerSummary {
        let path = directory + "/market.db"
        do {
            let restored = Set(reader.manifest.members.map(\.place))
            // Before the store is opened, which would make one of an empty file.
            for digest in try SQLiteStore.packages(at: path) where !restored.contains(.package(digest)) {
                throw reader.damaged("the package \(digest) is missing")
            }
            let keys = try SigningKeys(directory: directory + "/keys")
            try await SQLiteStore(path: path, signer: keys.current).close()
            let check = try SQLiteStore.verifyLedger(at: path)
            guard check.isSound else {
                throw reader.damaged(
                    "its books are not sound: " + check.faults.map(\.description).joined(separator: "; "))
            }
            return LedgerSummary(check)
        } catch {
            throw error as? CommandFailure ?? reader.damaged("\(error)")
        }
    }
}
