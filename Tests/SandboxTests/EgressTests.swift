import Fields
import Foundation
import Testing

@testable import Sandbox

@Suite("A declared destination", .serialized, .timeLimit(.minutes(5)))
struct EgressTests {
    private static let exchange = """
        import socket, sys
        s = socket.create_connection(("echo.test", PORT), timeout=10)
        s.sendall(b"hello")
        s.shutdown(socket.SHUT_WR)
        print(s.makefile().read())
        """

    private func code(_ text: String, _ server: TestServer) -> String {
        text.replacingOccurrences(of: "PORT", with: "\(server.port)")
    }

    @Test("is reached by its name, and the report says what went there and back")
    func reached() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let egress = try Egress(server)
        let place = "echo.test:\(server.port)"
        let outcome = try await egress.python(code(Self.exchange, server), to: [place])
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(outcome.text == "hello")
        let row = try #require(outcome.egress(place))
        #expect(row["connections"]?.int64 == 1)
        #expect(row["bytesSent"]?.int64 == 5)
        #expect(row["bytesReceived"]?.int64 == 5)
        #expect(row["address"]?.string == "127.0.0.1:\(server.port)")
        #expect(row["refusals"]?.array == [])
        #expect(outcome.report.json["denials"]?.array == [], "\(outcome.report.json)")
        await egress.close()
    }

    @Test("is reached by programs of other languages")
    func languages() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let egress = try Egress(server)
        let place = "echo.test:\(server.port)"
        let node = """
            const s = require('net').connect(\(server.port), 'echo.test', () => { s.setNoDelay(true); s.end('hello') });
            s.pipe(process.stdout)
            """
        let programs = [
            (["node", "-e", node], "node"), (["probe", "tcp", "127.77.0.1", "\(server.port)", "hello"], "default"),
            (["busybox", "sh", "-c", "echo -n hello | busybox nc echo.test \(server.port)"], "default"),
            (["busybox", "wget", "-q", "-O", "-", "http://echo.test:\(server.port)/hello"], "default"),
        ]
        // Without the memory cgroup an address space limit stands in for it, in which node does not start.
        for (arguments, profile) in programs where getuid() == 0 || profile != "node" {
            if profile == "node", !Harness.has("node") { continue }
            let outcome = try await egress.run(arguments, to: [place], profile: profile) { $0.wallMilliseconds = 5000 }
            if arguments[1] == "wget" {
                // An echo is no HTTP server: what counts is that it was asked.
                #expect(server.text.contains("GET /hello"), "\(outcome.summary)")
            } else {
                #expect(outcome.text == "hello", "\(arguments[0]): \(outcome.summary)")
            }
        }
        await egress.close()
    }

    @Test("that is an address is reached at that address")
    func literal() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let egress = try Egress(server)
        let outcome = try await egress.run(
            ["probe", "tcp", "127.0.0.1", "\(server.port)", "hello"], to: ["127.0.0.1:\(server.port)"])
        #expect(outcome.text == "hello", "\(outcome.summary)")
        // One that is not the machine's own: it lies on the sandbox's loopback, and goes out through the relay only.
        let refused = try await egress.run(["probe", "tcp", "10.1.2.3", "25", "hello"], to: ["10.1.2.3:25"])
        #expect(refused.text == "ECONNRESET", "\(refused.summary)")
        #expect(refused.refusal("10.1.2.3:25")?["reason"]?.string == "address_refused")
        await egress.close()
    }

    @Test("may answer after the program has closed its half")
    func halfClose() async throws {
        let server = try TestServer.counting()
        defer { server.stop() }
        let egress = try Egress(server)
        let outcome = try await egress.python(
            code(
                """
                import socket
                s = socket.create_connection(("echo.test", PORT), timeout=20)
                s.sendall(b"x" * 3000000)
                s.shutdown(socket.SHUT_WR)
                print(s.makefile().read())
                """, server), to: ["echo.test:\(server.port)"])
        #expect(outcome.text == "3000000", "\(outcome.summary)")
        await egress.close()
    }

    @Test("takes and gives much more than any buffer holds, in order, without holding it in memory")
    func backpressure() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let egress = try Egress(server) { $0.bytesMax = 1 << 30 }
        let outcome = try await egress.python(
            code(
                """
                import socket, threading, hashlib, time
                s = socket.create_connection(("echo.test", PORT), timeout=60)
                block = bytes(range(256)) * 256
                sent = hashlib.sha256()
                def send():
                    for i in range(400):
                        part = i.to_bytes(4, "big") + block
                        sent.update(part)
                        s.sendall(part)
                    s.shutdown(socket.SHUT_WR)
                thread = threading.Thread(target=send)
                thread.start()
                time.sleep(1)
                got = hashlib.sha256()
                while data := s.recv(65536):
                    got.update(data)
                thread.join()
                print(got.digest() == sent.digest())
                """, server), to: ["echo.test:\(server.port)"])
        #expect(outcome.text == "True", "\(outcome.summary)")
        #expect(outcome.egress("echo.test:\(server.port)")?["bytesReceived"]?.int64 == 26_216_000)
        await egress.close()
    }

    @Test("gets what a program sent just before its end")
    func drain() async throws {
        let server = try TestServer.counting()
        defer { server.stop() }
        let egress = try Egress(server)
        for _ in 0..<5 {
            let outcome = try await egress.python(
                code(
                    """
                    import socket, os
                    s = socket.create_connection(("echo.test", PORT))
                    s.sendall(b"y" * 10000)
                    os._exit(0)
                    """, server), to: ["echo.test:\(server.port)"])
            #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
            #expect(outcome.egress("echo.test:\(server.port)")?["bytesSent"]?.int64 == 10_000)
        }
        try await Task.sleep(for: .milliseconds(200))
        #expect(server.bytes == 50_000)
        await egress.close()
    }

    @Test("at an address that is not public is refused unless the operator permits it, and the run says so")
    func privateAddress() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let egress = try Egress(server) { $0.privateAllowed = [] }
        let outcome = try await egress.python(code(Self.exchange, server), to: ["echo.test:\(server.port)"])
        #expect(outcome.verdict.kind == .failed)
        #expect(outcome.errorText.contains("ConnectionResetError"), "\(outcome.summary)")
        #expect(outcome.errorText.contains("clawrunner: connection to echo.test:\(server.port): the address 127.0.0.1"))
        #expect(outcome.verdict.detail.contains("loopback"), "\(outcome.verdict.detail)")
        let refusal = try #require(outcome.refusal("echo.test:\(server.port)"))
        #expect(refusal["reason"]?.string == "address_refused")
        #expect(refusal["count"]?.int64 == 1)
        #expect(server.connections == 0)
        await egress.close()
    }

    @Test("keeps for a run the addresses that it had first, whatever its name server says later")
    func rebinding() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let resolver = ScriptedResolver(["127.0.0.1"], ["169.254.169.254"])
        let egress = try Egress(server) {
            $0.hosts = [:]
            $0.resolver = resolver
        }
        let twice = code(Self.exchange, server) + "\n" + code(Self.exchange, server)
        let place = "echo.test:\(server.port)"
        let outcome = try await egress.python(twice, to: [place])
        #expect(outcome.text == "hello\nhello", "\(outcome.summary)")
        #expect(resolver.calls == 1)
        // The next run looks it up anew, and the rule is asked about what it finds.
        let next = try await egress.python(code(Self.exchange, server), to: [place])
        #expect(next.refusal(place)?["detail"]?.string?.contains("metadata") == true, "\(next.summary)")
        await egress.close()
    }

    @Test("with several addresses is tried at those that are permitted, one after another")
    func severalAddresses() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let resolver = ScriptedResolver(["10.0.0.1", "127.0.0.2", "127.0.0.1"])
        let egress = try Egress(server) {
            $0.hosts = [:]
            $0.resolver = resolver
            // Nobody listens there.
            $0.privateAllowed += [PermittedAddress("127.0.0.2:\(server.port)")].compactMap { $0 }
        }
        let outcome = try await egress.python(code(Self.exchange, server), to: ["echo.test:\(server.port)"])
        #expect(outcome.text == "hello", "\(outcome.summary)")
        await egress.close()
    }

    @Test("that has no address, does not accept, or is not resolved in time is a refusal with that reason")
    func unreachable() async throws {
        let egress = try Egress {
            $0.resolver = ScriptedResolver([])
            $0.privateAllowed = [PermittedAddress("127.0.0.1:1")].compactMap { $0 }
        }
        let unknown = try await egress.run(["probe", "tcp", "127.77.0.1", "1", "x"], to: ["nowhere.test:1"])
        #expect(unknown.text == "ECONNRESET", "\(unknown.summary)")
        #expect(unknown.refusal("nowhere.test:1")?["reason"]?.string == "name_not_found")
        let closed = try await egress.run(["probe", "tcp", "127.77.0.1", "1", "x"], to: ["echo.test:1"])
        #expect(closed.text == "ECONNRESET", "\(closed.summary)")
        #expect(closed.refusal("echo.test:1")?["reason"]?.string == "connect_failed")
        await egress.close()
        let slow = try Egress {
            $0.resolver = ScriptedResolver(["127.0.0.1"], seconds: 2)
            $0.connectMilliseconds = 200
        }
        let late = try await slow.run(["probe", "tcp", "127.77.0.1", "1", "x"], to: ["slow.test:1"])
        #expect(late.refusal("slow.test:1")?["reason"]?.string == "connect_timeout", "\(late.summary)")
        #expect(late.usage.wallMicroseconds < 1_500_000)
        await slow.close()
    }

    @Test("looks names up one after another, so that slow ones hold up no other run")
    func slowNames() async throws {
        let resolver = ScriptedResolver([], seconds: 0.2)
        let egress = try Egress { $0.resolver = resolver }
        let code = "for i in 1 2 3 4; do ./probe tcp 127.77.0.$i 1 x & done; wait"
        let outcome = try await egress.run(["/bin/sh", "-c", code], to: (1...4).map { "slow-\($0).test:1" })
        #expect(resolver.calls == 4, "\(outcome.summary)")
        #expect(resolver.atOnceMax == 1)
        await egress.close()
    }

    @Test("gets no listener where the daemon has no descriptor left, and the daemon goes on", arguments: [[], [-1]])
    func noDescriptor(_ descriptors: [Int32]) async throws {
        let relay = EgressRelay([try #require(NetworkDestination("echo.test:1"))], EgressOptions())
        relay.listen(descriptors)
        let report = await relay.finish(ended: true)
        #expect(report.rows[0].refusals.map(\.reason) == [.relayFailed])
    }

    @Test("gets no connection when all runs together have as many as the host allows")
    func connectionsAtOnce() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let egress = try Egress(server) { $0.connectionsAtOnceMax = 2 }
        let to = ["echo.test:\(server.port)"]
        let one = "./probe tcp 127.77.0.1 \(server.port)"
        // Waits until both are open; the server has them until the program ends.
        let hold = "./probe tcp-hold 127.77.0.1 \(server.port) > /dev/null &"
        let code = "\(hold) a=$!; \(hold) b=$!; sleep 0.5; \(one) x; kill $a $b; sleep 0.5; \(one) y"
        let outcome = try await egress.run(["/bin/sh", "-c", code], to: to)
        #expect(outcome.text == "ECONNRESET\ny", "\(outcome.summary)")
        #expect(outcome.refusal(to[0])?["reason"]?.string == "connections_limit", "\(outcome.summary)")
        // Nothing of it is counted afterwards.
        let next = try await egress.run(["probe", "tcp", "127.77.0.1", "\(server.port)", "z"], to: to)
        #expect(next.text == "z", "\(next.summary)")
        await egress.close()
    }

    @Test("gets no more connections than a run may have")
    func connectionsLimit() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let egress = try Egress(server) { $0.connectionsMax = 3 }
        let outcome = try await egress.python(
            code(
                """
                import socket
                good = 0
                for _ in range(10):
                    try:
                        s = socket.create_connection(("echo.test", PORT), timeout=10)
                        s.sendall(b"x")
                        if s.recv(1): good += 1
                    except OSError as error:
                        pass
                print(good)
                """, server), to: ["echo.test:\(server.port)"])
        #expect(outcome.text == "3", "\(outcome.summary)")
        #expect(outcome.refusal("echo.test:\(server.port)")?["reason"]?.string == "connections_limit")
        #expect(server.connections == 3)
        await egress.close()
    }

    @Test("gets no more bytes than a run may send and receive")
    func bytesLimit() async throws {
        let server = try TestServer.counting()
        defer { server.stop() }
        let egress = try Egress(server) { $0.bytesMax = 100_000 }
        let outcome = try await egress.python(
            code(
                """
                import socket
                s = socket.create_connection(("echo.test", PORT), timeout=10)
                try:
                    for _ in range(1000): s.sendall(b"x" * 10000)
                except OSError: print("ended")
                """, server), to: ["echo.test:\(server.port)"])
        #expect(outcome.text == "ended", "\(outcome.summary)")
        let row = try #require(outcome.egress("echo.test:\(server.port)"))
        #expect(row["bytesSent"]?.int64 == 100_000)
        #expect(row["refusals"]?[0]?["reason"]?.string == "bytes_limit")
        try await Task.sleep(for: .milliseconds(100))
        #expect(server.bytes <= 100_000)
        await egress.close()
    }

    @Test("on which nothing moves is closed")
    func idle() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let egress = try Egress(server) { $0.idleMilliseconds = 300 }
        let outcome = try await egress.python(
            code(
                """
                import socket
                s = socket.create_connection(("echo.test", PORT), timeout=10)
                print(s.recv(1))
                """, server), to: ["echo.test:\(server.port)"])
        #expect(outcome.verdict.kind != .timeout, "\(outcome.summary)")
        #expect(outcome.refusal("echo.test:\(server.port)")?["reason"]?.string == "idle_timeout")
        await egress.close()
    }

    @Test("ends with its run, also when the run is killed")
    func killed() async throws {
        let ended = DispatchSemaphore(value: 0)
        let server = try TestServer { connection, _ in
            TestServer.read(connection) { _ in true }
            ended.signal()
        }
        defer { server.stop() }
        let egress = try Egress(server)
        let outcome = try await egress.run(
            ["probe", "tcp-hold", "127.77.0.1", "\(server.port)"], to: ["echo.test:\(server.port)"]
        ) { $0.wallMilliseconds = 500 }
        #expect(outcome.verdict.kind == .timeout, "\(outcome.summary)")
        #expect(ended.wait(timeout: .now() + 5) == .success)
        await egress.close()
    }

    @Test("cannot be had under a profile without sockets, nor more of them than fit")
    func impossible() async throws {
        let egress = try Egress()
        let strict = try await egress.run(["probe", "uid"], to: ["a.test:1"], profile: "strict")
        #expect(strict.verdict.kind == .launchFailed)
        #expect(strict.verdict.detail.contains("socket"), "\(strict.verdict.detail)")
        let many = try await egress.run(["probe", "uid"], to: (1...17).map { "a.test:\($0)" })
        #expect(many.verdict.kind == .launchFailed)
        #expect(many.verdict.detail.contains("16"), "\(many.verdict.detail)")
        let most = try await egress.run(["probe", "uid"], to: (1...16).map { "a\($0).test:\($0)" })
        #expect(most.verdict.kind == .ok, "\(most.summary)")
        await egress.close()
    }

    @Test("of the profile is granted to every run of it, and inherited")
    func profile() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let directory = try ProfileTests.Directory([
            "base.toml": "description = \"x\"\n[network]\nallow = [\"echo.test:\(server.port)\"]\ndeclare = false\n",
            "inherits.toml": "extends = \"base\"\ndescription = \"x\"\n",
            "none.toml": "extends = \"base\"\ndescription = \"x\"\n[network]\nallow = []\ndeclare = true\n",
        ])
        let store = try ProfileStore(directory: directory.path)
        let profile = try #require(store.profile(named: "inherits"))
        #expect(!profile.declaresDestinations)
        let none = try #require(store.profile(named: "none"))
        #expect(none.destinations.isEmpty && none.declaresDestinations)
        let egress = try Egress(server)
        let outcome = await egress.host.run(
            RunRequest(
                profile: profile, skillDirectory: try Harness.skill,
                arguments: ["probe", "tcp", "127.77.0.1", "\(server.port)", "hello"]))
        #expect(outcome.text == "hello", "\(outcome.summary)")
        await egress.close()
    }

    @Test("leaves no descriptor behind in the daemon, nor a network namespace")
    func leaks() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let egress = try Egress(server)
        func once() async throws {
            let outcome = try await egress.run(
                ["probe", "tcp", "127.77.0.1", "\(server.port)", "x"], to: ["echo.test:\(server.port)"])
            #expect(outcome.text == "x", "\(outcome.summary)")
        }
        func descriptors() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        }
        for _ in 0..<5 { try await once() }
        try await Task.sleep(for: .milliseconds(200))
        let before = try descriptors()
        for _ in 0..<50 { try await once() }
        try await Task.sleep(for: .milliseconds(200))
        #expect(try descriptors() <= before + 2)
        await egress.close()
    }
}
