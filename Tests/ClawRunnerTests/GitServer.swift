import Foundation

/// git's own `http-backend` on a loopback port, for the repositories below a directory.
final class GitServer {
    private let process = Process()
    let port: Int

    private static let script = """
        import http.server, os, subprocess, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"
            def log_message(self, *arguments): pass
            def serve(self):
                path, _, query = self.path.partition("?")
                length = int(self.headers.get("Content-Length") or 0)
                environment = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": sys.argv[1], "GIT_HTTP_EXPORT_ALL": "1",
                    "REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query,
                    "CONTENT_TYPE": self.headers.get("Content-Type") or "", "CONTENT_LENGTH": str(length),
                    "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding") or "",
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol") or "", "HOME": sys.argv[1],
                    "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
                done = subprocess.run(["git", "http-backend"], env=environment, input=self.rfile.read(length),
                    capture_output=True)
                head, _, body = done.stdout.partition(b"\\r\\n\\r\\n")
                lines = [line.partition(": ")[::2] for line in head.decode().split("\\r\\n")]
                status = next((value for name, value in lines if name == "Status"), "200 OK")
                self.send_response(int(status.split()[0]))
                for name, value in lines:
                    if name != "Status": self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            do_GET = do_POST = serve
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    struct NotStarted: Error {}

    init(root: String) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script, root]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let port = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw NotStarted() }
        self.port = port
    }

    func stop() {
        // It may have been started with SIGTERM blocked, as the threads of the tests have it at times.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Runs git as a seller does.
    @discardableResult
    static func git(_ arguments: [String], in directory: String) throws -> String {
        let git = Process()
        let output = Pipe()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = ["git", "-c", "user.name=Seller", "-c", "user.email=seller@example.org"] + arguments
        git.currentDirectoryURL = URL(fileURLWithPath: directory)
        git.environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": directory, "GIT_CONFIG_NOSYSTEM": "1"]
        git.standardOutput = output
        try git.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        git.waitUntilExit()
        guard git.terminationStatus == 0 else { throw NotStarted() }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
