import Crypto

/// The files of one version of a skill, held in memory, checked and in canonical form.
///
/// ```swift
/// let package = try SkillPackage(archive: body)
/// let manifest = try package.manifest()
/// try package.write(to: "packages/" + package.digest.hex)
/// ```
///
/// Whether it came from an archive or a directory, with or without entries for its directories, in whatever order: the
/// same files give the same ``digest``.
public struct SkillPackage: Sendable {
    /// By the bytes of their paths; every directory has its own.
    public let entries: [PackageEntry]
    /// SHA-256 of the canonical archive before compression.
    public let digest: PackageDigest
    /// Bytes of all files.
    public let size: Int64
    private let tree: PackageTree

    /// Reads a `.tar.gz` (ustar, GNU or PAX).
    ///
    /// Owners, groups and times are ignored; of the mode only the owner's execute bit counts. Hard links become copies.
    /// - Throws: ``PackageError`` for everything that is damaged, hostile or beyond `limits`.
    public init(archive: [UInt8], limits: PackageLimits = PackageLimits()) throws(PackageError) {
        var reader = TarReader(bytes: try Gzip.decompress(archive, limits: limits), limits: limits)
        try self.init(try reader.read())
    }

    /// Reads a directory with all that is in it, except version control (`.git`, `.hg`, `.svn`), `.DS_Store` and
    /// `__pycache__`.
    ///
    /// Blocks on the file system. Links are taken as they are, never followed.
    /// - Throws: ``PackageError``, as for an archive.
    public init(directory: String, limits: PackageLimits = PackageLimits()) throws(PackageError) {
        var reader = PackageDirectoryReader(limits: limits)
        try self.init(try reader.read(directory))
    }

    init(_ tree: PackageTree) throws(PackageError) {
        self.tree = tree
        entries = try tree.entries()
        size = Int64(tree.totalBytes)
        var hash = SHA256()
        TarWriter.write(entries) { hash.update(data: $0) }
        digest = PackageDigest(hash.finalize())
    }

    /// The canonical archive, compressed: sorted, without owners and times. Reading it gives an equal package.
    public func compressedArchive() throws(PackageError) -> [UInt8] {
        var archive: [UInt8] = []
        TarWriter.write(entries) { archive.append(contentsOf: $0) }
        return try Gzip.compress(archive)
    }

    /// The file at a path, links followed; nil when there is none.
    public func file(_ path: String) -> (bytes: [UInt8], executable: Bool)? {
        guard let place = try? tree.resolve(path), case .file(let bytes, let executable)? = tree.kinds[place] else {
            return nil
        }
        return (bytes, executable)
    }

    /// Whether there is a directory at a path, links followed.
    public func hasDirectory(_ path: String) -> Bool {
        guard let place = try? tree.resolve(path) else { return false }
        return tree.kinds[place] == .directory
    }
}

extension SkillPackage: Hashable {
    public static func == (left: Self, right: Self) -> Bool { left.digest == right.digest }
    public func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}
