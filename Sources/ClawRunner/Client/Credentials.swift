import Fields

/// The agents whose keys this user keeps, by daemon: a key of one daemon means nothing to another.
struct Credentials: Hashable, Sendable {
    /// A purchase token with the skill that it is for.
    struct Token: Hashable, Sendable {
        var skillID: String
        var skillName: String
        var token: String
    }

    /// The private key that belongs to an API key.
    struct Signing: Hashable, Sendable {
        /// The API key's identifier.
        var keyID: String
        var privateKey: String
    }

    struct Agent: Hashable, Sendable {
        var name: String
        var id: String
        var apiKey: String
        /// What signs requests with that key; nil where it needs no signature.
        var signing: Signing?
        var tokens: [Token] = []

        /// The newest token for the skill, by name or identifier.
        func token(for skill: String) -> String? {
            tokens.last { $0.skillID == skill || $0.skillName == skill }?.token
        }
    }

    struct Market: Hashable, Sendable {
        var socket: String
        /// Who calls when nobody is named: the agent registered first.
        var current: String?
        var agents: [Agent] = []
    }

    var markets: [Market] = []

    func market(_ socket: String) -> Market {
        markets.first { $0.socket == socket } ?? Market(socket: socket)
    }

    /// Changes the entry of one daemon, which is made when it is not there.
    mutating func update(_ socket: String, _ change: (inout Market) -> Void) {
        if let position = markets.firstIndex(where: { $0.socket == socket }) {
            change(&markets[position])
        } else {
            var market = Market(socket: socket)
            change(&market)
            markets.append(market)
        }
    }
}

extension Credentials.Market {
    func agent(_ name: String) -> Credentials.Agent? {
        agents.first { $0.name == name }
    }

    /// Keeps an agent; one of the same name is replaced, because names are unique in a market.
    mutating func keep(_ agent: Credentials.Agent) {
        agents.removeAll { $0.name == agent.name }
        agents.append(agent)
        current = current ?? agent.name
    }

    /// Calls of this agent are made with another key from now on; its tokens stay.
    mutating func replaceKey(of name: String, with key: String, signing: Credentials.Signing?) {
        guard let position = agents.firstIndex(where: { $0.name == name }) else { return }
        agents[position].apiKey = key
        agents[position].signing = signing
    }

    /// Keeps a token for the agent with this key; an older one for the same skill is dropped.
    /// - Returns: false when no agent with this key is kept.
    mutating func keep(_ token: Credentials.Token, forKey key: String) -> Bool {
        guard let position = agents.firstIndex(where: { $0.apiKey == key }) else { return false }
        agents[position].tokens.removeAll { $0.skillID == token.skillID }
        agents[position].tokens.append(token)
        return true
    }
}

extension Credentials {
    init(_ json: JSONValue, file: String) throws(FieldError) {
        let reader = try FieldReader(json, source: FieldSource(file: file))
        for market in try reader.readers("markets", maxCount: 10_000) {
            var entry = Market(
                socket: try market.string("socket", maxBytes: 4096),
                current: try market.optionalString("current", maxBytes: 256))
            for agent in try market.readers("agents", maxCount: 100_000) {
                var kept = Agent(
                    name: try agent.string("name", maxBytes: 256), id: try agent.string("id", maxBytes: 64),
                    apiKey: try agent.string("apiKey", maxBytes: 256))
                if let signing = try agent.optionalReader("signing") {
                    kept.signing = Signing(
                        keyID: try signing.string("keyId", maxBytes: 64),
                        privateKey: try signing.string("privateKey", maxBytes: 64))
                }
                for token in try agent.readers("tokens", maxCount: 100_000) {
                    kept.tokens.append(
                        Token(
                            skillID: try token.string("skillId", maxBytes: 64),
                            skillName: try token.string("skillName", maxBytes: 256),
                            token: try token.string("token", maxBytes: 8192)))
                }
                entry.agents.append(kept)
            }
            markets.append(entry)
        }
        try reader.finish()
    }

    var json: JSONValue {
        ["markets": .array(markets.map(\.json))]
    }
}

extension Credentials.Market {
    fileprivate var json: JSONValue {
        ["socket": .string(socket), "current": .optional(current), "agents": .array(agents.map(\.json))]
    }
}

extension Credentials.Agent {
    fileprivate var json: JSONValue {
        let kept = tokens.map { token -> JSONValue in
            [
                "skillId": .string(token.skillID), "skillName": .string(token.skillName),
                "token": .string(token.token),
            ]
        }
        var agent: JSONObject = [
            "name": .string(name), "id": .string(id), "apiKey": .string(apiKey), "tokens": .array(kept),
        ]
        if let signing {
            agent["signing"] = ["keyId": .string(signing.keyID), "privateKey": .string(signing.privateKey)]
        }
        return .object(agent)
    }
}
