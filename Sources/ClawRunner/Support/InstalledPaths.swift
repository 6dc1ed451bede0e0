import Foundation

/// Where the parts of an installation lie: the launcher, the profiles, the runtimes and the examples.
///
/// Each part is looked for in this order:
/// 1. its environment variable: `CLAWRUNNER_LAUNCHER`, `CLAWRUNNER_PROFILES`, `CLAWRUNNER_RUNTIMES`,
///    `CLAWRUNNER_EXAMPLES`;
/// 2. beside an installed executable: `PREFIX/bin/clawrunner` has `PREFIX/libexec/clawrunner/claw-launcher` and
///    `PREFIX/share/clawrunner/{profiles,runtimes,examples}`;
/// 3. in a source tree: the launcher beside the built executable, the folders beside the `Package.swift` above it.
struct InstalledPaths: Sendable {
    enum Part: String, CaseIterable, Sendable {
        case launcher, profiles, runtimes, examples

        var variable: String { "CLAWRUNNER_" + rawValue.uppercased() }
    }

    /// The paths of the running process.
    static let current = InstalledPaths(
        executable: Self.runningExecutable(), environment: ProcessInfo.processInfo.environment)

    /// The absolute path of the running executable, symbolic links resolved.
    let executable: String
    let environment: [String: String]

    init(executable: String, environment: [String: String]) {
        self.executable = executable
        self.environment = environment
    }

    /// The absolute path of a part that exists.
    ///
    /// - Throws: ``MissingPart``, whose sentence names every place that was looked at and the variable that overrides.
    func path(of part: Part) throws(MissingPart) -> String {
        if let named = environment[part.variable], !named.isEmpty {
            let absolute = Self.absolute(named)
            guard Self.exists(absolute, part) else { throw MissingPart(part: part, tried: [absolute], named: true) }
            return absolute
        }
        let places = candidates(for: part)
        for place in places where Self.exists(place, part) { return place }
        throw MissingPart(part: part, tried: places, named: false)
    }

    private func candidates(for part: Part) -> [String] {
        let folder = (executable as NSString).deletingLastPathComponent
        let prefix = (folder as NSString).deletingLastPathComponent
        switch part {
        case .launcher:
            return ["\(prefix)/libexec/clawrunner/claw-launcher", "\(folder)/claw-launcher"]
        case .profiles, .runtimes:
            return ["\(prefix)/share/clawrunner/\(part.rawValue)"]
                + (sourceTree(above: folder).map { ["\($0)/\(part.rawValue)"] } ?? [])
        case .examples:
            return ["\(prefix)/share/clawrunner/examples"]
                + (sourceTree(above: folder).map { ["\($0)/Examples"] } ?? [])
        }
    }

    /// The nearest folder above `folder` that holds a `Package.swift`: a checkout that was built in place.
    private func sourceTree(above folder: String) -> String? {
        var folder = folder
        while folder.count > 1 {
            if FileManager.default.fileExists(atPath: "\(folder)/Package.swift") { return folder }
            folder = (folder as NSString).deletingLastPathComponent
        }
        return nil
    }

    private static func exists(_ path: String, _ part: Part) -> Bool {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return false }
        return isDirectory.boolValue == (part != .launcher)
    }

    private static func runningExecutable() -> String {
        let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        // The kernel marks an executable that was replaced while it ran.
        let marker = " (deleted)"
        guard let path else { return CommandLine.arguments.first.map(absolute) ?? "clawrunner" }
        return path.hasSuffix(marker) ? String(path.dropLast(marker.count)) : path
    }

    static func absolute(_ path: String) -> String {
        let isOwnHome = path == "~" || path.hasPrefix("~/")
        let expanded =
            isOwnHome ? DefaultPlaces.current.home + path.dropFirst() : (path as NSString).expandingTildeInPath
        guard !expanded.hasPrefix("/") else { return (expanded as NSString).standardizingPath }
        return ("\(FileManager.default.currentDirectoryPath)/\(expanded)" as NSString).standardizingPath
    }
}

/// A part of the installation that is in none of the places where it should be.
struct MissingPart: Error, CustomStringConvertible {
    let part: InstalledPaths.Part
    let tried: [String]
    /// The place came from the environment variable.
    let named: Bool

    var description: String {
        if named {
            return "\(part.variable) names \(tried.joined()), which does not exist or is of the wrong kind."
        }
        let verb = part == .launcher ? "was" : "were"
        return "The \(part.rawValue) of this installation \(verb) not found in \(tried.joined(separator: " or ")). "
            + "Reinstall clawrunner, or set \(part.variable)."
    }
}
