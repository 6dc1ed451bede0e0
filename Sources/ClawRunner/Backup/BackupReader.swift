import Crypto
import Fields
import MarketCore

/// Reads a backup from its first byte to its last, and accepts it only byte for byte as ``BackupWriter`` writes it:
/// another name, a link, a size or an order that the manifest does not say ends the reading.
struct BackupReader {
    let manifest: BackupManifest
    private let file: ByteFile

    /// Opens a backup and reads what it says of itself.
    init(path: String) throws(CommandFailure) {
        file = try ByteFile.reading(path)
        if try file.isOpenToOthers {
            Terminal.error.line(
                "\(path) holds keys, and others may read it; ask yourself who has. Run: chmod 600 \(path)")
        }
        let header = try file.read(BackupHeader.blockBytes)
        guard let bytes = BackupHeader.bytes(in: header), (1...Int64(BackupManifest.bytesMax)).contains(bytes),
            header == BackupHeader.block(name: BackupManifest.name, bytes: bytes)
        else { throw Self.damaged(path, "it does not begin with a manifest") }
        let json = try Self.content(Int(bytes), of: file)
        try Self.expect(BackupManifest.sealName, BackupManifest.sealBytes, in: file)
        guard try Self.content(Int(BackupManifest.sealBytes), of: file) == BackupManifest.seal(json) else {
            throw Self.damaged(path, "the manifest is not the one that was written")
        }
        do {
            manifest = try BackupManifest(json)
        } catch {
            throw Self.damaged(path, "the manifest is not accepted: \(error)")
        }
    }

    /// Reads the next member, which must be this one, and hands out its bytes in pieces.
    func read(
        _ member: BackupMember, _ each: ([UInt8]) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        try Self.expect(member.place.name, member.bytes, in: file)
        var hash = SHA256()
        var left = member.bytes
        while left > 0 {
            let piece = try file.read(Int(min(left, Int64(ByteFile.pieceBytes))))
            guard !piece.isEmpty else { throw Self.damaged(file.path, "it ends within \(member.place.name)") }
            left -= Int64(piece.count)
            hash.update(data: piece)
            try each(piece)
        }
        guard hexadecimal(hash.finalize()) == member.sha256 else {
            throw Self.damaged(file.path, "\(member.place.name) is not the one that was written")
        }
        try Self.skipPadding(member.bytes, of: file)
    }

    /// Checks that nothing follows.
    func finish() throws(CommandFailure) {
        let end = try file.read(2 * BackupHeader.blockBytes + 1)
        guard end == [UInt8](repeating: 0, count: 2 * BackupHeader.blockBytes) else {
            throw damaged("it does not end after the members that its manifest names")
        }
    }

    func damaged(_ how: String) -> CommandFailure { Self.damaged(file.path, how) }

    private static func expect(_ name: String, _ bytes: Int64, in file: ByteFile) throws(CommandFailure) {
        let header = try file.read(BackupHeader.blockBytes)
        guard header == BackupHeader.block(name: name, bytes: bytes) else {
            throw damaged(file.path, "it has \(BackupHeader.description(header)) where the file \(name) is due")
        }
    }

    private static func content(_ bytes: Int, of file: ByteFile) throws(CommandFailure) -> [UInt8] {
        let content = try file.read(bytes)
        guard content.count == bytes else { throw damaged(file.path, "it ends within its manifest") }
        try skipPadding(Int64(bytes), of: file)
        return content
    }

    private static func skipPadding(_ bytes: Int64, of file: ByteFile) throws(CommandFailure) {
        let count = BackupHeader.padding(after: bytes)
        guard try file.read(count) == [UInt8](repeating: 0, count: count) else {
            throw damaged(file.path, "what fills up a block is not zero")
        }
    }

    private static func damaged(_ path: String, _ how: String) -> CommandFailure {
        CommandFailure(.refused, "\(path) is no backup, or a damaged one: \(how).")
    }
}
