import Fields
import Foundation
import MarketCore

/// A skill's folder, read and checked as the market would.
struct SkillFolder: Sendable {
    let path: String
    let package: SkillPackage
    let manifest: SkillManifest

    /// - Throws: ``CommandFailure`` with the file, the line and the fix for whatever is wrong with the folder.
    init(_ path: String) throws(CommandFailure) {
        self.path = InstalledPaths.absolute(path)
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: self.path, isDirectory: &isDirectory) else {
            throw CommandFailure(
                .usage, "There is no folder \(path).", hint: "Begin one with `clawrunner skill init NAME`.")
        }
        guard isDirectory.boolValue else { throw CommandFailure(.usage, "\(path) is not a folder.") }
        guard FileManager.default.fileExists(atPath: "\(self.path)/skill.toml") else {
            throw CommandFailure(
                .usage, "\(path) has no skill.toml, so it is not a skill.",
                hint: "Begin a skill with `clawrunner skill init NAME`.")
        }
        do {
            package = try SkillPackage(directory: self.path)
        } catch {
            throw CommandFailure(error)
        }
        do {
            manifest = try package.manifest()
        } catch {
            throw CommandFailure(.usage, error.description, json: Self.json(error))
        }
    }

    var fileCount: Int {
        package.entries.count { entry in
            if case .file = entry.kind { true } else { false }
        }
    }

    /// The package as it is uploaded.
    func archive() throws(CommandFailure) -> [UInt8] {
        do {
            return try package.compressedArchive()
        } catch {
            throw CommandFailure(error)
        }
    }

    /// Writes the package where a sandbox can have it; the folder must not exist.
    func write(to directory: String) throws(CommandFailure) {
        do {
            try package.write(to: directory)
        } catch {
            throw CommandFailure(error)
        }
    }

    private static func json(_ error: FieldError) -> String {
        let value: JSONValue = [
            "valid": false,
            "error": [
                "field": .string(error.path), "message": .string(error.message),
                "suggestion": .optional(error.suggestion), "file": .optional(error.file),
                "line": .optional(error.line.map(Int64.init)),
            ],
        ]
        return value.description
    }
}
