import CLinux
import Fields
import Foundation
import Testing

@testable import Sandbox

@Suite("A hostile program with a declared destination", .serialized, .timeLimit(.minutes(3)))
struct NetworkTests {
    static let attempts: [Attempt] = [
        Attempt("destinations.udp", "has no UDP", ["udp"], "EPERM"),
        Attempt("destinations.ipv6", "has no IPv6", ["socket", "10"], "EPERM"),
        Attempt("destinations.raw", "has no raw sockets", ["raw"], "EPERM"),
        Attempt("destinations.multipath", "has no multipath TCP", ["mptcp"], "EPERM"),
        Attempt(
            "destinations.netlink", "has no netlink, which could change its addresses and routes", ["netlink"], "EPERM"),
        Attempt("destinations.packet", "has no packet sockets", ["socket", "17"], "EPERM"),
        Attempt("destinations.vsock", "has no vsock", ["socket", "40"], "EPERM"),
        Attempt("destinations.crypto", "has no crypto sockets", ["alg"], "EPERM"),
        Attempt(
            "destinations.other-port", "finds no other port at the declared address", ["tcp", "127.77.0.1", "2"],
            "EACCES", "ECONNREFUSED"),
        Attempt(
            "destinations.next-address", "finds nothing at the next address", ["tcp", "127.77.0.2", "1"], "ECONNREFUSED"
        ),
        Attempt(
            "destinations.own-loopback", "finds nothing on the loopback of its own", ["tcp", "127.0.0.1", "1"],
            "ECONNREFUSED"),
        Attempt(
            "destinations.other-network", "finds no route to another network", ["tcp", "10.0.0.1", "1"], "ENETUNREACH"),
        Attempt("destinations.internet", "finds no route to the internet", ["tcp", "8.8.8.8", "1"], "ENETUNREACH"),
        Attempt("destinations.metadata", "finds no metadata service", ["tcp", "169.254.169.254", "1"], "ENETUNREACH"),
        Attempt("destinations.fast-open", "cannot connect by sending first", ["tcp-fast"], "EPERM"),
        Attempt("destinations.listen", "cannot listen for others", ["tcp-listen", "4444"], "EACCES", "done 0"),
        Attempt("destinations.change", "cannot change its network", ["loopback-down"], "EPERM"),
    ]

    @Test("gets nothing but that", arguments: attempts)
    func refused(_ attempt: Attempt) async throws {
        let egress = try Egress()
        let outcome = try await egress.run(["probe"] + attempt.probe, to: ["declared.test:1"])
        #expect(outcome.verdict.kind == .ok, "\(outcome.summary)")
        #expect(attempt.refusals.contains(outcome.text), "\(outcome.summary)")
        await egress.close()
    }

    @Test("may set what TCP programs set", .promise("destinations.options"))
    func options() async throws {
        let egress = try Egress()
        #expect(try await egress.run(["probe", "no-delay"], to: ["declared.test:1"]).text == "done 0")
        await egress.close()
    }

    @Test("has its share of what TCP holds unread, and no more", .promise("destinations.memory"))
    func memory() async throws {
        // While a name is looked up, nothing is taken off the connections.
        let egress = try Egress { $0.resolver = ScriptedResolver([], seconds: 5) }
        let outcome = try await egress.run(
            ["probe", "tcp-fill", "127.77.0.1", "1", "120"], to: ["slow.test:1"])
        let mebibytes = try #require(Int(outcome.text), "\(outcome.summary)")
        print("measured: 120 connections that nobody reads took \(mebibytes) MiB")
        #expect(mebibytes < 128)
        await egress.close()
    }

    @Test("does not reach a service of the host on the same port", .promise("destinations.host-service"))
    func hostLoopback() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let egress = try Egress(server)
        let port = "\(server.port)"
        let outcome = try await egress.run(["probe", "tcp", "127.0.0.1", port, "x"], to: ["echo.test:\(port)"])
        #expect(outcome.text == "ECONNREFUSED", "\(outcome.summary)")
        #expect(server.connections == 0)
        await egress.close()
    }

    @Test(
        "does not reach the host by a public address of its own", .promise("destinations.own-address"),
        .enabled(if: getuid() == 0, "makes a network namespace"))
    func own() async throws {
        let (own, other) = (try #require(IPAddress("8.8.8.8")), try #require(IPAddress("9.9.9.9")))
        let kinds = await withCheckedContinuation { continuation in
            // Only this thread enters the namespace, and ends in it.
            Thread.detachNewThread {
                var made = clw_unshare(Int32(CLW_NEWNET)) == 0
                let socket = clw_tcp_socket()
                defer { close(socket) }
                made = made && clw_loopback_up(socket) == 0 && clw_loopback_add(socket, 1, 0x0808_0808) == 0
                let options = EgressOptions()
                continuation.resume(returning: made ? [own, other].map { options.refusal($0, port: 25) } : [])
            }
        }
        #expect(kinds == [.own, nil])
        #expect(EgressOptions().refusal(own, port: 25) == nil)
    }

    @Test("does not reach the destination of a run beside it", .promise("destinations.beside"))
    func tenants() async throws {
        let (mine, theirs) = (try TestServer.echo(), try TestServer.echo())
        defer { mine.stop() }
        defer { theirs.stop() }
        let egress = try Egress(mine, theirs)
        async let neighbour = egress.run(
            ["probe", "sleep", "2"], to: ["other.test:\(theirs.port)", "echo.test:\(theirs.port)"])
        try await Task.sleep(for: .milliseconds(300))
        for address in ["127.77.0.1", "127.77.0.2"] {
            let outcome = try await egress.run(
                ["probe", "tcp", address, "\(theirs.port)", "x"], to: ["echo.test:\(mine.port)"])
            #expect(["EACCES", "ECONNREFUSED"].contains(outcome.text), "\(outcome.summary)")
        }
        #expect(theirs.connections == 0)
        #expect(try await neighbour.verdict.kind == .ok)
        await egress.close()
    }

    @Test(
        "sees its names in a file of hosts that it cannot change, and no other run sees",
        .promise("destinations.hosts-file"))
    func hosts() async throws {
        let egress = try Egress()
        let to = ["declared.test:1", "declared.test:2", "9.8.7.6:1", "second.test:1"]
        let seen = try await egress.run(["probe", "read", "/etc/hosts"], to: to)
        #expect(seen.text == "127.0.0.1 localhost\n127.77.0.1 declared.test\n127.77.0.2 second.test", "\(seen.summary)")
        let written = try await egress.run(["probe", "write", "/etc/hosts"], to: to)
        #expect(["EROFS", "EACCES"].contains(written.text), "\(written.summary)")
        let removed = try await egress.run(["probe", "umount", "/etc/hosts"], to: to)
        #expect(removed.text == "EPERM", "\(removed.summary)")
        let other = try await egress.run(["probe", "read", "/etc/hosts"], to: [])
        #expect(!other.text.contains("declared"), "\(other.summary)")
        await egress.close()
    }

    @Test("leaves no way out to the run that comes after it", .promise("destinations.after"))
    func next() async throws {
        let server = try TestServer.echo()
        defer { server.stop() }
        let egress = try Egress(server)
        for _ in 0..<3 {
            let with = try await egress.run(
                ["probe", "tcp", "127.77.0.1", "\(server.port)", "x"], to: ["echo.test:\(server.port)"])
            #expect(with.text == "x", "\(with.summary)")
            #expect(with.report.json["networkRecycled"]?.bool != true)
            let without = try await egress.run(["probe", "tcp", "127.77.0.1", "\(server.port)", "x"], to: [])
            #expect(without.text == "EPERM", "\(without.summary)")
        }
        await egress.close()
    }
}
