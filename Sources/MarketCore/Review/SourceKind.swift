/// What a file of a package is, as far as its review is concerned.
enum SourceKind: Hashable, Sendable {
    case python, javascript, shell
    /// Source in another language.
    case otherCode
    /// For people and agents to read.
    case text
    case packageJSON
    case data
    case elf, wasm
    /// For another operating system.
    case foreignProgram
    case archive(encrypted: Bool)
    case compiledPython
    case binary

    var isCode: Bool {
        switch self {
        case .python, .javascript, .shell, .otherCode: true
        default: false
        }
    }

    var isProgram: Bool { self == .elf || self == .foreignProgram }

    init(path: String, bytes: [UInt8]) {
        if let kind = Self.byContents(bytes) {
            self = kind
            return
        }
        let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
        let ending = name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? ""
        if name == "package.json" {
            self = .packageJSON
        } else if let kind = Self.endings[ending] {
            self = kind
        } else if let kind = Self.byInterpreter(bytes) {
            self = kind
        } else if bytes.prefix(8192).contains(0) {
            self = .binary
        } else {
            self = ending.isEmpty && name.hasPrefix("readme") ? .text : .data
        }
    }

    private static let endings: [String: SourceKind] = [
        "py": .python, "pyi": .python, "pyw": .python, "js": .javascript, "mjs": .javascript, "cjs": .javascript,
        "ts": .javascript, "jsx": .javascript, "tsx": .javascript, "sh": .shell, "bash": .shell, "zsh": .shell,
        "rb": .otherCode, "pl": .otherCode, "php": .otherCode, "lua": .otherCode, "go": .otherCode, "rs": .otherCode,
        "c": .otherCode, "h": .otherCode, "cpp": .otherCode, "cc": .otherCode, "java": .otherCode,
        "swift": .otherCode, "ps1": .otherCode, "bat": .otherCode, "cmd": .otherCode, "md": .text, "markdown": .text,
        "txt": .text, "rst": .text, "adoc": .text, "html": .text, "htm": .text, "pyc": .compiledPython,
        "pyo": .compiledPython,
    ]

    private static func byContents(_ bytes: [UInt8]) -> SourceKind? {
        func begins(_ magic: [UInt8]) -> Bool { bytes.starts(with: magic) }
        if begins([0x7F, 0x45, 0x4C, 0x46]) { return .elf }
        if begins([0x00, 0x61, 0x73, 0x6D]) { return .wasm }
        if begins([0xFE, 0xED, 0xFA, 0xCE]) || begins([0xFE, 0xED, 0xFA, 0xCF]) || begins([0xCE, 0xFA, 0xED, 0xFE])
            || begins([0xCF, 0xFA, 0xED, 0xFE]) || begins([0xCA, 0xFE, 0xBA, 0xBE])
        {
            return .foreignProgram
        }
        if begins(Array("MZ".utf8)), bytes.prefix(1024).contains(0) { return .foreignProgram }
        // Bit 0 of the general purpose flags of a local header: encrypted (APPNOTE 4.4.4).
        if begins([0x50, 0x4B, 0x03, 0x04]) { return .archive(encrypted: bytes.count > 6 && bytes[6] & 1 == 1) }
        for magic: [UInt8] in [
            [0x1F, 0x8B], Array("BZh".utf8), [0xFD, 0x37, 0x7A, 0x58, 0x5A], [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C],
            Array("Rar!".utf8), [0x28, 0xB5, 0x2F, 0xFD],
        ] where begins(magic) { return .archive(encrypted: false) }
        if bytes.count > 262, bytes[257..<262].elementsEqual("ustar".utf8) { return .archive(encrypted: false) }
        return nil
    }

    /// Begins as MP3, Ogg, RealMedia or SQLite, which ClamAV takes for harmless without a look (its type `CL_TYPE_IGNORED`).
    static func beginsAsData(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0xFF, 0xFB, 0x90])
            || ["ID3", "OggS", ".RMF", "SQLite format"].contains { bytes.starts(with: $0.utf8) }
    }

    /// Ends with the record that ends a zip archive and the comment that may follow it (APPNOTE 4.3.16).
    static func endsAsArchive(_ bytes: [UInt8]) -> Bool {
        let tail = bytes.suffix(22 + 65_535)
        return tail.indices.contains { index in
            bytes[index] == 0x50 && bytes[index...].starts(with: [0x50, 0x4B, 0x05, 0x06])
        }
    }

    private static func byInterpreter(_ bytes: [UInt8]) -> SourceKind? {
        guard bytes.starts(with: "#!".utf8) else { return nil }
        let line = String(decoding: bytes.prefix(128).prefix { $0 != 0x0A }, as: UTF8.self)
        if line.contains("python") { return .python }
        if line.contains("node") || line.contains("deno") || line.contains("bun") { return .javascript }
        return line.contains("sh") ? .shell : .otherCode
    }
}
