import Foundation

@testable import Sandbox

/// What this host cannot show is said in one line that the tools around the tests count.
extension Harness {
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
