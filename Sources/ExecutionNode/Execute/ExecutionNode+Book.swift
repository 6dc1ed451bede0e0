import Logging
import MarketCore
import Metering

extension ExecutionNode {
    /// Books an ended run. It is tried again while the store is busy: a run without a record would be a loss. The
    /// calling task may be cancelled meanwhile.
    func book(_ run: EndedRun) async throws(NodeError) -> SettledRun {
        let result: Result<SettledRun, MeterError> = await Task.immediate {
            var wait = Duration.milliseconds(50)
            while true {
                do throws(MeterError) {
                    return .success(try await self.meter.settle(try run.settlement(self.configuration.billing)))
                } catch {
                    guard case .store(.unavailable) = error, wait < .seconds(5) else { return .failure(error) }
                }
                try? await Task.sleep(for: wait)
                wait *= 2
            }
        }.value
        switch result {
        case .success(let settled):
            run.count()
            return settled
        case .failure(let error):
            // The hold stays, in memory and in the journal; the next start books the run as interrupted.
            logger.critical(
                "a run could not be booked",
                metadata: ["execution": .string(run.hold.id.description), "cause": .string("\(error)")])
            throw NodeError(
                status: 503, code: "not_booked",
                detail: "The skill ran, but the run could not be booked; it will be booked at no cost.",
                retryable: true, instance: "/api/v1/executions/\(run.hold.id)")
        }
    }
}
