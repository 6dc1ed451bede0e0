// A package as a node stores it: exactly the files of its digest, none skipped.
extension SkillPackage {
    /// Reads the directory that ``write(to:)`` wrote, with every file in it.
    /// - Throws: ``PackageError``, as for an archive.
    package init(stored directory: String) throws(PackageError) {
        var reader = PackageDirectoryReader(limits: PackageLimits(), skippedNames: [])
        try self.init(try reader.read(directory))
    }

    /// Reads an archive that was never compressed, such as git's.
    /// - Throws: ``PackageError`` for everything that is damaged, hostile or beyond the limits.
    package init(tar bytes: [UInt8]) throws(PackageError) {
        try self.init(canonicalArchive: bytes)
    }

    /// Reads what ``canonicalArchive`` gave. Whose package it is, only a comparison of ``digest`` says.
    /// - Throws: ``PackageError`` for everything that is damaged, hostile or beyond the limits.
    package init(canonicalArchive bytes: [UInt8]) throws(PackageError) {
        var reader = TarReader(bytes: bytes, limits: PackageLimits())
        try self.init(try reader.read())
    }

    /// The archive whose SHA-256 ``digest`` is.
    package var canonicalArchive: [UInt8] {
        var archive: [UInt8] = []
        TarWriter.write(entries) { archive.append(contentsOf: $0) }
        return archive
    }
}
