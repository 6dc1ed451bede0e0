/// What a profile lets the host make ahead of the runs that need it. See ``ParkingOptions`` for the host's own bounds.
public struct WarmSettings: Hashable, Sendable {
    /// The most sandboxes of one kind that wait; 0: every run builds its own.
    public var sandboxesMax: Int
    /// Interpreters may be started in them.
    public var interpreters: Bool
    /// Skills that ask for it may be started in them.
    public var skills: Bool

    /// What stands where neither a profile nor what it extends says anything.
    static let standard = WarmSettings(sandboxesMax: 8, interpreters: true, skills: true)
    static let sandboxesRange: ClosedRange<Int64> = 0...1000
}
