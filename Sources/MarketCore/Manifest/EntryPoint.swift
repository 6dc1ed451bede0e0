import Fields

/// What is started when a skill runs.
public enum EntryPoint: Hashable, Sendable {
    /// A program with its first arguments. The program is a path of the package, or a program of the sandbox.
    case program([String])
    /// A function of a file of the package.
    case handler(file: String, function: String)
    /// Nothing of the package: steps that call other skills.
    case workflow(Workflow)
}

extension EntryPoint {
    static let argumentsMax = 32

    init(_ reader: FieldReader, _ key: String, runtime: SkillManifest.Runtime) throws(FieldError) {
        switch runtime {
        case .exec:
            self = .program(try Self.program(reader, key))
        case .python, .node:
            self = try Self.handler(reader, key, runtime)
        case .workflow:
            guard !reader.has(key) else {
                throw reader.error(key, "a workflow has no program; its [[steps]] name the skills that it calls")
            }
            self = .workflow(try Workflow(reader))
        }
    }

    private static func program(_ reader: FieldReader, _ key: String) throws(FieldError) -> [String] {
        let arguments: [String]
        if case .array = try reader.requiredValue(key) {
            arguments = try reader.strings(key, maxCount: argumentsMax, maxBytes: 4096)
        } else {
            arguments = [try reader.string(key, minBytes: 1, maxBytes: 255)]
        }
        guard let program = arguments.first else {
            throw reader.error(key, "must name the program to start")
        }
        try reader.checkPackagePath(program, key)
        return arguments
    }

    private static func handler(
        _ reader: FieldReader, _ key: String, _ runtime: SkillManifest.Runtime
    ) throws(FieldError) -> EntryPoint {
        let text = try reader.string(key, minBytes: 1, maxBytes: 320)
        let example = runtime == .python ? "main.py:handler" : "main.mjs:handler"
        guard let colon = text.lastIndex(of: ":") else {
            throw reader.error(key, "must name a file and a function, such as \(quoted(example)), not \(quoted(text))")
        }
        let file = String(text[..<colon])
        let function = String(text[text.index(after: colon)...])
        try reader.checkPackagePath(file, key)
        let endings = runtime == .python ? [".py"] : [".js", ".mjs", ".cjs"]
        guard endings.contains(where: file.hasSuffix) else {
            throw reader.error(
                key, "the file of a \(runtime.rawValue) handler must end in \(endings.joined(separator: ", "))")
        }
        guard isFunctionName(function) else {
            throw reader.error(key, "\(quoted(function)) is not the name of a function, such as \(quoted(example))")
        }
        return .handler(file: file, function: function)
    }

    private static func isFunctionName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 64, !(first &- UInt8(ascii: "0") < 10) else { return false }
        return bytes.allSatisfy { byte in
            let letter = byte | 0x20
            return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter) || byte &- UInt8(ascii: "0") < 10
                || byte == UInt8(ascii: "_")
        }
    }
}

extension FieldReader {
    /// Checks that `path` names something within the package: relative, without `.` and `..`, without odd characters.
    func checkPackagePath(_ path: String, _ key: String) throws(FieldError) {
        guard !path.hasPrefix("/") else {
            throw error(
                key,
                "\(quoted(path)) is outside of the package; a path is relative to it, and a program of the sandbox"
                    + " is named without a path, such as python3")
        }
        let components = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !components.contains("..") else {
            throw error(key, "\(quoted(path)) is outside of the package; .. is not accepted")
        }
        guard components.allSatisfy({ !$0.isEmpty && $0 != "." }), path.utf8.count <= 255 else {
            throw error(key, "\(quoted(path)) is not a plain path such as \"bin/run\"")
        }
        guard path.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw error(key, "\(quoted(path)) contains a control character")
        }
    }

    /// Checks the name of a library: what package registries accept, and nothing that could leave its directory.
    func checkDependency(_ name: String, _ key: String, earlier: ArraySlice<String>) throws(FieldError) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isScoped = parts.count == 2 && name.hasPrefix("@")
        let isPlain = { (part: Substring) in
            let text = part.hasPrefix("@") ? part.dropFirst() : part
            return text.first.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } == true
                && text.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte &- UInt8(ascii: "0") < 10
                        || "_-.".utf8.contains(byte)
                }
        }
        guard isScoped || (parts.count == 1 && !name.hasPrefix("@")), parts.allSatisfy(isPlain) else {
            throw error(
                key, "\(quoted(name)) is not the name of a library, such as \"requests\"; versions are not given")
        }
        guard !earlier.contains(name) else { throw error(key, "this library appears twice") }
    }
}
