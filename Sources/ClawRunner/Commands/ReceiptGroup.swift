import ArgumentParser
import Fields
import MarketCore
import Metering

struct ReceiptGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "Check signed receipts.", subcommands: [ReceiptVerify.self])
}

struct ReceiptVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check receipts with the daemon's public keys.",
        discussion: """
            The input has one receipt or one JSON answer of `exec --json` on each line. With --chain they must be all \
            receipts of one purchase, in order, without a gap. With --jwks no daemon is needed. The exit status is 0 \
            when every receipt is genuine, else 1.

            Examples:
              clawrunner exec word-stats --endpoint /stats --json >> answers.jsonl
              clawrunner receipt verify answers.jsonl --chain
              clawrunner receipt verify - --jwks jwks.json < answers.jsonl
            """)

    private static let inputBytesMax = 64 << 20

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The file with the receipts, or - for standard input.")
    var file: String

    @Option(help: ArgumentHelp("A file with the public keys, instead of asking the daemon.", valueName: "file"))
    var jwks: String?

    @Flag(help: "They must be the whole chain of one purchase.")
    var chain = false

    func run() async throws {
        let receipts = try Self.receipts(
            try InputFile.read(file == "-" ? nil : file, bytesMax: Self.inputBytesMax))
        let verifier = ReceiptVerifier(jwks: try await keys())
        var claims: [ReceiptClaims] = []
        for (index, receipt) in receipts.enumerated() {
            do {
                claims.append(try verifier.verify(receipt).claims)
            } catch {
                throw Self.forged(index, "receipt \(index + 1): \(error)")
            }
        }
        if chain {
            do {
                claims = try verifier.verify(chain: receipts)
            } catch {
                throw Self.forged(error.index, error.description)
            }
        }
        show(claims)
    }

    private static func forged(_ index: Int, _ detail: String) -> CommandFailure {
        let json: JSONValue = ["genuine": false, "index": .number(index), "error": .string(detail)]
        return CommandFailure(.refused, CommandFailure.sentence(detail), json: json.description)
    }

    private func keys() async throws(CommandFailure) -> JSONValue {
        guard let jwks else {
            return try await connection.anonymousClient.call(ClientRequest(.get, "/.well-known/jwks.json")).json
        }
        do {
            return try JSONValue(parsing: try InputFile.read(jwks, bytesMax: 1 << 20))
        } catch {
            throw CommandFailure(error)
        }
    }

    private static func receipts(_ bytes: [UInt8]) throws(CommandFailure) -> [String] {
        var receipts: [String] = []
        let lines = bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        for (index, line) in lines.enumerated() where line.contains(where: { $0 > 0x20 }) {
            guard line.first == UInt8(ascii: "{") else {
                receipts.append(String(decoding: line, as: UTF8.self))
                continue
            }
            let value = try? JSONValue(parsing: line)
            guard let receipt = (value?["receipt"] ?? value?["execution"]?["receipt"])?.string else {
                throw CommandFailure(.usage, "Line \(index + 1) is neither a receipt nor an answer that has one.")
            }
            receipts.append(receipt)
        }
        guard !receipts.isEmpty else { throw CommandFailure(.usage, "The input has no receipt.") }
        return receipts
    }

    private func show(_ claims: [ReceiptClaims]) {
        if connection.json {
            let answer: JSONValue = ["genuine": true, "receipts": .array(claims.map(\.json))]
            Terminal.output.line(answer.description)
            return
        }
        var table = TextTable([
            .init("NUMBER", .right), .init("TIME"), .init("ENDPOINT", widthMax: 20), .init("VERDICT"),
            .init("COST", .right),
        ])
        for claim in claims {
            table.add(
                String(claim.number), claim.time.description, claim.endpoint, claim.verdict, claim.cost.description)
        }
        table.lines().forEach { Terminal.output.line($0) }
        Terminal.output.line(claims.count == 1 ? "It is genuine." : "All \(claims.count) are genuine.")
    }
}
