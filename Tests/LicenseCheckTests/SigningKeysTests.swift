import Fields
import Foundation
import LicenseCheck
import MarketCore
import Testing

@Suite("Signing keys")
struct SigningKeysTests {
    private let directory = NSTemporaryDirectory() + "license-check-" + UUID().uuidString

    private func withDirectory(_ body: (String) throws -> Void) throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body(directory)
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("A key is made at the first start, readable by its owner alone, and is the same ever after")
    func firstStart() throws {
        try withDirectory { directory in
            let first = try SigningKeys(directory: directory)
            #expect(try mode(directory) == 0o700)
            #expect(try mode(directory + "/signing.pem") == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["signing.pem"])
            let second = try SigningKeys(directory: directory)
            #expect(second.current.keyID == first.current.keyID)
            let signature = try first.current.signature(over: [1, 2, 3])
            #expect(second.current.publicKey.isValid(signature: signature, over: [1, 2, 3]))
            #expect(!second.current.publicKey.isValid(signature: signature, over: [1, 2]))
        }
    }

    @Test("A key that was renamed still verifies, and a new one signs")
    func rotation() throws {
        try withDirectory { directory in
            let old = try SigningKeys(directory: directory)
            let signature = try old.current.signature(over: [7])
            try FileManager.default.moveItem(atPath: directory + "/signing.pem", toPath: directory + "/2026-03.pem")
            let new = try SigningKeys(directory: directory)
            #expect(new.current.keyID != old.current.keyID)
            #expect(new.key(old.current.keyID)?.isValid(signature: signature, over: [7]) == true)
            #expect(new.key("none") == nil)
            #expect(
                new.jwks["keys"]?.array?.compactMap { $0["kid"]?.string } == [new.current.keyID, old.current.keyID])
        }
    }

    @Test("Keys change without a moment in which none signs, and every former one verifies")
    func rotate() throws {
        try withDirectory { directory in
            let first = try SigningKeys(directory: directory).current
            let signature = try first.signature(over: [7])
            let day = Timestamp(milliseconds: 1_700_000_000_000)
            let (former, current) = try SigningKeys.rotate(in: directory, at: day)
            #expect(former.name == "2023-11-14-\(first.keyID).pem")
            #expect(former.keyID == first.keyID && !former.signs)
            #expect(current.name == "signing.pem" && current.signs)
            for name in ["signing.pem", former.name] { #expect(try mode("\(directory)/\(name)") == 0o600) }
            let second = try SigningKeys.rotate(in: directory, at: day)
            #expect(second.former.keyID == current.keyID)

            let keys = try SigningKeys(directory: directory)
            #expect(keys.current.keyID == second.current.keyID)
            #expect(keys.key(first.keyID)?.isValid(signature: signature, over: [7]) == true)
            #expect(keys.jwks["keys"]?.array?.count == 3)
            let files = try SigningKeys.files(in: directory)
            #expect(files.map(\.signs) == [true, false, false])
            #expect(Set(files.map(\.keyID)) == [first.keyID, current.keyID, second.current.keyID])
            #expect(files.first == second.current)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).count == 3)
        }
    }

    @Test("A change that was cut short is made again, and the key is listed once")
    func rotationCutShort() throws {
        try withDirectory { directory in
            let first = try SigningKeys(directory: directory).current
            let day = Timestamp(milliseconds: 1_700_000_000_000)
            // The former key has its second name already, and a draft lies there.
            try FileManager.default.linkItem(
                atPath: directory + "/signing.pem", toPath: "\(directory)/2023-11-14-\(first.keyID).pem")
            try Data("half".utf8).write(to: URL(fileURLWithPath: directory + "/signing.pem.next"))
            #expect(try SigningKeys.files(in: directory).map(\.keyID) == [first.keyID])
            #expect(try SigningKeys(directory: directory).current.keyID == first.keyID)
            let (former, current) = try SigningKeys.rotate(in: directory, at: day)
            #expect(former.keyID == first.keyID)
            #expect(try SigningKeys(directory: directory).current.keyID == current.keyID)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).count == 2)

            // Under that name lies another key: nothing is replaced.
            let name = "\(directory)/2023-11-14-\(current.keyID).pem"
            try FileManager.default.copyItem(atPath: "\(directory)/\(former.name)", toPath: name)
            #expect(throws: SigningKeyError.self) { try SigningKeys.rotate(in: directory, at: day) }
            #expect(try SigningKeys(directory: directory).current.keyID == current.keyID)
        }
    }

    @Test("Changes at once come one after another, while somebody reads the keys all the time")
    func concurrentRotations() async throws {
        let directory = self.directory
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let first = try SigningKeys(directory: directory).current.keyID
        let formers = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<8 {
                group.addTask { try SigningKeys.rotate(in: directory).former.keyID }
                group.addTask {
                    let keys = try SigningKeys(directory: directory)
                    #expect(keys.key(first) != nil)
                    return nil
                }
            }
            return try await group.reduce(into: []) { $0 += [$1].compactMap { $0 } }
        }
        #expect(Set(formers).count == 8)
        let keys = try SigningKeys(directory: directory)
        #expect(keys.jwks["keys"]?.array?.count == 9)
        #expect(formers.allSatisfy { keys.key($0) != nil })
    }

    @Test("Where there is no key, none is made to be changed")
    func nothingToRotate() throws {
        #expect(throws: SigningKeyError.self) { try SigningKeys.rotate(in: directory) }
        #expect(throws: SigningKeyError.self) { try SigningKeys.files(in: directory) }
        try withDirectory { directory in
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            #expect(throws: SigningKeyError.self) { try SigningKeys.rotate(in: directory) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
        }
    }

    @Test(
        "A key that others can read, or that is damaged, is refused",
        arguments: ["mode", "empty", "text", "rsa", "short"])
    func refusals(fault: String) throws {
        try withDirectory { directory in
            let file = directory + "/signing.pem"
            _ = try SigningKeys(directory: directory)
            let sound = try String(contentsOfFile: file, encoding: .utf8)
            let text =
                switch fault {
                case "empty": ""
                case "text": "hello\n"
                case "rsa": sound.replacing("MC4CAQAwBQYDK2Vw", with: "MC4CAQAwBQYDK2Vu")
                case "short": sound.replacing("\n-----END", with: "AA\n-----END")
                default: sound
                }
            if fault != "mode" { #expect(text != sound) }
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            let attributes: [FileAttributeKey: Any] = [.posixPermissions: fault == "mode" ? 0o640 : 0o600]
            try FileManager.default.setAttributes(attributes, ofItemAtPath: file)
            let error = #expect(throws: SigningKeyError.self) { try SigningKeys(directory: directory) }
            #expect(error?.path == file)
        }
    }

    @Test("A key by a link is not followed")
    func link() throws {
        try withDirectory { directory in
            _ = try SigningKeys(directory: directory)
            try FileManager.default.moveItem(atPath: directory + "/signing.pem", toPath: directory + "/elsewhere")
            try FileManager.default.createSymbolicLink(
                atPath: directory + "/signing.pem", withDestinationPath: "elsewhere")
            #expect(throws: SigningKeyError.self) { try SigningKeys(directory: directory) }
        }
    }

    @Test("openssl reads the file as an Ed25519 key, and its public half is the one published")
    func openssl() throws {
        try withDirectory { directory in
            let keys = try SigningKeys(directory: directory)
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["openssl", "pkey", "-in", directory + "/signing.pem", "-pubout", "-outform", "DER"]
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            let der = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            // Where openssl is not installed there is nothing to compare with.
            guard process.terminationStatus != 127 else { return }
            #expect(Array(der.suffix(32)) == keys.current.publicKey.rawRepresentation)
        }
    }

    @Test("A thumbprint is that of RFC 8037, appendix A.3")
    func thumbprint() throws {
        let jwk: JSONValue = ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]
        let key = try #require(VerifyingKey(jwk: jwk))
        #expect(key.keyID == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
        #expect(key.jwk["x"] == jwk["x"])
        #expect(VerifyingKey(jwk: key.jwk)?.keyID == key.keyID)
    }

    @Test(
        "What is no Ed25519 key is none",
        arguments: [
            nil, [:], ["kty": "OKP", "crv": "X25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"],
            ["kty": "OKP", "crv": "Ed25519", "x": "AAAA"], ["kty": "OKP", "crv": "Ed25519", "x": "!"],
        ] as [JSONValue])
    func badJWK(jwk: JSONValue) {
        #expect(VerifyingKey(jwk: jwk) == nil)
    }
}
