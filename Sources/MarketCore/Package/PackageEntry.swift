/// One file, directory or link of a package.
public struct PackageEntry: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case directory
        case file(bytes: [UInt8], executable: Bool)
        /// The target is relative and leads to something within the package.
        case symlink(target: String)
    }

    /// Relative, without `.` and `..`, with `/` between the parts.
    public let path: String
    public let kind: Kind

    public init(path: String, kind: Kind) {
        self.path = path
        self.kind = kind
    }
}

extension PackageEntry {
    static let pathBytesMax = 1024
    static let componentBytesMax = 255
    static let depthMax = 32

    /// The parts of a path as an archive or a directory gives it; none for the package itself, such as `./`.
    static func components(of path: String) throws(PackageError) -> [String] {
        guard !path.isEmpty else { throw PackageError(.badPath("it is empty"), entry: path) }
        guard !path.hasPrefix("/") else { throw PackageError(.absolutePath, entry: path) }
        guard path.utf8.count <= pathBytesMax else {
            throw PackageError(.badPath("it is longer than \(pathBytesMax) bytes"), entry: path)
        }
        guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw PackageError(.badPath("it contains a control character"), entry: path)
        }
        let components = path.split(separator: "/").filter { $0 != "." }.map(String.init)
        guard !components.contains("..") else { throw PackageError(.traversal, entry: path) }
        guard components.count <= depthMax else {
            throw PackageError(.badPath("it has more than \(depthMax) parts"), entry: path)
        }
        guard components.allSatisfy({ $0.utf8.count <= componentBytesMax }) else {
            throw PackageError(.badPath("a part of it is longer than \(componentBytesMax) bytes"), entry: path)
        }
        return components
    }
}
