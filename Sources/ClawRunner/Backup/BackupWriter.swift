import Crypto
import Fields
import MarketCore

/// Writes a backup: the manifest, its seal, then each member as the manifest says.
struct BackupWriter {
    private let file: ByteFile

    init(path: String, manifest: BackupManifest) throws(CommandFailure) {
        file = try ByteFile.making(path)
        let json = manifest.json.serialized()
        guard json.count <= BackupManifest.bytesMax, manifest.members.count <= BackupManifest.membersMax else {
            throw CommandFailure(.refused, "There are too many packages for one backup.")
        }
        try write(json, as: BackupManifest.name)
        try write(BackupManifest.seal(json), as: BackupManifest.sealName)
    }

    /// Writes a member whose bytes `source` gives.
    /// - Throws: ``CommandFailure`` when they are not those of the manifest any more.
    func write(
        _ member: BackupMember,
        _ source: (_ write: ([UInt8]) throws(CommandFailure) -> Void) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        try file.write(BackupHeader.block(name: member.place.name, bytes: member.bytes))
        var hash = SHA256()
        try source { (piece) throws(CommandFailure) in
            hash.update(data: piece)
            try file.write(piece)
        }
        guard hexadecimal(hash.finalize()) == member.sha256 else {
            throw CommandFailure(.refused, "\(member.place.name) changed while it was read; try again.")
        }
        try pad(member.bytes)
    }

    /// Ends the archive; it is on disk when this returns.
    func finish() throws(CommandFailure) {
        try file.write([UInt8](repeating: 0, count: 2 * BackupHeader.blockBytes))
        try file.sync()
    }

    private func write(_ bytes: [UInt8], as name: String) throws(CommandFailure) {
        try file.write(BackupHeader.block(name: name, bytes: Int64(bytes.count)))
        try file.write(bytes)
        try pad(Int64(bytes.count))
    }

    private func pad(_ bytes: Int64) throws(CommandFailure) {
        try file.write([UInt8](repeating: 0, count: BackupHeader.padding(after: bytes)))
    }
}
