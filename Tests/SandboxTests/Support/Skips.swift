import Foundation

@testable import Sandbox

/// What this host cannot show is said in one line that the tools around the tests count.
extension Harness {
    /// How many times as long something may take here as on a machine of its own: `CLAWRUNNER_TEST_PATIENCE`, for
    /// emulated machines. It stretches only what is about speed, no promise.
    static let patience = ProcessInfo.processInfo.environment["CLAWRUNNER_TEST_PATIENCE"].flatMap(Int64.init) ?? 1

    static func skip(_ reason: String) {
        print("skipped: \(reason)")
    }

    /// The program is below /usr, where sandboxes see it; says so when it is not.
    static func has(_ program: String) -> Bool {
        let there = ["/usr/local/bin", "/usr/bin"].contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
        if !there { skip("there is no \(program) below /usr") }
        return there
    }

    /// Every sandbox of this host has ids of its own; says so when not.
    static var ownIDs: Bool {
        let own = host.hostReport.layers.contains { $0.name == "identity" && $0.state == .on }
        if !own { skip("without root and subordinate ids all sandboxes share one id") }
        return own
    }
}
