/// How many sandboxes a host may keep waiting for runs, all profiles together.
public struct ParkingOptions: Sendable {
    /// 0: every run builds its own.
    public var countMax: Int
    /// What they may hold, as far as it is counted.
    public var memoryBytesMax: Int64
    /// After so long a waiting sandbox is replaced.
    public var ageSecondsMax: Int64
    /// After so long without a run none waits for its kind.
    public var idleSecondsMax: Int64

    public init(
        countMax: Int = 64, memoryBytesMax: Int64 = 256 << 20, ageSecondsMax: Int64 = 600, idleSecondsMax: Int64 = 300
    ) {
        self.countMax = countMax
        self.memoryBytesMax = memoryBytesMax
        self.ageSecondsMax = ageSecondsMax
        self.idleSecondsMax = idleSecondsMax
    }
}
