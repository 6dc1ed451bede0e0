import Fields

extension MarketClient {
    /// The skill as the market shows it, by name or identifier.
    func skill(_ nameOrID: String) async throws(CommandFailure) -> (id: String, name: String) {
        let answer = try await call(ClientRequest(.get, "/api/v1/skills/\(ClientRequest.escaped(nameOrID))"))
        guard let id = answer.json["skill"]?["id"]?.string, let name = answer.json["skill"]?["name"]?.string else {
            throw CommandFailure(.refused, "The daemon did not say which skill \(nameOrID) is.")
        }
        return (id, name)
    }
}
