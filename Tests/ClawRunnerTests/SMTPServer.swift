import Foundation
import NodeTestSupport
import Testing

/// aiosmtpd, a real mail server, as a process of the test; `make python-deps` installs it.
final class SMTPServer: @unchecked Sendable {
    // Unchecked: used by one test, one call at a time.
    let port: Int
    private let folder: URL
    private let process = Process()
    private let input = Pipe()

    static let user = "smart-emailer@example.com"
    static let password = "correct horse/battery+staple"

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "smtp-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let packages = NodeFixture.repository + "/.build/python"
        try #require(
            FileManager.default.fileExists(atPath: packages + "/aiosmtpd"), "run `make python-deps` before this test")
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [
            "-W", "ignore", "-B", NodeFixture.repository + "/Tests/RuntimesTests/smtp_server.py", folder.path,
            Self.user,
            Self.password,
        ]
        process.environment = ["PYTHONPATH": packages, "PATH": "/usr/bin:/bin"]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.trimmingCharacters(in: .newlines)), "the mail server said \(line)")
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    /// What has arrived, in order.
    var mails: [String] {
        (1...).lazy.map { self.folder.appending(path: "\($0).eml").path }
            .prefix { FileManager.default.fileExists(atPath: $0) }
            .map { String(decoding: FileManager.default.contents(atPath: $0) ?? Data(), as: UTF8.self) }
    }
}
