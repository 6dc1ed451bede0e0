public import Fields
import Glibc
import Synchronization

/// The profiles of one directory. Reloading swaps all of them at once, or none when one is wrong; runs that have begun
/// keep theirs.
public final class ProfileStore: Sendable {
    public let directory: String
    private let profiles: Mutex<[String: Profile]>

    /// Reads every `*.toml` file of `directory`.
    /// - Throws: ``FieldError`` naming file, line and key of the first mistake.
    public init(directory: String) throws(FieldError) {
        self.directory = directory
        profiles = Mutex(try Self.load(directory))
    }

    public func profile(named name: String) -> Profile? {
        profiles.withLock { $0[name] }
    }

    /// The profile of that name that skills may get; nil for one that is reserved.
    public func forSkills(named name: String) -> Profile? {
        profile(named: name).flatMap { $0.isReserved ? nil : $0 }
    }

    /// - Throws: ``FieldError`` that names the profiles there are, and the nearest.
    package func named(_ name: String) throws(FieldError) -> Profile {
        if let profile = profile(named: name) { return profile }
        throw FieldError(
            path: "", message: "There is no profile \(quoted(name)); there are \(names.joined(separator: ", "))",
            suggestion: nearestName(to: name, in: names))
    }

    /// In alphabetical order.
    public var names: [String] {
        profiles.withLock { $0.keys.sorted() }
    }

    /// Of the profiles that skills may get, in alphabetical order.
    public var namesForSkills: [String] {
        profiles.withLock { all in all.values.filter { !$0.isReserved }.map(\.name).sorted() }
    }

    /// Reads the directory again; on an error the profiles stay as they were.
    public func reload() throws(FieldError) {
        let loaded = try Self.load(directory)
        profiles.withLock { $0 = loaded }
    }

    /// Reads one file outside the directory, over the profiles of the directory.
    package func load(file: String) throws(FieldError) -> Profile {
        let known = profiles.withLock { $0 }
        guard let text = Self.read(file) else {
            throw FieldError(path: "", message: "there is no readable file of at most 256 KiB", file: file)
        }
        let name = file.split(separator: "/").last.map(String.init) ?? file
        var decoder = ProfileDecoder(name: name.hasSuffix(".toml") ? String(name.dropLast(5)) : name, file: file) {
            (base) throws(FieldError) in
            guard let profile = known[base] else {
                throw FieldError(
                    path: "extends", message: "there is no profile \(quoted(base)) in \(self.directory)",
                    suggestion: nearestName(to: base, in: known.keys.sorted()), file: file)
            }
            return profile
        }
        return try decoder.decode(text)
    }

    private static let fileBytesMax = 256 * 1024
    private static let extendsDepthMax = 8

    private static func load(_ directory: String) throws(FieldError) -> [String: Profile] {
        var loaded: [String: Profile] = [:]
        for name in try names(directory) { _ = try resolve(name, directory, &loaded, depth: 0) }
        return loaded
    }

    /// Every profile of a directory by itself, or why it cannot be loaded, in alphabetical order.
    /// - Throws: ``FieldError`` when the directory cannot be read.
    package static func loadEach(
        _ directory: String
    ) throws(FieldError) -> [(name: String, result: Result<Profile, FieldError>)] {
        var all: [(name: String, result: Result<Profile, FieldError>)] = []
        for name in try names(directory) {
            var loaded: [String: Profile] = [:]
            do throws(FieldError) {
                all.append((name, .success(try resolve(name, directory, &loaded, depth: 0))))
            } catch {
                all.append((name, .failure(error)))
            }
        }
        return all
    }

    private static func names(_ directory: String) throws(FieldError) -> [String] {
        guard let stream = unsafe opendir(directory) else {
            throw FieldError(
                path: "", message: "cannot read the profiles directory: \(describe(errno))", file: directory)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".toml") { names.append(String(name.dropLast(5))) }
        }
        return names.sorted()
    }

    private static func resolve(
        _ name: String, _ directory: String, _ loaded: inout [String: Profile], depth: Int
    ) throws(FieldError) -> Profile {
        if let known = loaded[name] { return known }
        let file = "\(directory)/\(name).toml"
        guard depth <= extendsDepthMax else {
            throw FieldError(
                path: "extends", message: "goes round in a circle, or deeper than \(extendsDepthMax)", file: file)
        }
        guard isProfileName(name), let text = read(file) else {
            throw FieldError(path: "", message: "there is no readable profile \(name) of at most 256 KiB", file: file)
        }
        // Bases first, so that decoding itself needs no recursion.
        var bases = loaded
        if let base = try baseName(text, file) { bases[base] = try resolve(base, directory, &loaded, depth: depth + 1) }
        var decoder = ProfileDecoder(name: name, file: file) { (base) throws(FieldError) in
            guard let profile = bases[base] else {
                throw FieldError(
                    path: "extends", message: "there is no profile \(quoted(base))",
                    suggestion: nearestName(to: base, in: bases.keys.sorted()), file: file)
            }
            return profile
        }
        let profile = try decoder.decode(text)
        loaded[name] = profile
        return profile
    }

    private static func baseName(_ text: String, _ file: String) throws(FieldError) -> String? {
        try FieldReader.toml(text, file: file).optionalString("extends", maxBytes: 64)
    }

    private static func isProfileName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
    }

    static func read(_ path: String) -> String? {
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: fileBytesMax + 1) { buffer, count in
            count = unsafe max(0, Glibc.read(fd, buffer.baseAddress, buffer.count))
        }
        return bytes.count <= fileBytesMax ? String(validating: bytes, as: UTF8.self) : nil
    }
}

/// The system's words for an errno.
func describe(_ errno: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 128)
    _ = unsafe strerror_r(errno, &buffer, buffer.count)
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
