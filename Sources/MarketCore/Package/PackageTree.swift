/// The files of a package while they are collected: no path twice, nothing within a file, no link that leaves.
struct PackageTree {
    let limits: PackageLimits
    private(set) var kinds: [String: PackageEntry.Kind] = [:]
    private(set) var totalBytes = 0

    init(limits: PackageLimits) {
        self.limits = limits
    }

    /// Adds an entry under its path as the archive or the directory gives it, with the directories above it.
    mutating func add(_ path: String, _ kind: PackageEntry.Kind) throws(PackageError) {
        let components = try PackageEntry.components(of: path)
        guard !components.isEmpty else {
            guard kind == .directory else { throw PackageError(.badPath("it names the package itself"), entry: path) }
            return
        }
        for end in 1..<components.count {
            try put(components[..<end].joined(separator: "/"), .directory, entry: path, asParent: true)
        }
        try put(components.joined(separator: "/"), kind, entry: path, asParent: false)
    }

    private mutating func put(
        _ path: String, _ kind: PackageEntry.Kind, entry: String, asParent: Bool
    ) throws(PackageError) {
        if let existing = kinds[path] {
            // A directory may be named again, as by its contents.
            guard existing == .directory, kind == .directory else {
                throw PackageError(asParent ? .parentNotDirectory : .duplicate, entry: entry)
            }
            return
        }
        guard kinds.count < limits.entriesMax else {
            throw PackageError(.tooManyEntries(maximum: limits.entriesMax), entry: entry)
        }
        if case .file(let bytes, _) = kind {
            guard bytes.count <= limits.fileBytesMax else {
                throw PackageError(.fileTooLarge(bytesMaximum: limits.fileBytesMax), entry: entry)
            }
            totalBytes += bytes.count
            guard totalBytes <= limits.totalBytesMax else {
                throw PackageError(.packageTooLarge(bytesMaximum: limits.totalBytesMax), entry: entry)
            }
        }
        kinds[path] = kind
    }

    /// All entries by the bytes of their paths, once every link has been followed to its end.
    func entries() throws(PackageError) -> [PackageEntry] {
        guard kinds.values.contains(where: { $0 != .directory }) else { throw PackageError(.empty) }
        let entries = kinds.map { PackageEntry(path: $0.key, kind: $0.value) }
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        for entry in entries {
            guard case .symlink = entry.kind else { continue }
            _ = try resolve(entry.path)
        }
        return entries
    }

    /// Follows a path through links as the kernel would, and gives the path where it ends.
    ///
    /// Looking at the text of a target is not enough: with `d/up -> ..` the target `d/up/..` leaves the package.
    func resolve(_ path: String) throws(PackageError) -> String {
        var pending = path.split(separator: "/").reversed().map(String.init)
        var resolved: [String] = []
        var linksLeft = 40
        while let part = pending.popLast() {
            if part == "." { continue }
            if part == ".." {
                guard resolved.popLast() != nil else {
                    throw PackageError(.badLink("it leads out of the package"), entry: path)
                }
                continue
            }
            let next = (resolved + [part]).joined(separator: "/")
            switch kinds[next] {
            case nil:
                throw PackageError(.badLink("it leads to \(next), which is not in the package"), entry: path)
            case .symlink(let target):
                linksLeft -= 1
                guard linksLeft > 0 else { throw PackageError(.badLink("it leads in a circle"), entry: path) }
                guard !target.hasPrefix("/") else {
                    throw PackageError(.badLink("its target is an absolute path"), entry: path)
                }
                guard (1...PackageEntry.pathBytesMax).contains(target.utf8.count),
                    target.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
                else { throw PackageError(.badLink("its target is not a plain path"), entry: path) }
                pending += target.split(separator: "/").reversed().map(String.init)
            case .file where !pending.isEmpty:
                throw PackageError(.badLink("it leads through \(next), which is a file"), entry: path)
            case .file, .directory:
                resolved.append(part)
            }
        }
        return resolved.joined(separator: "/")
    }
}
