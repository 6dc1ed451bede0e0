import ArgumentParser
import LicenseCheck

/// Which daemon to call, and as whom.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket.", discussion: "Default: CLAWRUNNER_SOCKET, else the socket in the data directory.",
            valueName: "path"))
    var socket: String?

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("Call as this agent, registered from here before.", valueName: "name"))
    var agentName: String?

    @Option(
        help: ArgumentHelp(
            "A file that holds the API key.",
            discussion:
                "Default: CLAWRUNNER_API_KEY, else the kept key. One that wants signatures finds KEYID:PRIVATEKEY in "
                + "CLAWRUNNER_SIGNING_KEY.",
            valueName: "file"))
    var keyFile: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    var socketPath: String {
        socket.map(InstalledPaths.absolute) ?? DefaultPlaces.current.socket
    }

    /// A client without a key, for what is open to everybody.
    var anonymousClient: MarketClient {
        MarketClient(socket: socketPath, key: nil)
    }

    /// A client with the caller's key.
    /// - Throws: ``CommandFailure`` when there is no key.
    func client() throws(CommandFailure) -> MarketClient {
        let (key, signing) = try key()
        guard let signing else { return MarketClient(socket: socketPath, key: key) }
        guard let signer = RequestSigner(keyID: signing.keyID, privateKey: signing.privateKey) else {
            throw CommandFailure(
                .usage, "The signing key that belongs to the API key is no Ed25519 key in Base64url.",
                hint: "Make a new pair with `clawrunner agent key new --sign`.")
        }
        return MarketClient(socket: socketPath, key: key, signer: signer)
    }

    /// What is kept about the caller; nil when the key came from elsewhere.
    func keptAgent() throws(CommandFailure) -> Credentials.Agent? {
        let key = try key().key
        return try CredentialStore.current.load().market(socketPath).agents.first { $0.apiKey == key }
    }

    /// The caller's identifier.
    /// - Throws: ``CommandFailure`` when the key came from elsewhere, with that hint.
    func ownIdentifier(hint: String) throws(CommandFailure) -> String {
        guard let kept = try keptAgent() else {
            throw CommandFailure(
                .usage, "The key is not one that is kept here, so it does not say whose it is.", hint: hint)
        }
        return kept.id
    }

    /// What was asked for on the command line goes before the environment, the environment before the kept default.
    private func key() throws(CommandFailure) -> (key: String, signing: Credentials.Signing?) {
        if let keyFile { return (try KeyFile.read(keyFile), try KeyFile.signing()) }
        if agentName == nil, let key = KeyFile.environment("CLAWRUNNER_API_KEY") { return (key, try KeyFile.signing()) }
        let market = try CredentialStore.current.load().market(socketPath)
        guard let name = agentName ?? market.current else {
            throw CommandFailure(
                .usage, "There is no API key for the daemon at \(socketPath).",
                hint: "Register with `clawrunner agent register NAME`, or pass --key-file FILE or CLAWRUNNER_API_KEY.")
        }
        guard let agent = market.agent(name) else {
            let known = market.agents.map(\.name).sorted().joined(separator: ", ")
            throw CommandFailure(
                .usage, "No key of an agent \(name) is kept for the daemon at \(socketPath).",
                hint: known.isEmpty ? "Register it with `clawrunner agent register \(name)`." : "Kept are: \(known).")
        }
        return (agent.apiKey, agent.signing)
    }
}

/// What the operator's commands need besides.
struct OperatorOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file that holds the operator key.",
            discussion: "Default: CLAWRUNNER_OPERATOR_KEY, else operator.key in the data directory.",
            valueName: "file"))
    var operatorKeyFile: String?

    func client(_ connection: ConnectionOptions) throws(CommandFailure) -> MarketClient {
        MarketClient(socket: connection.socketPath, key: try key(socket: connection.socketPath))
    }

    private func key(socket: String) throws(CommandFailure) -> String {
        if let operatorKeyFile { return try KeyFile.read(operatorKeyFile) }
        if let key = KeyFile.environment("CLAWRUNNER_OPERATOR_KEY") { return key }
        let beside = socket.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let places = ["\(beside)/operator.key", "\(DefaultPlaces.current.dataDirectory)/operator.key"]
        for place in places {
            if let bytes = try PrivateFile.read(place) { return try KeyFile.key(in: bytes, place) }
        }
        throw CommandFailure(
            .usage, "The operator key was not found in \(places[0]).",
            hint: "Pass --operator-key-file DATA/operator.key; the daemon writes it on its first start.")
    }
}

/// A file with one key and nothing else.
enum KeyFile {
    static func read(_ path: String) throws(CommandFailure) -> String {
        guard let bytes = try PrivateFile.read(path) else {
            throw CommandFailure(.usage, "The key file \(path) does not exist.")
        }
        return try key(in: bytes, path)
    }

    static func key(in bytes: [UInt8], _ path: String) throws(CommandFailure) -> String {
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 1, words[0].utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw CommandFailure(.usage, "\(path) must hold one key and nothing else.")
        }
        return String(words[0])
    }

    /// What ``environment(_:)`` says of an API key's private key.
    static func signing() throws(CommandFailure) -> Credentials.Signing? {
        guard let text = environment("CLAWRUNNER_SIGNING_KEY") else { return nil }
        let parts = text.filter { !$0.isWhitespace }.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw CommandFailure(
                .usage,
                "CLAWRUNNER_SIGNING_KEY must be KEYID:PRIVATEKEY, as `clawrunner agent key new --sign` shows it.")
        }
        return Credentials.Signing(keyID: String(parts[0]), privateKey: String(parts[1]))
    }

    /// The variable's key; nil when it is unset or empty.
    static func environment(_ name: String) -> String? {
        let value = DefaultPlaces.current.environment[name]
        return value.flatMap { $0.isEmpty ? nil : $0 }
    }
}
