import Glibc

/// Collects the files of a directory on disk. Whoever changes it meanwhile cannot lead the reader out of it: every
/// step opens one name below a descriptor, without following links.
struct PackageDirectoryReader {
    static let skippedNames: Set<String> = [".git", ".hg", ".svn", ".DS_Store", "__pycache__"]

    private let skippedNames: Set<String>
    private var tree: PackageTree

    init(limits: PackageLimits, skippedNames: Set<String> = Self.skippedNames) {
        self.skippedNames = skippedNames
        tree = PackageTree(limits: limits)
    }

    mutating func read(_ directory: String) throws(PackageError) -> PackageTree {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw PackageError(.system("opened", errno: errno), entry: directory) }
        try read(descriptor, path: "", depth: 0)
        return tree
    }

    /// Takes over the descriptor.
    private mutating func read(_ descriptor: Int32, path: String, depth: Int) throws(PackageError) {
        guard depth <= PackageEntry.depthMax else {
            close(descriptor)
            throw PackageError(.badPath("it has more than \(PackageEntry.depthMax) parts"), entry: path)
        }
        guard let stream = fdopendir(descriptor) else {
            let code = errno
            close(descriptor)
            throw PackageError(.system("read", errno: code), entry: path)
        }
        defer { closedir(stream) }
        for name in try names(stream, path: path) where !skippedNames.contains(name) {
            try add(name, in: dirfd(stream), path: path.isEmpty ? name : path + "/" + name, depth: depth)
        }
    }

    private func names(_ stream: OpaquePointer, path: String) throws(PackageError) -> [String] {
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw PackageError(.system("read", errno: errno), entry: path) }
                return names
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            guard let name else { throw PackageError(.badPath("a name in it is not UTF-8"), entry: path) }
            guard name != ".", name != ".." else { continue }
            names.append(name)
            guard names.count <= tree.limits.entriesMax + skippedNames.count else {
                throw PackageError(.tooManyEntries(maximum: tree.limits.entriesMax))
            }
        }
    }

    private mutating func add(_ name: String, in parent: Int32, path: String, depth: Int) throws(PackageError) {
        var status = stat()
        guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw PackageError(.system("read", errno: errno), entry: path)
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            try tree.add(path, .directory)
            let descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { throw PackageError(.system("opened", errno: errno), entry: path) }
            try read(descriptor, path: path, depth: depth + 1)
        case S_IFREG:
            // Not blocking, should it have become a fifo since.
            let descriptor = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0 else { throw PackageError(.system("opened", errno: errno), entry: path) }
            defer { close(descriptor) }
            let bytes = try contents(descriptor, path: path)
            try tree.add(path, .file(bytes: bytes, executable: status.st_mode & 0o100 != 0))
        case S_IFLNK:
            try tree.add(path, .symlink(target: try target(of: name, in: parent, path: path)))
        case S_IFIFO: throw PackageError(.notAFile("fifo"), entry: path)
        case S_IFSOCK: throw PackageError(.notAFile("socket"), entry: path)
        case S_IFCHR: throw PackageError(.notAFile("character device"), entry: path)
        default: throw PackageError(.notAFile("block device"), entry: path)
        }
    }

    private func contents(_ descriptor: Int32, path: String) throws(PackageError) -> [UInt8] {
        let maximum = min(tree.limits.fileBytesMax, tree.limits.totalBytesMax - tree.totalBytes)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 128 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                guard errno == EINTR else { throw PackageError(.system("read", errno: errno), entry: path) }
                continue
            }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= maximum else {
                let isFile = bytes.count > tree.limits.fileBytesMax
                throw PackageError(
                    isFile
                        ? .fileTooLarge(bytesMaximum: tree.limits.fileBytesMax)
                        : .packageTooLarge(bytesMaximum: tree.limits.totalBytesMax), entry: path)
            }
        }
    }

    private func target(of name: String, in parent: Int32, path: String) throws(PackageError) -> String {
        var buffer = [CChar](repeating: 0, count: PackageEntry.pathBytesMax + 2)
        let count = readlinkat(parent, name, &buffer, buffer.count - 1)
        guard count >= 0 else { throw PackageError(.system("read", errno: errno), entry: path) }
        guard let text = String(validating: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) else {
            throw PackageError(.badLink("its target is not UTF-8"), entry: path)
        }
        return text
    }
}

/// What the operating system says of an error number.
func systemMessage(_ code: Int32) -> String {
    // Its buffer is the thread's own since glibc 2.32.
    strerror(code).map { String(cString: $0) } ?? "error \(code)"
}
