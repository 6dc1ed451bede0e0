/// How long is waited for a store that does not book.
package struct BookingPace: Sendable {
    /// Before the first further attempt; each next one waits twice as long.
    package var firstWait = Duration.milliseconds(50)
    package var waitMax = Duration.seconds(2)
    /// How long a client waits for its answer, and an attempt that goes on then.
    package var patience = Duration.seconds(5)
    /// Nothing new is run while a run has ended so long ago and is not booked.
    package var unbookedAgeMax = Duration.seconds(5)
    /// Nothing new is run while so many runs have ended and are not booked; their answers take memory.
    package var unbookedMax = 1024
    /// What a refused client is told to wait.
    package var retryAfterSeconds: Int64 = 5
}
