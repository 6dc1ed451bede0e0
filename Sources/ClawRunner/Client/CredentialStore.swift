import Fields
import Glibc

/// The credentials file of this user: `credentials.json`, mode 0600, in a folder of mode 0700.
struct CredentialStore: Sendable {
    let directory: String

    static let current = CredentialStore(directory: DefaultPlaces.current.configurationDirectory)

    var file: String { "\(directory)/credentials.json" }

    /// What is kept; nothing when there is no file yet.
    func load() throws(CommandFailure) -> Credentials {
        guard let bytes = try PrivateFile.read(file, bytesMax: 64 << 20) else { return Credentials() }
        do {
            return try Credentials(JSONValue(parsing: bytes, limits: JSONLimits(bytesMax: 64 << 20)), file: file)
        } catch {
            throw CommandFailure(
                .usage, "\(file) is not a credentials file that this clawrunner wrote: \(error).",
                hint: "Repair it, or move it away and register again.")
        }
    }

    /// Reads, changes and writes under a lock: two commands at once must not lose each other's keys, which are shown
    /// only once.
    func update<Result>(_ change: (inout Credentials) -> Result) throws(CommandFailure) -> Result {
        try makeDirectory()
        let lock = open("\(directory)/credentials.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else {
            throw CommandFailure(.usage, "\(directory) cannot be written: \(InputFile.reason(errno)).")
        }
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0 {
            let code = errno
            guard code == EINTR else {
                throw CommandFailure(.usage, "\(directory) cannot be locked: \(InputFile.reason(code)).")
            }
        }
        var credentials = try load()
        let result = change(&credentials)
        try PrivateFile.write(Array(credentials.json.prettyPrinted().utf8), to: file)
        return result
    }

    private func makeDirectory() throws(CommandFailure) {
        var path = directory.hasPrefix("/") ? "" : "."
        for part in directory.split(separator: "/") {
            path += "/\(part)"
            guard mkdir(path, 0o700) != 0 else { continue }
            let code = errno
            guard code == EEXIST else {
                throw CommandFailure(.usage, "\(path) cannot be made: \(InputFile.reason(code)).")
            }
        }
    }
}
