import ExecutionNode
import Fields
import Metering

/// The operator's program that asks for payments. It finds the request as JSON in `CLAWRUNNER_TOP_UP` and says by its exit
/// status what became of it: 0 paid, 75 pending (EX_TEMPFAIL of sysexits.h), anything else refused.
struct TopUpProgram: TopUpHook {
    /// Absolute.
    let path: String
    /// Where its output goes.
    let log: String

    static let timeoutSeconds = 30
    private static let pendingStatus: Int32 = 75

    func ask(_ topUp: TopUp) async -> TopUpAnswer {
        let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "CLAWRUNNER_TOP_UP": topUp.json.description]
        guard let program = try? ChildProcess(path, [], environment: environment, log: log) else { return .refused }
        switch await program.exitStatus(withinSeconds: Self.timeoutSeconds) {
        case 0: return .paid
        case Self.pendingStatus: return .pending
        default: return .refused
        }
    }
}
