import MarketCore
import Synchronization
import Testing

@testable import ExecutionNode

@Suite("The desk of reviews", .timeLimit(.minutes(1)))
struct ReviewDeskTests {
    private let desk = ReviewDesk()
    private let stage = Stage()
    private let skill = Skill.ID.new()
    private let busy = Agent.ID.new()
    private let other = Agent.ID.new()

    private func key(_ number: Int, _ agent: Agent.ID) -> VersionKey {
        VersionKey(
            skillID: skill, version: SemanticVersion(Int64(number), 0, 0), agentID: agent)
    }

    private func submit(_ name: String, _ key: VersionKey) { desk.submit(key) { _ in await stage.play(name) } }
    private func rescan(_ name: String, _ key: VersionKey) { desk.rescan(key) { _ in await stage.play(name) } }

    @Test("agents have turns, and who waits alone waits for nobody")
    func turns() async throws {
        submit("busy 1", key(1, busy))
        await stage.expect(["busy 1"])
        for number in 2...4 { submit("busy \(number)", key(number, busy)) }
        submit("other", key(5, other))
        await stage.expect(["busy 1", "busy 2"])
        stage.end("busy 1")
        await stage.expect(["busy 1", "busy 2", "other"])
        stage.end("other")
        await stage.expect(["busy 1", "busy 2", "other", "busy 3"])
        await desk.stop()
    }

    @Test("what is looked at again has one place at most, and one turn in nine")
    func rescans() async throws {
        for number in 1...2 { rescan("again \(number)", key(number, busy)) }
        await stage.expect(["again 1"])
        for number in 11...20 { submit("new \(number)", key(number, other)) }
        await stage.expect(["again 1", "new 11"])
        for number in 11...17 { stage.end("new \(number)") }
        let before = ["again 1"] + (11...18).map { "new \($0)" }
        await stage.expect(before)
        stage.end("again 1")
        await stage.expect(before + ["again 2"])
        stage.end("new 18")
        await stage.expect(before + ["again 2", "new 19"])
        await desk.stop()
    }

    @Test("a version that is handed in anew before its review has ended is reviewed once more, a rescan of it is not")
    func anew() async throws {
        submit("first", key(1, busy))
        await stage.expect(["first"])
        rescan("again", key(1, busy))
        submit("second", key(1, busy))
        #expect(stage.begun == ["first"])
        stage.end("first")
        await stage.expect(["first", "second"])
        await desk.stop()
        #expect(stage.begun == ["first", "second"])
    }

    @Test("stopping forgets what waits, and waits for what runs")
    func stop() async throws {
        submit("new 1", key(1, busy))
        await stage.expect(["new 1"])
        for number in 2...3 { submit("new \(number)", key(number, busy)) }
        rescan("again", key(4, busy))
        await stage.expect(["new 1", "new 2"])
        await desk.stop()
        #expect(stage.begun == ["new 1", "new 2"])
        #expect(desk.live(key(3, busy)) == nil && desk.live(key(4, busy)) == nil)
        submit("late", key(5, busy))
        #expect(desk.live(key(5, busy)) == nil)
    }
}

/// Reviews that begin when the desk says so, and end when the test does or the desk stops.
private final class Stage: Sendable {
    private struct State {
        var begun: [String] = []
        var ended: Set<String> = []
        var playing: [String: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    var begun: [String] { state.withLock { $0.begun } }

    func play(_ name: String) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goes = state.withLock { state in
                    state.begun.append(name)
                    guard !state.ended.contains(name) else { return true }
                    state.playing[name] = continuation
                    return false
                }
                if goes { continuation.resume() }
            }
        } onCancel: {
            end(name)
        }
    }

    func end(_ name: String) {
        let playing = state.withLock { state in
            state.ended.insert(name)
            return state.playing.removeValue(forKey: name)
        }
        playing?.resume()
    }

    func expect(_ names: [String], sourceLocation: SourceLocation = #_sourceLocation) async {
        for _ in 0..<2000 where begun.count < names.count { try? await Task.sleep(for: .milliseconds(1)) }
        #expect(begun == names, sourceLocation: sourceLocation)
    }
}
