import ArgumentParser
import Fields
import LicenseCheck
import MarketCore
import Storage

struct AuditGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Read and check the audit log (operator).",
        subcommands: [AuditList.self, AuditVerify.self])
}

struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what was done, newest first.",
        discussion: """
            Examples:
              clawrunner audit list --action key --from 2026-01-31T00:00:00Z
              clawrunner audit list --actor operator --json
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var operatorOptions: OperatorOptions
    @OptionGroup var page: PageOptions

    @Option(help: "Only of operator, system, or the agent with this identifier.")
    var actor: String?

    @Option(help: "Only this action, such as key.revoked, or all of a kind, such as key.")
    var action: String?

    @Option(help: "Only done to what has this identifier.")
    var subject: String?

    @Option(help: ArgumentHelp("From this moment on (RFC 3339).", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Before this moment (RFC 3339).", valueName: "time"))
    var to: String?

    func run() async throws {
        let answer = try await operatorOptions.client(connection).call(
            page.request(
                "/api/v1/admin/audit",
                [("actor", actor), ("action", action), ("subject", subject), ("from", from), ("to", to)])
        ).json
        if connection.json { return Terminal.output.line(answer.description) }
        var table = TextTable([
            .init("NUMBER", .right), .init("TIME"), .init("ACTOR"), .init("ACTION"), .init("SUBJECT"),
            .init("DETAIL", widthMax: 120),
        ])
        for entry in answer["items"]?.array ?? [] {
            func text(_ name: String, _ field: String) -> String? { entry[name]?[field]?.string }
            table.add(
                entry["number"]?.description ?? "", entry["time"]?.string ?? "",
                text("actor", "id") ?? text("actor", "kind") ?? "", entry["action"]?.string ?? "",
                [text("subject", "kind"), text("subject", "id")].compactMap { $0 }.joined(separator: " "),
                entry["detail"]?.description ?? "")
        }
        table.lines().forEach { Terminal.output.line($0) }
        PageOptions.showMore(answer)
    }
}

struct AuditVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that no entry of the audit log was changed, removed or added.",
        discussion: """
            Opens the data directory itself, daemon running or not, and reads the log from its first entry on. The exit \
            status is 0 when it is whole, else 1.

            Who holds the data directory with its keys can write a whole new log. To notice that, and a directory that \
            was set back to an older state, keep what this prints in another place, with a copy of the public keys, and \
            give both here.

            Examples:
              clawrunner audit verify --data /var/lib/clawrunner
              clawrunner audit verify --head 4711:9f2c… --jwks jwks.json --json
            """)

    @Option(
        help: ArgumentHelp(
            "The data directory.", discussion: "Default: where the daemon keeps its data.", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("What an earlier check printed; the log must still have it.", valueName: "number:hash"))
    var head: String?

    @Option(
        help: ArgumentHelp(
            "The public keys, as /.well-known/jwks.json gives them.", discussion: "Default: those in the directory.",
            valueName: "file"))
    var jwks: String?

    @Flag(help: "Print what was found as JSON.")
    var json = false

    func run() throws {
        let directory = data.map(InstalledPaths.absolute) ?? DefaultPlaces.current.dataDirectory
        let keys = try verifyingKeys(directory)
        let kept = try keptHead()
        let check: AuditCheck
        do {
            check = try SQLiteStore.verifyAudit(at: "\(directory)/market.db", kept: kept) { keyID, signature, bytes in
                keys[keyID].map { $0.isValid(signature: signature, over: bytes) }
            }
        } catch {
            throw CommandFailure(.usage, error.description)
        }
        if json {
            Terminal.output.line(check.json.description)
        } else {
            show(check)
        }
        guard check.isSound else { throw ExitCode(CommandStatus.refused.rawValue) }
    }

    private func show(_ check: AuditCheck) {
        let terminal = Terminal.output
        if let fault = check.fault {
            let place = fault.number.map { "entry \($0): " } ?? ""
            terminal.line(terminal.styled("broken", .red, .bold) + ": " + Terminal.harmless(place + fault.detail))
            return
        }
        terminal.line(terminal.styled("sound", .green, .bold) + ": \(check.entries) entries, nothing wrong")
        if let head = check.head { terminal.line("Keep in another place: \(head.text)") }
    }

    private func verifyingKeys(_ directory: String) throws(CommandFailure) -> [String: VerifyingKey] {
        let found: [VerifyingKey]
        if let jwks {
            let bytes = try InputFile.read(jwks, bytesMax: 1 << 20)
            guard let keys = (try? JSONValue(parsing: bytes))?["keys"]?.array?.map(VerifyingKey.init(jwk:)),
                keys.allSatisfy({ $0 != nil })
            else { throw CommandFailure(.usage, "\(jwks) holds no JWKS with Ed25519 keys.") }
            found = keys.compactMap(\.self)
        } else {
            do {
                found = try SigningKeys.verifyingKeys(in: "\(directory)/keys")
            } catch {
                throw CommandFailure(error)
            }
        }
        return Dictionary(found.map { ($0.keyID, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func keptHead() throws(CommandFailure) -> (number: Int64, hash: [UInt8])? {
        guard let head else { return nil }
        let parts = head.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int64(parts[0]), number >= 1, let hash = [UInt8](hexadecimal: parts[1]),
            hash.count == 32
        else { throw CommandFailure(.usage, "--head must be a number, a colon and 64 hexadecimal digits.") }
        return (number, hash)
    }
}

extension AuditCheck {
    fileprivate var json: JSONValue {
        [
            "sound": .bool(isSound), "entries": .number(entries), "head": .optional(head?.text),
            "fault": fault.map { ["number": .optional($0.number), "detail": .string($0.detail)] } ?? .null,
        ]
    }
}

extension [UInt8] {
    /// The bytes that pairs of hexadecimal digits stand for; nil for anything else.
    fileprivate init?(hexadecimal text: Substring) {
        let digits = Array(text.utf8).map { UInt8(String(UnicodeScalar($0)), radix: 16) }
        guard digits.count.isMultiple(of: 2), digits.allSatisfy({ $0 != nil }) else { return nil }
        let values = digits.compactMap(\.self)
        self = stride(from: 0, to: values.count, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }
}
