import Fields
import MarketCore

/// Makes a market of one seller, one buyer and one skill that was bought.
struct Market {
    /// What a buyer calls a skill with.
    struct License {
        let skill: String
        let key: String
        let token: String
    }

    let connection: HTTPConnection
    let daemon: Daemon

    /// Publishes the skill in a folder and buys it, paid for each call.
    func sell(package folder: String) throws(BenchFailure) -> License {
        let seller = try register("bench-seller")
        let buyer = try register("bench-buyer")
        let archive: [UInt8]
        do throws(PackageError) {
            archive = try SkillPackage(directory: folder).compressedArchive()
        } catch {
            throw BenchFailure("\(folder) is no package: \(error)")
        }
        let uploaded = try call(
            HTTPRequest("POST", "/api/v1/packages", key: seller.key, type: "application/gzip", body: archive))
        let published = try call(
            HTTPRequest(
                "POST", "/api/v1/skills", key: seller.key,
                json: ["code": ["package": uploaded["digest"] ?? .null]]))
        guard let skill = published["skill"]?["id"], let id = skill.string else {
            throw BenchFailure("the skill was published without an id")
        }
        _ = try call(
            HTTPRequest(
                "POST", "/api/v1/admin/credits", key: try daemon.operatorKey(),
                json: [
                    "agentId": .string(buyer.id), "amount": "1000000", "currency": "USDC", "reference": "bench",
                ]))
        let purchase = try call(
            HTTPRequest(
                "POST", "/api/v1/marketplace/purchase", key: buyer.key,
                json: ["skillId": skill, "licenseType": "personal"]))
        guard let token = purchase["purchaseToken"]?.string else {
            throw BenchFailure("the purchase came without a token")
        }
        return License(skill: id, key: buyer.key, token: token)
    }

    private func register(_ name: String) throws(BenchFailure) -> (id: String, key: String) {
        let answer = try call(
            HTTPRequest(
                "POST", "/api/v1/agents/register",
                json: [
                    "name": .string(name), "description": "Takes part in the bench",
                    // The system program's address: 32 zero bytes.
                    "ownerWallet": "11111111111111111111111111111111",
                ]))
        guard let id = answer["agent"]?["id"]?.string, let key = answer["apiKey"]?.string else {
            throw BenchFailure("\(name) was registered without id or key")
        }
        return (id, key)
    }

    private func call(_ request: HTTPRequest) throws(BenchFailure) -> JSONValue {
        let answer = try connection.exchange(request.bytes)
        guard (200..<300).contains(answer.status), let json = answer.json else {
            throw BenchFailure("the market could not be set up: \(answer.summary)")
        }
        return json
    }
}
