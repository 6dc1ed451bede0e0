// A host that embeds the execution node: it publishes a skill from a directory, sells it to an agent of its own and
// runs it once, in a real sandbox and with a real bill.
//
//     EmbeddedNode LAUNCHER PROFILES RUNTIMES SKILL ENDPOINT PAYLOAD
import ExecutionNode
import Fields
import Foundation
import LicenseCheck
import MarketCore
import Metering
import Sandbox
import Storage

let arguments = CommandLine.arguments.dropFirst()
guard arguments.count == 6 else {
    print("usage: EmbeddedNode LAUNCHER PROFILES RUNTIMES SKILL ENDPOINT PAYLOAD")
    exit(2)
}
let (launcher, profiles, runtimes) = (arguments[1], arguments[2], arguments[3])
let (directory, endpoint, payload) = (arguments[4], arguments[5], arguments[6])

// The launcher first: it is started before there are other threads.
let host = try SandboxHost(launcherPath: launcher, options: SandboxOptions(runtimesDirectory: runtimes))

let data = FileManager.default.temporaryDirectory.appending(path: "embedded-node-\(UUID().uuidString)").path
try FileManager.default.createDirectory(
    atPath: data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
let keys = try SigningKeys(directory: data + "/keys")
let store = try SQLiteStore(path: data + "/market.db", signer: keys.current)
let node = try await ExecutionNode.start(
    NodeConfiguration(dataDirectory: data), store: store, signing: keys, runner: host,
    profiles: try ProfileStore(directory: profiles))

// A seller publishes, a buyer pays.
let wallet = "11111111111111111111111111111111"
let seller = try await node.register(Registration(name: "seller", ownerWallet: wallet)).agent
let buyer = try await node.register(Registration(name: "buyer", ownerWallet: wallet))
let archive = try SkillPackage(directory: directory).compressedArchive()
let package = try await node.upload(archive, by: seller.id).package
let skill = try await node.publish(Publication(package: package.digest), by: seller.id).0
let currency = skill.pricing.price.currency
_ = try await node.credit(
    CashRequest(
        agentID: buyer.agent.id, amount: try Money(decimal: "5", currency: currency), reference: "example"))
let purchase = try await node.purchase(PurchaseRequest(buyer: buyer.agent.id, skill: skill.name))

// One call, as it would come in from outside.
let caller = try node.authenticate(buyer.apiKey)
let reply = try await node.execute(
    ExecuteRequest(
        caller: caller, skill: skill.name, endpoint: endpoint, payload: try JSONValue(parsing: payload),
        token: purchase.token))
print((reply.json["result"] ?? reply.json).prettyPrinted())
for balance in try await node.balances(of: buyer.agent.id) { print("buyer has \(balance.total) left") }
for balance in try await node.balances(of: seller.id) { print("seller has earned \(balance.total)") }

try await store.close()
await host.shutdown()
try FileManager.default.subpathsOfDirectory(atPath: data + "/packages").forEach {
    chmod(data + "/packages/" + $0, 0o700)
}
try FileManager.default.removeItem(atPath: data)
exit(reply.isOK ? 0 : 1)
