import Fields
import MarketCore

/// A market of one seller and one buyer.
struct Market {
    /// What a buyer calls a skill with.
    struct License {
        let skill: String
        let key: String
        let token: String
    }

    let connection: HTTPConnection
    private let seller: String
    let buyer: String

    init(_ connection: HTTPConnection, _ daemon: Daemon) throws(BenchFailure) {
        self.connection = connection
        (_, seller) = try Self.register("bench-seller", connection)
        let (id, key) = try Self.register("bench-buyer", connection)
        buyer = key
        _ = try connection.call(
            HTTPRequest(
                "POST", "/api/v1/admin/credits", key: try daemon.operatorKey(),
                json: ["agentId": .string(id), "amount": "1000000", "currency": "USDC", "reference": "bench"]))
    }

    /// Publishes the skill in a folder and buys it, paid for each call.
    func sell(package folder: String) throws(BenchFailure) -> License {
        let archive: [UInt8]
        do throws(PackageError) {
            archive = try SkillPackage(directory: folder).compressedArchive()
        } catch {
            throw BenchFailure("\(folder) is no package: \(error)")
        }
        let uploaded = try connection.call(
            HTTPRequest("POST", "/api/v1/packages", key: seller, type: "application/gzip", body: archive))
        let published = try connection.call(
            HTTPRequest(
                "POST", "/api/v1/skills", key: seller, json: ["code": ["package": uploaded["digest"] ?? .null]]))
        guard let skill = published["skill"]?["id"], let id = skill.string else {
            throw BenchFailure("the skill was published without an id")
        }
        let purchase = try connection.call(
            HTTPRequest(
                "POST", "/api/v1/marketplace/purchase", key: buyer,
                json: ["skillId": skill, "licenseType": "enterprise"]))
        guard let token = purchase["purchaseToken"]?.string else {
            throw BenchFailure("the purchase came without a token")
        }
        return License(skill: id, key: buyer, token: token)
    }

    private static func register(
        _ name: String, _ connection: HTTPConnection
    ) throws(BenchFailure) -> (id: String, key: String) {
        let answer = try connection.call(
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
}

extension HTTPConnection {
    /// The answer of a request that must succeed.
    func call(_ request: HTTPRequest) throws(BenchFailure) -> JSONValue {
        let answer = try exchange(request.bytes)
        guard (200..<300).contains(answer.status), let json = answer.json else {
            throw BenchFailure("the market could not be set up: \(answer.summary)")
        }
        return json
    }
}
