import CLinux
import Glibc
internal import SandboxProtocol

/// How a run ended, as the reactor saw it.
enum RunEnd: Sendable {
    case ended(Ended, CapturedOutput)
    case failed(Failure)
    /// The launcher, or its worker, died with the run.
    case lost
    /// The launcher did not answer in time.
    case silent

    /// The program was not killed.
    var byItself: Bool {
        if case .ended(let ended, _) = self { ended.killed == .none } else { false }
    }
}

/// The daemon's side of one run: its three pipes, and what came through them.
///
/// Unchecked, because it belongs to one place at a time: to its maker until ``Reactor/start(_:_:)`` takes it, then to the
/// reactor's lock, then to whoever removed it from there.
final class ActiveRun: @unchecked Sendable {
    typealias Stream = RunPipes.Stream

    let id: UInt64
    /// Takes the run's listeners; nil without declared destinations.
    let egress: EgressRelay?
    /// Its program was started ahead, and is held to less than the run may have until the launcher says `begun`.
    let inputWaits: Bool
    private let limits: Limits
    private let input: [UInt8]
    private var written = 0
    private(set) var captured = CapturedOutput()
    private var pipes: RunPipes
    private let finish: @Sendable (RunEnd) -> Void

    /// - Parameter pipes: are this run's from now on.
    init(
        id: UInt64, pipes: RunPipes, limits: Limits, input: [UInt8], inputWaits: Bool = false,
        egress: EgressRelay? = nil, finish: @escaping @Sendable (RunEnd) -> Void
    ) {
        self.id = id
        self.pipes = pipes
        self.limits = limits
        self.input = input
        self.inputWaits = inputWaits
        self.egress = egress
        self.finish = finish
    }

    var wallMilliseconds: Int64 { limits.wallMilliseconds }

    var childEnds: [Int32] { pipes.childEnds }

    func closeChildEnds() { pipes.closeChildEnds() }

    func descriptor(_ stream: Stream) -> Int32 { pipes.descriptor(stream) }

    /// Writes what fits; true when all is written, and the pipe is closed then: end of file for the program.
    func writeInput() -> Bool {
        let fd = descriptor(.input)
        guard fd >= 0 else { return true }
        while written < input.count {
            let count = unsafe input.withUnsafeBytes { bytes in
                unsafe write(fd, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count > 0 {
                written += count
            } else if errno == EAGAIN {
                return false
            } else if errno != EINTR {
                // The program closed its end: what it did not want to read is nobody's loss.
                break
            }
        }
        closeStream(.input)
        return true
    }

    /// Reads what is there, keeps what the limit allows. Returns true when the stream has ended.
    func read(_ stream: Stream, _ buffer: inout [UInt8]) -> Bool {
        let fd = descriptor(stream)
        guard fd >= 0 else { return true }
        while true {
            let count = unsafe Glibc.read(fd, &buffer, buffer.count)
            if count > 0 {
                keep(buffer[..<count], stream)
                if isOver { return false }
            } else if count == 0 {
                return true
            } else if errno != EINTR {
                return errno != EAGAIN
            }
        }
    }

    private func keep(_ bytes: ArraySlice<UInt8>, _ stream: Stream) {
        if stream == .output {
            if captured.firstByteAt == nil { captured.firstByteAt = clw_monotonic_ns() }
            captured.output += bytes.prefix(Int(limits.outputBytes) - captured.output.count)
            captured.outputCount += Int64(bytes.count)
        } else {
            captured.error += bytes.prefix(Int(limits.stderrBytes) - captured.error.count)
            captured.errorCount += Int64(bytes.count)
        }
    }

    /// More was written than a limit allows.
    var isOver: Bool {
        captured.outputCount > limits.outputBytes || captured.errorCount > limits.stderrBytes
    }

    func closeStream(_ stream: Stream) { pipes.close(stream) }

    /// Once, with everything closed.
    func end(_ end: RunEnd) {
        pipes.close()
        finish(end)
    }
}
