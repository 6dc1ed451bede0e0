/// What an exit status of `clawrunner` means.
enum CommandStatus: Int32, Sendable {
    case ok = 0
    /// The skill, the market or the check said no.
    case refused = 1
    /// The command line, a file or a field that the user wrote is wrong.
    case usage = 2
    /// The sandbox could not be built; nothing ran.
    case sandbox = 3
    /// No daemon answered.
    case unreachable = 4
}

/// Why a command ends without having done what was asked, as a person would say it.
struct CommandFailure: Error, CustomStringConvertible {
    let status: CommandStatus
    /// One or two sentences.
    let message: String
    /// What to do now, such as a command to run.
    let hint: String?
    /// What `--json` prints; nil prints the message as `{"error": …}`.
    var json: String?

    init(_ status: CommandStatus, _ message: String, hint: String? = nil, json: String? = nil) {
        self.status = status
        self.message = message
        self.hint = hint
        self.json = json
    }

    var description: String { message }

    /// A clause of another module with the full stop of a sentence. Its first word may be a name, so it stays.
    static func sentence(_ clause: String) -> String {
        clause.hasSuffix(".") ? clause : clause + "."
    }
}

extension CommandFailure {
    /// The failure that another module's error means to the person at the terminal. Errors of the project describe
    /// themselves in sentences; what they are about decides the status.
    init(_ error: any Error, _ status: CommandStatus = .usage) {
        self = error as? CommandFailure ?? CommandFailure(status, String(describing: error))
    }
}
