import ArgumentParser
import Fields
import LicenseCheck
import MarketCore

struct AgentKeyGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make, list and revoke the API keys of an agent.",
        discussion: """
            To change a key: make a new one, give it to what calls, then revoke the former. With --keep the new key takes \
            the place of the one that is kept here.

            Examples:
              clawrunner agent key new --name laptop --expires-at 2027-01-31T00:00:00Z
              clawrunner agent key new --keep
              clawrunner agent key new --sign --keep
              clawrunner agent key new --name runner --scope execute --address 203.0.113.0/24
              clawrunner agent key list
              clawrunner agent key revoke 0190f2c4-7d1a-7c3b-9a55-1c2d3e4f5a6b --after 3600
            """,
        subcommands: [AgentKeyNew.self, AgentKeyList.self, AgentKeyRevoke.self])
}

struct AgentKeyNew: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make a further API key; it is shown this once.")

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "What to call it.")
    var name: String?

    @Option(help: ArgumentHelp("From when on it is refused (RFC 3339).", valueName: "time"))
    var expiresAt: String?

    @Option(
        name: .customLong("scope"),
        help: ArgumentHelp(
            "What it is good for: read, execute, publish or billing; repeat it for several.",
            discussion: "Default: what the calling key is good for."))
    var scopes: [String] = []

    @Option(
        name: .customLong("address"),
        help: ArgumentHelp(
            "From where it may be used: an address, a network, or unix for the Unix socket; repeat it for several.",
            discussion: "Default: what the calling key has, usually everywhere."))
    var addresses: [String] = []

    @Option(
        help: ArgumentHelp(
            "The Ed25519 public key whose owner must sign each request with it: 32 bytes in Base64url.",
            discussion: "Default: what the calling key has, usually none."))
    var publicKey: String?

    @Flag(help: "Make a pair of signing keys for it: without a signature it is worth nothing to who gets hold of it.")
    var sign = false

    @Flag(help: "Keep it here, in place of the agent's former key.")
    var keep = false

    func validate() throws {
        if sign, publicKey != nil {
            throw ValidationError("--sign makes the pair that --public-key would be one half of.")
        }
    }

    func run() async throws {
        let kept = try connection.keptAgent()
        let pair = sign ? RequestSigner.newKeys() : nil
        if keep, kept == nil {
            throw CommandFailure(
                .usage, "The calling key is not one that is kept here, so nothing can take its place.",
                hint: "Name the agent with --as, or leave --keep away.")
        }
        var fields: JSONObject = [:]
        if let name { fields["name"] = .string(name) }
        if let expiresAt { fields["expiresAt"] = .string(expiresAt) }
        if !scopes.isEmpty { fields["scopes"] = .array(scopes.map(JSONValue.string)) }
        if !addresses.isEmpty { fields["addresses"] = .array(addresses.map(JSONValue.string)) }
        if let publicKey = publicKey ?? pair?.publicKey { fields["publicKey"] = .string(publicKey) }
        var answer = try await connection.client().call(
            ClientRequest(.post, "/api/v1/keys", body: .json(.object(fields)))
        ).json
        guard let key = answer["apiKey"]?.string, let id = answer["key"]?["id"]?.string else {
            throw CommandFailure(.refused, "The daemon made a key but did not answer with it.")
        }
        let shown = answer
        if let pair, var object = answer.object {
            object["privateKey"] = .string(pair.privateKey)
            answer = .object(object)
        }
        if keep, let kept {
            // Another public key than one made here belongs to a private key that is elsewhere.
            let inherited = publicKey == nil ? kept.signing?.privateKey : nil
            let privateKey = pair?.privateKey ?? inherited
            try replace(
                kept, with: key, signing: privateKey.map { Credentials.Signing(keyID: id, privateKey: $0) }, answer)
        }
        let terminal = Terminal.output
        if connection.json { return terminal.line((keep ? shown : answer).description) }
        terminal.line("Made the key \(id).")
        if keep { return terminal.line("It is kept in \(CredentialStore.current.file).") }
        terminal.line("API key, shown only now: \(key)")
        if let pair { terminal.line("Signing key, shown only now: \(id):\(pair.privateKey)") }
    }

    /// A key that cannot be kept is printed, because nobody can ask for it again.
    private func replace(
        _ agent: Credentials.Agent, with key: String, signing: Credentials.Signing?, _ answer: JSONValue
    ) throws(CommandFailure) {
        do {
            try CredentialStore.current.update { credentials in
                credentials.update(connection.socketPath) { $0.replaceKey(of: agent.name, with: key, signing: signing) }
            }
        } catch {
            if !connection.json { Terminal.output.line(signing.map { "\(key) \($0.keyID):\($0.privateKey)" } ?? key) }
            throw CommandFailure(
                error.status, "The key is made, but could not be kept: \(error.message)",
                hint: "The key is on standard output. Keep it yourself; it is not shown again.",
                json: answer.description)
        }
    }
}

struct AgentKeyList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the agent's API keys, newest first.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.client().call(ClientRequest(.get, "/api/v1/keys"))
        if connection.json { return Terminal.output.line(answer.json.description) }
        var table = TextTable([
            .init("IDENTIFIER"), .init("NAME", widthMax: 24), .init("KEY"), .init("SCOPES"),
            .init("ADDRESSES", widthMax: 40), .init("SIGNED"), .init("MADE"), .init("LAST USED"), .init("EXPIRES"),
            .init("REVOKED"),
        ])
        for item in answer.json["items"]?.array ?? [] {
            func text(_ name: String) -> String { item[name]?.string ?? "" }
            func list(_ name: String) -> String {
                (item[name]?.array ?? []).compactMap(\.string).joined(separator: " ")
            }
            let isWhole = item["scopes"]?.array?.count == KeyScopes.all.names.count
            table.add(
                text("id"), text("name"), text("prefix") + "…", isWhole ? "all" : list("scopes"), list("addresses"),
                item["publicKey"]?.string == nil ? "" : "yes", text("createdAt"), text("lastUsedAt"),
                text("expiresAt"), text("revokedAt"))
        }
        table.lines().forEach { Terminal.output.line($0) }
    }
}

struct AgentKeyRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke an API key, at once or after an overlap.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The key's identifier, as `agent key list` shows it.")
    var key: String

    @Option(help: ArgumentHelp("For how long it still works, up to 30 days.", valueName: "seconds"))
    var after: Int64 = 0

    func run() async throws {
        var request = ClientRequest(.delete, "/api/v1/keys/\(ClientRequest.escaped(key))")
        if after != 0 { request.query = [("after", String(after))] }
        let answer = try await connection.client().call(request)
        if connection.json { return Terminal.output.line(answer.json.description) }
        let end = answer.json["key"]?["revokedAt"]?.string ?? ""
        Terminal.output.line(after == 0 ? "\(key) is revoked." : "\(key) is refused from \(end) on.")
    }
}
