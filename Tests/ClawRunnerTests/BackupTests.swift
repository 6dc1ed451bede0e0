import Crypto
import ExecutionNode
import Fields
import Foundation
import LicenseCheck
import MarketCore
import Metering
import NodeTestSupport
import Storage
import Testing

@testable import ClawRunner

@Suite("Backup and restore", .serialized, .timeLimit(.minutes(3)))
struct BackupTests {
    /// A data directory with agents, packages, a purchase and a charged run, of a node that has stopped.
    private struct Site {
        let cli: CLIProcess
        let node: NodeFixture
        let seller: NodeFixture.Member
        let buyer: NodeFixture.Member
        let skill: Skill
        let token: String

        init() async throws {
            cli = try CLIProcess()
            node = try await NodeFixture(directory: cli.path("data"))
            seller = try await node.register("seller")
            buyer = try await node.register("buyer")
            skill = try await node.publish(by: seller)
            try await node.credit(buyer, "1")
            token = try await node.buy(skill, by: buyer)
            _ = try await node.call(skill, by: buyer, token: token)
            try PrivateFile.write(Array((HTTPFixture.operatorKey + "\n").utf8), to: cli.path("data/operator.key"))
            try await node.stop()
        }

        func remove() { NodeFixture.remove(cli.directory.path) }

        func backUp(_ more: String...) async throws -> CLIProcess.Output {
            try await cli.run(["backup", "claw.tar", "--data", "data"] + more)
        }

        func restore(_ file: String = "claw.tar", to directory: String = "restored") async throws -> CLIProcess.Output {
            try await cli.run("restore", file, "--data", directory)
        }

        func mode(_ name: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: cli.path(name))[.posixPermissions] as? Int
        }

        /// What lies beside the data directory under names that a test did not give.
        var leftovers: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: cli.directory.path)) ?? [])
                .filter { $0.contains("draft") || $0 == "restored" }
        }

        /// Restores an archive of these bytes, which must fail and leave nothing.
        func refuse(_ bytes: [UInt8], saying text: String, _ what: String) async throws {
            try Data(bytes).write(to: URL(filePath: cli.path("bad.tar")))
            chmod(cli.path("bad.tar"), 0o600)
            let output = try await restore("bad.tar")
            #expect(output.status == 1, "\(what): \(output.standardError)")
            #expect(output.standardError.contains(text), "\(what): \(output.standardError)")
            #expect(output.standardOutput == "", "\(what)")
            #expect(leftovers == [], "\(what)")
        }
    }

    @Test("an idle node's directory comes back: books, packages, keys, modes; tar reads the archive")
    func idle() async throws {
        let site = try await Site()
        defer { site.remove() }
        let backup = try await site.backUp("--json")
        #expect(backup.status == 0, "\(backup.standardError)")
        #expect(backup.json?["packages"] == 1)
        #expect(backup.json?["keys"] == 2)
        #expect(backup.json?["ledger"]?["sound"] == true)
        #expect(try site.mode("claw.tar") == 0o600)
        #expect(site.leftovers == [])

        let restored = try await site.restore()
        #expect(restored.status == 0, "\(restored.standardError)")
        let moment = try #require(backup.json?["createdAt"]?.string)
        #expect(restored.standardOutput.contains(moment))
        #expect(try site.mode("restored") == 0o700)
        #expect(try site.mode("restored/keys") == 0o700)
        #expect(try site.mode("restored/packages") == 0o700)
        for name in ["market.db", "operator.key", "keys/signing.pem"] {
            #expect(try site.mode("restored/\(name)") == 0o600, "\(name)")
            guard name != "market.db" else { continue }
            #expect(
                FileManager.default.contents(atPath: site.cli.path("restored/\(name)"))
                    == FileManager.default.contents(atPath: site.cli.path("data/\(name)")))
        }
        // The restored node knows its agents and tokens, runs the package, and its books go on.
        let node = try await NodeFixture(directory: site.cli.path("restored"))
        #expect(try node.node.authenticate(site.buyer.apiKey) == site.buyer.id)
        let reply = try await node.call(site.skill, by: site.buyer, token: site.token)
        #expect(reply.outcome.status == 200)
        #expect(try await node.balance(site.buyer) == "0.998")
        #expect(try await node.node.ledger().check.isSound)
        try await node.stop()

        let names = try Self.tar("tf", site.cli.path("claw.tar"))
        #expect(names.hasPrefix("manifest.json\nmanifest.sha256\nmarket.db\n"), "\(names)")
    }

    @Test("every file of a package comes back as it was, those included that a folder is packed without")
    func packageFiles() async throws {
        let site = try await Site()
        defer { site.remove() }
        let entries: [PackageEntry] = [
            PackageEntry(path: ".git", kind: .directory),
            PackageEntry(path: ".git/config", kind: .file(bytes: Array("x".utf8), executable: false)),
            PackageEntry(path: "bin", kind: .directory),
            PackageEntry(path: "bin/run", kind: .file(bytes: Array("#!/bin/sh\n".utf8), executable: true)),
            PackageEntry(path: "link", kind: .symlink(target: "bin/run")),
            PackageEntry(
                path: "skill.toml",
                kind: .file(bytes: Array(NodeFixture.manifest(name: "other").utf8), executable: false)),
        ]
        let folder = site.cli.path("folder")
        for entry in entries {
            let path = "\(folder)/\(entry.path)"
            switch entry.kind {
            case .directory: try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            case .file(let bytes, let executable):
                try Data(bytes).write(to: URL(filePath: path))
                chmod(path, executable ? 0o755 : 0o644)
            case .symlink(let target): symlink(target, path)
            }
        }
        let package = try SkillPackage(stored: folder)
        #expect(package.entries == entries)
        let node = try await NodeFixture(directory: site.cli.path("data"))
        _ = try await node.node.upload(try package.compressedArchive(), by: site.seller.id)
        try await node.stop()

        #expect(try await site.backUp().status == 0)
        #expect(try await site.restore().status == 0)
        let restored = try SkillPackage(stored: site.cli.path("restored/packages/\(package.digest.hex)"))
        #expect(restored.entries == entries)
    }

    @Test("a byte that changed anywhere in the archive, a cut and an appendix are refused, and nothing is left")
    func damage() async throws {
        let site = try await Site()
        defer { site.remove() }
        #expect(try await site.backUp().status == 0)
        let archive = [UInt8](try Data(contentsOf: URL(filePath: site.cli.path("claw.tar"))))
        let members = try Self.members(of: archive)
        #expect(members.count == 6)
        for member in members {
            for position in [member.header + 3, member.content.lowerBound, member.content.upperBound - 1] {
                var changed = archive
                changed[position] ^= 0x20
                try await site.refuse(changed, saying: "damaged one", "\(member.name) at \(position)")
            }
            let cut = Array(archive[..<(member.content.upperBound - 1)])
            try await site.refuse(cut, saying: "damaged one", "cut in \(member.name)")
        }
        try await site.refuse(Array(archive.dropLast()), saying: "does not end", "cut at the end")
        try await site.refuse(archive + [0], saying: "does not end", "an appendix")
        try await site.refuse([], saying: "does not begin with a manifest", "nothing")
    }

    @Test("a database of more than 8 GiB has a header that tar reads", arguments: [8 << 30 - 1, 8 << 30, 5 << 40])
    func largeStore(bytes: Int64) async throws {
        let cli = try CLIProcess()
        defer { cli.remove() }
        let header = BackupHeader.block(name: "market.db", bytes: bytes)
        try Data(header).write(to: URL(filePath: cli.path("large.tar")))
        // Nearly all of it is a hole.
        #expect(truncate(cli.path("large.tar"), off_t(bytes + 4096 - bytes % 512)) == 0)
        let listing = try Self.tar("tvf", cli.path("large.tar"))
        #expect(listing.contains(" \(bytes) "), "\(listing)")
    }

    @Test("links, names that lead elsewhere, members twice or too large, and forged digests are refused")
    func hostile() async throws {
        let site = try await Site()
        defer { site.remove() }
        let pem = Array(
            String(decoding: try Data(contentsOf: URL(filePath: site.cli.path("data/keys/signing.pem"))), as: UTF8.self)
                .utf8)
        func archive(
            _ members: [(name: String, bytes: [UInt8], says: Int?)], _ change: (inout [UInt8]) -> Void = { _ in }
        )
            -> [UInt8]
        {
            let json: JSONValue = [
                "format": 1, "clawrunner": "0.1.0", "createdAt": "2026-01-01T00:00:00.000Z", "ledger": [:],
                "members": .array(
                    members.map { member in
                        [
                            "name": .string(member.name), "bytes": .number(member.says ?? member.bytes.count),
                            "sha256": .string(hexadecimal(SHA256.hash(data: member.bytes))),
                        ]
                    }),
            ]
            let manifest = json.serialized()
            var bytes: [UInt8] = []
            let all =
                [("manifest.json", manifest), ("manifest.sha256", BackupManifest.seal(manifest))]
                + members.map { ($0.name, $0.bytes) }
            for (name, content) in all {
                var header = BackupHeader.block(name: String(name.prefix(100)), bytes: Int64(content.count))
                if name == members.last?.name { change(&header) }
                bytes += header + content
                bytes += [UInt8](repeating: 0, count: BackupHeader.padding(after: Int64(content.count)))
            }
            return bytes + [UInt8](repeating: 0, count: 1024)
        }
        let good: [(name: String, bytes: [UInt8], says: Int?)] = [
            ("market.db", [], nil), ("keys/signing.pem", pem, nil),
        ]
        let names = [
            "../evil", "/etc/passwd", "keys/../../evil.pem", "keys/a/b.pem", "keys/.hidden.pem", "keys/id_rsa",
            "packages/x.tar", "packages/../market.db", "holds.journal", "keys/signing.pem",
        ]
        for name in names {
            try await site.refuse(archive(good + [(name, [1], nil)]), saying: "manifest is not accepted", name)
        }
        let large = archive(good + [("operator.key", [1], 5000)])
        try await site.refuse(large, saying: "from 0 to 4096", "a size beyond the limit")
        let link = archive(good + [("operator.key", [1], nil)]) { header in
            header[156] = UInt8(ascii: "2")
            for (index, byte) in "/etc/shadow".utf8.enumerated() { header[157 + index] = byte }
        }
        try await site.refuse(link, saying: "it has a link", "a symbolic link")
        try await site.refuse(archive([good[0]]), saying: "keys/signing.pem is missing", "no key")
        try await site.refuse(archive(good), saying: "damaged one", "a store that is none")
        // A package whose own archive leads out of its directory, under the digest of these very bytes.
        let evil = Self.archive(of: "../../evil")
        let digest = hexadecimal(SHA256.hash(data: evil))
        try await site.refuse(
            archive(good.prefix(0) + [good[0], good[1], ("packages/\(digest).tar", evil, nil)]), saying: "..",
            "a package")
        #expect(!FileManager.default.fileExists(atPath: site.cli.path("evil")))
    }

    @Test("a backup does not replace a file unless told so, nor a restore anything at all")
    func targets() async throws {
        let site = try await Site()
        defer { site.remove() }
        #expect(try await site.backUp().status == 0)
        let again = try await site.backUp()
        #expect(again.status == 2)
        #expect(again.standardError.contains("--force"))
        #expect(try await site.backUp("--force").status == 0)
        #expect(try await site.cli.run("backup", "nowhere/claw.tar", "--data", "data").status == 2)
        #expect(try await site.cli.run("backup", "data", "--data", "data").status == 2)
        #expect(try await site.cli.run("backup", "x.tar", "--data", "none").status == 2)

        let full = try await site.restore(to: "data")
        #expect(full.status == 2)
        #expect(full.standardError.contains("not empty"))
        #expect(try await site.restore(to: "claw.tar").status == 2)
        #expect(try await site.restore("none.tar").status == 2)
        try FileManager.default.createDirectory(atPath: site.cli.path("restored"), withIntermediateDirectories: true)
        #expect(try await site.restore().status == 0)
        #expect(try site.mode("restored") == 0o700)
        #expect(try await site.restore().status == 2)
    }

    @Test("books that do not add up, a package that is gone and a key that others may read stop a backup")
    func unsound() async throws {
        let site = try await Site()
        defer { site.remove() }
        try Self.execute(
            "UPDATE accounts SET balance = balance + 1 WHERE kind = 'platform'", in: site.cli.path("data/market.db"))
        let forged = try await site.backUp("--json")
        #expect(forged.status == 1)
        #expect(forged.json?["faults"]?.array?.contains { $0.string?.contains("account platform") == true } == true)
        #expect(!FileManager.default.fileExists(atPath: site.cli.path("claw.tar")))
        try Self.execute(
            "UPDATE accounts SET balance = balance - 1 WHERE kind = 'platform'", in: site.cli.path("data/market.db"))

        let packages = site.cli.path("data/packages")
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: packages).first)
        #expect(rename("\(packages)/\(name)", site.cli.path("away")) == 0)
        let missing = try await site.backUp()
        #expect(missing.status == 1)
        #expect(missing.standardError.contains("packages/\(name)"))
        #expect(rename(site.cli.path("away"), "\(packages)/\(name)") == 0)

        chmod(site.cli.path("data/keys/signing.pem"), 0o644)
        let open = try await site.backUp()
        #expect(open.status == 2)
        #expect(open.standardError.contains("chmod 600"))
        chmod(site.cli.path("data/keys/signing.pem"), 0o600)
        #expect(try await site.backUp().status == 0)
        #expect(site.leftovers == [])
    }

    @Test("a backup of a daemon under load is sound; one restored from it knows every key and token of before")
    func live() async throws {
        try await CLIProcess.withDaemon("") { cli in
            let market = try await EchoMarket(
                cli, socket: cli.path("data/clawrunner.sock"), operatorKey: cli.path("data/operator.key"))
            let client = MarketClient(socket: cli.path("data/clawrunner.sock"), key: market.apiKey)
            let request = market.request()
            // A cancelled call would end its run.
            let enough = Readiness()
            let load = Task { () async throws -> Int in
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<4 {
                        group.addTask { () async throws -> Int in
                            var runs = 0
                            while !enough.isReady {
                                let answer = try await client.send(request)
                                #expect(answer.status == 200)
                                runs += 1
                            }
                            return runs
                        }
                    }
                    return try await group.reduce(0, +)
                }
            }
            var usages: [Int64] = []
            for number in 0..<4 {
                try await Task.sleep(for: .milliseconds(200))
                let backup = try await cli.succeed(["backup", "claw\(number).tar", "--json"])
                usages.append(backup.json?["ledger"]?["usages"]?.int64 ?? -1)
                #expect(backup.json?["ledger"]?["sound"] == true)
            }
            enough.set(true)
            let runs = try await load.value
            // They were taken while runs were booked.
            #expect(usages == usages.sorted() && Set(usages).count == 4, "\(usages) of \(runs)")

            try await cli.succeed(["restore", "claw2.tar", "--data", "other"])
            try await cli.succeed(["ledger", "verify", "--data", "other"])
            let daemon = try await StartedDaemon(cli, data: "other")
            let answer = try await daemon.client(market.apiKey).send(request)
            #expect(answer.status == 200, "\(daemon.said)")
            #expect(try await daemon.stop() == 0)
            let ledger = try await cli.succeed(["ledger", "verify", "--data", "other", "--json"])
            #expect(ledger.json?["usages"]?.int64 == usages[2] + 1)
        }
    }

    // MARK: Parts

    private struct Member {
        let name: String
        let header: Int
        let content: Range<Int>
    }

    private static func members(of archive: [UInt8]) throws -> [Member] {
        var members: [Member] = []
        var position = 0
        while archive[position] != 0 {
            let block = Array(archive[position..<position + BackupHeader.blockBytes])
            let bytes = Int(try #require(BackupHeader.bytes(in: block)))
            let name = String(decoding: block.prefix { $0 != 0 }, as: UTF8.self)
            let start = position + BackupHeader.blockBytes
            members.append(Member(name: name, header: position, content: start..<start + bytes))
            position = start + bytes + BackupHeader.padding(after: Int64(bytes))
        }
        return members
    }

    private static func tar(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/tar")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text
    }

    /// A tar archive with one file under a name that no package has.
    private static func archive(of name: String) -> [UInt8] {
        BackupHeader.block(name: name, bytes: 1) + [1] + [UInt8](repeating: 0, count: 511 + 1024)
    }

    /// Changes a store past the daemon.
    private static func execute(_ sql: String, in path: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [
            "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()", path,
            sql,
        ]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
