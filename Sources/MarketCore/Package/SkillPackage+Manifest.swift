public import Fields

extension SkillPackage {
    /// The name of the manifest within a package.
    public static let manifestName = "skill.toml"

    /// Reads `skill.toml` and checks it against the files: the entry point is there and can be started, the
    /// documentation is there, and so is every dependency.
    /// - Throws: `FieldError` with the line in `skill.toml` where it has one.
    public func manifest() throws(FieldError) -> SkillManifest {
        let name = Self.manifestName
        guard let bytes = file(name)?.bytes else {
            throw FieldError(path: "", message: "the package has no \(name) at its top", file: name)
        }
        guard bytes.count <= SkillManifest.bytesMax else {
            throw FieldError(path: "", message: "must be at most \(SkillManifest.bytesMax) bytes long", file: name)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FieldError(path: "", message: "is not valid UTF-8", file: name)
        }
        let reader = try FieldReader.toml(text, file: name)
        let manifest = try SkillManifest(reader)
        try checkEntryPoint(manifest.entryPoint, reader)
        if let documentation = manifest.documentation, file(documentation) == nil {
            throw reader.error("documentation", "the package has no file \(quoted(documentation))")
        }
        for (index, dependency) in manifest.dependencies.enumerated() {
            try checkDependency(dependency, manifest.runtime, reader, "dependencies[\(index)]")
        }
        return manifest
    }

    private func checkEntryPoint(_ entryPoint: EntryPoint, _ reader: FieldReader) throws(FieldError) {
        switch entryPoint {
        case .handler(let file, _):
            guard self.file(file) != nil else { throw missing(file, reader) }
        case .workflow: break
        case .program(let arguments):
            let program = arguments[0]
            if let file = file(program) {
                guard file.executable else {
                    throw reader.error(
                        "entryPoint", "\(quoted(program)) is not executable; set its mode with chmod +x")
                }
            } else if program.contains("/") || hasDirectory(program) {
                throw missing(program, reader)
            }
        // Otherwise it is a program of the sandbox.
        }
    }

    private func missing(_ path: String, _ reader: FieldReader) -> FieldError {
        let files = entries.compactMap { entry -> String? in
            if case .directory = entry.kind { nil } else { entry.path }
        }
        return reader.error(
            "entryPoint", "the package has no file \(quoted(path))",
            suggestion: nearestName(to: path, in: files))
    }

    private func checkDependency(
        _ name: String, _ runtime: SkillManifest.Runtime, _ reader: FieldReader, _ key: String
    ) throws(FieldError) {
        let isThere: Bool
        let place: String
        switch runtime {
        case .node:
            place = "node_modules/\(name)"
            isThere = hasDirectory(place)
        case .python:
            place = "vendor/\(name) or \(name)"
            isThere = hasPythonLibrary(name)
        case .exec, .workflow:
            place = "vendor/\(name)"
            isThere = hasDirectory(place) || file(place) != nil
        }
        guard isThere else {
            throw reader.error(key, "the package does not carry \(quoted(name)); it is looked for at \(place)")
        }
    }

    /// A module or package of that name, or the record that an installer leaves of a library whose modules are named
    /// otherwise, such as `vendor/beautifulsoup4-4.12.3.dist-info`.
    private func hasPythonLibrary(_ name: String) -> Bool {
        let module = Self.moduleName(name)
        for base in ["vendor/", ""] {
            for candidate in [name, module]
            where hasDirectory(base + candidate) || file("\(base)\(candidate).py") != nil {
                return true
            }
        }
        return entries.contains { entry in
            guard entry.kind == .directory, entry.path.hasSuffix(".dist-info") else { return false }
            let parts = entry.path.split(separator: "/")
            guard parts.count == 1 || (parts.count == 2 && parts[0] == "vendor"), let last = parts.last else {
                return false
            }
            return Self.moduleName(String(last.prefix { $0 != "-" })) == module
        }
    }

    private static func moduleName(_ name: String) -> String {
        String(name.lowercased().map { $0 == "-" || $0 == "." ? "_" : $0 })
    }
}
