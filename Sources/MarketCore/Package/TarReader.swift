/// Reads a tar archive: ustar, GNU (long names) and PAX.
struct TarReader {
    static let blockBytes = 512
    /// Of a long name or an extended header.
    static let extensionBytesMax = 64 << 10

    private let bytes: [UInt8]
    private var position = 0
    private var tree: PackageTree
    private var pending = Pending()
    private var headers = 0

    /// What extended headers say of the entry that follows them.
    private struct Pending {
        var path: String?
        var linkTarget: String?
        var size: Int?
    }

    init(bytes: [UInt8], limits: PackageLimits) {
        self.bytes = bytes
        tree = PackageTree(limits: limits)
    }

    mutating func read() throws(PackageError) -> PackageTree {
        guard !bytes.isEmpty else { throw PackageError(.empty) }
        while position < bytes.count {
            guard position + Self.blockBytes <= bytes.count else { throw damaged("it ends within a header") }
            let block = bytes[position..<position + Self.blockBytes]
            if block.allSatisfy({ $0 == 0 }) { break }
            headers += 1
            guard headers <= 4 * tree.limits.entriesMax else {
                throw PackageError(.tooManyEntries(maximum: tree.limits.entriesMax))
            }
            position += Self.blockBytes
            try readEntry(try TarHeader(block))
        }
        return tree
    }

    private mutating func readEntry(_ header: TarHeader) throws(PackageError) {
        switch header.type {
        case UInt8(ascii: "L"):
            pending.path = try text(of: try data(header.size, "a long name"), "a long name")
        case UInt8(ascii: "K"):
            pending.linkTarget = try text(of: try data(header.size, "a long name"), "a long name")
        case UInt8(ascii: "x"):
            try readExtended(try data(header.size, "an extended header"), isGlobal: false)
        case UInt8(ascii: "g"):
            try readExtended(try data(header.size, "an extended header"), isGlobal: true)
        default:
            let extended = pending
            pending = Pending()
            let path = if let path = extended.path { path } else { try header.path }
            let size = extended.size ?? header.size
            try add(header, path: path, target: extended.linkTarget, size: size)
        }
    }

    private mutating func add(
        _ header: TarHeader, path: String, target: String?, size: Int
    ) throws(PackageError) {
        switch header.type {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
            // Before ustar a directory was a file whose name ends in a slash.
            if path.hasSuffix("/"), size == 0 { return try tree.add(path, .directory) }
            guard size <= tree.limits.fileBytesMax else {
                throw PackageError(.fileTooLarge(bytesMaximum: tree.limits.fileBytesMax), entry: path)
            }
            let contents = try take(size, path)
            try tree.add(path, .file(bytes: contents, executable: header.isExecutable))
        case UInt8(ascii: "5"):
            try requireNoData(size, path)
            try tree.add(path, .directory)
        case UInt8(ascii: "2"):
            try requireNoData(size, path)
            try tree.add(path, .symlink(target: try linkTarget(header, target)))
        case UInt8(ascii: "1"):
            try requireNoData(size, path)
            try addHardLink(path, to: try linkTarget(header, target))
        case UInt8(ascii: "3"): throw PackageError(.notAFile("character device"), entry: path)
        case UInt8(ascii: "4"): throw PackageError(.notAFile("block device"), entry: path)
        case UInt8(ascii: "6"): throw PackageError(.notAFile("fifo"), entry: path)
        case UInt8(ascii: "S"): throw PackageError(.notAFile("sparse file"), entry: path)
        default: throw PackageError(.notAFile("entry of the unknown kind \(header.type)"), entry: path)
        }
    }

    private func linkTarget(_ header: TarHeader, _ extended: String?) throws(PackageError) -> String {
        if let extended { extended } else { try header.linkTarget }
    }

    /// A hard link names an entry that came before it; it becomes a copy.
    private mutating func addHardLink(_ path: String, to target: String) throws(PackageError) {
        let components: [String]
        do throws(PackageError) {
            components = try PackageEntry.components(of: target)
        } catch {
            throw PackageError(.badLink("it leads out of the package"), entry: path)
        }
        guard case .file? = tree.kinds[components.joined(separator: "/")],
            let kind = tree.kinds[components.joined(separator: "/")]
        else { throw PackageError(.badLink("it leads to no file that comes before it"), entry: path) }
        try tree.add(path, kind)
    }

    // MARK: PAX

    /// Records of the form `27 path=long/name\n`, the number being the length of the record.
    private mutating func readExtended(_ data: ArraySlice<UInt8>, isGlobal: Bool) throws(PackageError) {
        var rest = data
        while !rest.isEmpty {
            guard let blank = rest.firstIndex(of: 0x20), blank - rest.startIndex <= 8,
                let length = Int(String(decoding: rest[rest.startIndex..<blank], as: UTF8.self)),
                length > blank - rest.startIndex + 1, length <= rest.count
            else { throw damaged("an extended header is malformed") }
            let record = rest[(blank + 1)..<(rest.startIndex + length)]
            guard record.last == 0x0A, let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                throw damaged("an extended header is malformed")
            }
            let key = String(decoding: record[record.startIndex..<equals], as: UTF8.self)
            try apply(key, record[(equals + 1)..<(record.endIndex - 1)], isGlobal: isGlobal)
            rest = rest.dropFirst(length)
        }
    }

    private mutating func apply(_ key: String, _ value: ArraySlice<UInt8>, isGlobal: Bool) throws(PackageError) {
        switch key {
        case "path", "linkpath", "size":
            guard !isGlobal else { throw damaged("a global header sets \(key)") }
            let text = try text(of: value, "an extended header", allowsNulAtEnd: false)
            if key == "path" {
                pending.path = text
            } else if key == "linkpath" {
                pending.linkTarget = text
            } else {
                guard let size = Int(text), size >= 0 else { throw damaged("an extended header has a bad size") }
                pending.size = size
            }
        case "hdrcharset":
            guard String(decoding: value, as: UTF8.self) == "ISO-IR 10646 2000 UTF-8" else {
                throw damaged("its names are not in UTF-8")
            }
        case _ where key.hasPrefix("GNU.sparse"):
            throw PackageError(.notAFile("sparse file"), entry: pending.path)
        default:
            // Times, owners and the like are ignored.
            break
        }
    }

    // MARK: Steps

    private mutating func data(_ size: Int, _ what: String) throws(PackageError) -> ArraySlice<UInt8> {
        guard size <= Self.extensionBytesMax else { throw damaged("\(what) is too long") }
        return try take(size, nil)[...]
    }

    /// The data behind a header; moves on to the next one.
    private mutating func take(_ size: Int, _ entry: String?) throws(PackageError) -> [UInt8] {
        guard size <= bytes.count - position else {
            throw PackageError(.notTar("it ends within an entry"), entry: entry)
        }
        let data = Array(bytes[position..<position + size])
        let padded = (size + Self.blockBytes - 1) / Self.blockBytes * Self.blockBytes
        position = min(position + padded, bytes.count)
        return data
    }

    private func requireNoData(_ size: Int, _ entry: String) throws(PackageError) {
        guard size == 0 else { throw PackageError(.notTar("a link or directory has contents"), entry: entry) }
    }

    private func text(
        of bytes: ArraySlice<UInt8>, _ what: String, allowsNulAtEnd: Bool = true
    ) throws(PackageError) -> String {
        let end = allowsNulAtEnd && bytes.last == 0 ? bytes.dropLast() : bytes
        guard !end.contains(0), let text = String(validating: end, as: UTF8.self) else {
            throw damaged("\(what) is not UTF-8 text")
        }
        return text
    }

    private func damaged(_ detail: String) -> PackageError { PackageError(.notTar(detail)) }
}
