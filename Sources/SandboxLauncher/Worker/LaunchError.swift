import CLinux
import Glibc
import SandboxProtocol

/// A step that failed: where, and what the kernel said.
struct LaunchError: Error {
    let stage: Stage
    let errno: Int32
    var subject = ""

    var failure: Failure { Failure(stage: stage, errno: errno, subject: PrivateTree.hostPath(subject)) }
}

/// The result of a system call, or a ``LaunchError`` with the errno that it left.
@discardableResult
func check(_ result: Int32, _ stage: Stage, _ subject: @autoclosure () -> String = "") throws(LaunchError) -> Int32 {
    guard result >= 0 else { throw LaunchError(stage: stage, errno: clw_errno(), subject: subject()) }
    return result
}
