import Fields

/// Bounds on a package that is read.
public struct PackageLimits: Hashable, Sendable {
    /// What ``archiveBytesMax`` is when nobody says otherwise, here and in a daemon.
    public static let archiveBytesStandard = 32 << 20

    /// Of the compressed archive.
    public var archiveBytesMax: Int
    /// Files, directories and links.
    public var entriesMax: Int
    public var fileBytesMax: Int
    /// Of all files together.
    public var totalBytesMax: Int
    /// How many times larger an archive may be unpacked, once it is past ``ratioFreeBytes``.
    public var ratioMax: Int
    public var ratioFreeBytes: Int

    public init(
        archiveBytesMax: Int = archiveBytesStandard, entriesMax: Int = 4096, fileBytesMax: Int = 32 << 20,
        totalBytesMax: Int = 64 << 20, ratioMax: Int = 200, ratioFreeBytes: Int = 8 << 20
    ) {
        self.archiveBytesMax = archiveBytesMax
        self.entriesMax = entriesMax
        self.fileBytesMax = fileBytesMax
        self.totalBytesMax = totalBytesMax
        self.ratioMax = ratioMax
        self.ratioFreeBytes = ratioFreeBytes
    }
}

/// Why an archive or a directory is not a package, and which entry is to blame.
public struct PackageError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// Not gzip, or damaged.
        case notGzip
        /// Not tar, or damaged; says what is wrong.
        case notTar(String)
        case archiveTooLarge(bytesMaximum: Int)
        /// Unpacks to many times its size.
        case bomb(ratioMaximum: Int)
        case tooManyEntries(maximum: Int)
        case fileTooLarge(bytesMaximum: Int)
        case packageTooLarge(bytesMaximum: Int)
        case absolutePath
        /// The path has a `..`.
        case traversal
        /// The path is empty, too long, too deep or has characters that are not accepted; says which.
        case badPath(String)
        /// A link that leads out of the package, or nowhere in it; says which.
        case badLink(String)
        /// A device, fifo, socket or another kind that is no file, directory or link; names it.
        case notAFile(String)
        case duplicate
        /// Lies within something that is no directory.
        case parentNotDirectory
        case empty
        /// The operating system refused; says what was done, with its error number.
        case system(String, errno: Int32)
    }

    public let reason: Reason
    /// The path as the archive or the directory has it; nil for the whole.
    public let entry: String?

    public init(_ reason: Reason, entry: String? = nil) {
        self.reason = reason
        self.entry = entry
    }

    public var description: String {
        let what =
            switch reason {
            case .notGzip: "is not a .tar.gz archive, or is damaged"
            case .notTar(let detail): "is not a tar archive that can be read: \(detail)"
            case .archiveTooLarge(let maximum): "is larger than \(maximum) bytes"
            case .bomb(let maximum): "unpacks to more than \(maximum) times its size"
            case .tooManyEntries(let maximum): "has more than \(maximum) entries"
            case .fileTooLarge(let maximum): "is larger than \(maximum) bytes"
            case .packageTooLarge(let maximum): "has more than \(maximum) bytes of files"
            case .absolutePath: "has an absolute path; paths are relative to the package"
            case .traversal: "has a path with .., which is not accepted"
            case .badPath(let detail): "has a path that is not accepted: \(detail)"
            case .badLink(let detail): "is a link that is not accepted: \(detail)"
            case .notAFile(let kind): "is a \(kind); a package has files, directories and links only"
            case .duplicate: "appears twice"
            case .parentNotDirectory: "lies within something that is not a directory"
            case .empty: "has no files"
            case .system(let action, let errno): "could not be \(action): \(systemMessage(errno))"
            }
        return (entry.map { "entry \(quoted($0)) " } ?? "the package ") + what
    }
}
