import ArgumentParser
import Fields
import Foundation
import Sandbox

/// Where profiles are, for the commands that look at them.
struct ProfileOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Another directory of profiles.", valueName: "dir"))
    var profiles: String?

    var directory: String {
        get throws(CommandFailure) {
            do {
                return try profiles.map(InstalledPaths.absolute) ?? InstalledPaths.current.path(of: .profiles)
            } catch {
                throw CommandFailure(.usage, "\(error)")
            }
        }
    }

    func store() throws(CommandFailure) -> ProfileStore {
        do {
            return try ProfileStore(directory: directory)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// A profile by its name, or by the path of its file.
    static func profile(_ name: String, in store: ProfileStore) throws(CommandFailure) -> Profile {
        do throws(FieldError) {
            if isFile(name) { return try store.load(file: InstalledPaths.absolute(name)) }
            return try store.named(name)
        } catch {
            throw CommandFailure(.usage, error.description)
        }
    }

    static func isFile(_ name: String) -> Bool { name.contains("/") || name.hasSuffix(".toml") }
}
