internal import Fields
import Glibc
internal import SandboxProtocol
import Synchronization

/// Reads one profile file strictly, over the profile that it extends.
struct ProfileDecoder {
    let name: String
    let file: String
    /// Resolves `extends`.
    let base: (String) throws(FieldError) -> Profile
    var places: [String: ProfilePlace] = [:]
    var statements: [ProfileStatement] = []

    private static let nextIdentity = Atomic<UInt64>(1)

    init(name: String, file: String, base: @escaping (String) throws(FieldError) -> Profile) {
        self.name = name
        self.file = file
        self.base = base
    }

    mutating func decode(_ text: String) throws(FieldError) -> Profile {
        let reader = try FieldReader.toml(text, file: file)
        let parent = try reader.optionalString("extends", maxBytes: 64).map(base)
        places = parent?.places ?? [:]
        note(reader, "extends", parent?.name)
        let description = try reader.string("description", minBytes: 1, maxBytes: 1024)
        note(reader, "description", description)
        let reserved = try reader.optionalBool("reserved")
        note(reader, "reserved", reserved.map { "\($0)" })
        let runtime = try choice(reader, "runtime", ProfileKey.runtimes)
        let limits = try limits(reader, parent)
        let environment = try environment(reader, parent)
        let rootfs = try rootfs(reader)
        let mounts = try mounts(reader)
        let syscalls = try syscalls(reader, parent?.syscalls)
        let requires = try layers(reader, "requires")
        let permitDegraded = try layers(reader, "permitDegraded")
        let (destinations, declaresDestinations) = try network(reader)
        let tmpExecutable = try reader.optionalBool("tmpExecutable")
        note(reader, "tmpExecutable", tmpExecutable.map { "\($0)" })
        let warm = try warm(reader, parent?.warm ?? .standard)
        let landlock = try landlock(
            reader, parent?.landlock ?? LandlockPaths(), mounts ?? parent?.mounts ?? [], rootfs ?? parent?.rootfs)
        try reader.finish()
        return Profile(
            name: name, description: description, isReserved: reserved ?? parent?.isReserved ?? false,
            runtime: runtime ?? parent?.runtime, limits: limits,
            environment: environment, destinations: destinations ?? parent?.destinations ?? [],
            declaresDestinations: declaresDestinations ?? parent?.declaresDestinations ?? true,
            rootfs: rootfs ?? parent?.rootfs, mounts: mounts ?? parent?.mounts ?? [],
            syscalls: syscalls, landlock: landlock, requires: requires ?? parent?.requires ?? .all,
            permitDegraded: permitDegraded ?? parent?.permitDegraded ?? LayerSet([]),
            tmpExecutable: tmpExecutable ?? parent?.tmpExecutable ?? true, warm: warm,
            identity: Self.nextIdentity.add(1, ordering: .relaxed).oldValue, places: places, statements: statements,
            file: file, bases: parent.map { [$0] } ?? [])
    }

    // MARK: Places

    func place(_ reader: FieldReader, _ key: String) -> ProfilePlace {
        ProfilePlace(file: file, line: reader.line(of: key))
    }

    /// Remembers where a value stands; nothing for a value that is absent.
    mutating func note(_ reader: FieldReader, _ key: String, _ value: String?) {
        guard let value else { return }
        let path = reader.path(of: key)
        let place = place(reader, key)
        places[path] = place
        statements.append(ProfileStatement(key: path, value: value, place: place))
    }

    /// Remembers the elements of a list, each with its line.
    mutating func note(_ reader: FieldReader, _ key: String, _ values: [String]) {
        places[reader.path(of: key)] = place(reader, key)
        for (index, value) in values.enumerated() {
            statements.append(
                ProfileStatement(key: reader.path(of: key), value: value, place: place(reader, "\(key)[\(index)]")))
        }
    }

    // MARK: Values

    /// One of the names, or nil when the key is absent.
    mutating func choice(_ reader: FieldReader, _ key: String, _ names: [String]) throws(FieldError) -> String? {
        guard let value = try reader.optionalString(key, maxBytes: 64) else { return nil }
        guard names.contains(value) else {
            throw reader.error(
                key, "must be one of \(names.joined(separator: ", ")), not \(quoted(value))",
                suggestion: nearestName(to: value, in: names))
        }
        note(reader, key, value)
        return value
    }

    private mutating func limits(_ reader: FieldReader, _ parent: Profile?) throws(FieldError) -> Limits {
        let inherited = parent?.limits ?? .standard
        guard let table = try reader.optionalReader("limits") else { return inherited }
        let limits = try inherited.overridden(by: table)
        for field in Limits.fields where table.has(field.key) {
            note(table, field.key, Limits.describe(limits[keyPath: field.path], field.unit))
        }
        return limits
    }

    private mutating func environment(
        _ reader: FieldReader, _ parent: Profile?
    ) throws(FieldError) -> [String: String] {
        var environment = parent?.environment ?? ProfileDecoder.standardEnvironment
        guard let table = try reader.optionalReader("env") else { return environment }
        guard table.keys.count <= 64 else { throw reader.error("env", "has more than 64 variables") }
        for key in table.keys {
            guard isVariableName(key) else {
                throw table.error(key, "is not a variable's name: letters, digits and _ , at most 64")
            }
            let value = try table.string(key, maxBytes: 4096)
            environment[key] = value
            note(table, key, value)
        }
        try table.finish()
        return environment
    }

    private mutating func network(
        _ reader: FieldReader
    ) throws(FieldError) -> (allow: [NetworkDestination]?, declare: Bool?) {
        guard let table = try reader.optionalReader("network") else { return (nil, nil) }
        let allow = table.has("allow") ? try table.destinations("allow") : nil
        if let allow { note(table, "allow", allow.map(\.description)) }
        let declare = try table.optionalBool("declare")
        note(table, "declare", declare.map { "\($0)" })
        return (allow, declare)
    }

    private mutating func warm(_ reader: FieldReader, _ inherited: WarmSettings) throws(FieldError) -> WarmSettings {
        var warm = inherited
        guard let table = try reader.optionalReader("warm") else { return warm }
        if let count = try table.optionalInt("sandboxes", in: WarmSettings.sandboxesRange) {
            warm.sandboxesMax = Int(count)
            note(table, "sandboxes", "\(count)")
        }
        for (key, path) in [("interpreters", \WarmSettings.interpreters), ("skills", \WarmSettings.skills)] {
            guard let value = try table.optionalBool(key) else { continue }
            warm[keyPath: path] = value
            note(table, key, "\(value)")
        }
        try table.finish()
        return warm
    }

    /// DESIGN of the contract with a skill: where programs are found and where they may write.
    static let standardEnvironment = [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8",
    ]

    private mutating func layers(_ reader: FieldReader, _ key: String) throws(FieldError) -> LayerSet? {
        guard reader.has(key) else { return nil }
        let names = try reader.strings(key, maxCount: Layer.allCases.count, maxBytes: 32)
        note(reader, key, names)
        var layers: [Layer] = []
        for (index, name) in names.enumerated() {
            guard let layer = Layer(name: name) else {
                let known = Layer.allCases.map(\.name)
                throw reader.error(
                    "\(key)[\(index)]", "\(quoted(name)) is not a layer; there are \(known.joined(separator: ", "))",
                    suggestion: nearestName(to: name, in: known))
            }
            layers.append(layer)
        }
        return LayerSet(layers)
    }
}

/// POSIX names of environment variables, at most 64 bytes.
func isVariableName(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, bytes.count <= 64, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
        return false
    }
    return bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
