public import MarketCore
public import Metering
import Sandbox

/// How one node works.
public struct NodeConfiguration: Sendable {
    /// Holds packages, the hold journal and, by convention, the store and the keys.
    public var dataDirectory: String
    /// Calls per licence.
    public var licenseRate: RateLimit
    /// Requests per agent, whatever the licence; refused ones count as well.
    public var agentRate: RateLimit
    /// Requests per address, for who answers requests from elsewhere.
    public var addressRate: RateLimit
    /// Registrations per address, and of all who come from no address together.
    public var registrationRate: RateLimit
    /// Runs at once; more wait.
    public var runsMax: Int
    /// Calls that may wait for a run to end; more are refused as overloaded.
    public var waitingMax: Int
    /// The longest that a call waits for a run to end, in seconds; then it is refused as overloaded.
    public var waitSecondsMax: Int64
    /// Bytes of one execute request's body.
    public var requestBytesMax: Int
    /// Bytes of one packed package.
    public var packageBytesMax: Int
    /// Lists and objects within each other in a request and in a response.
    public var jsonDepthMax: Int
    /// Bytes that the stored answers of one agent's requests with an idempotency key may take.
    public var outcomeBytesMax: Int64
    /// Bytes of the data directory's disk below which nothing is run, bought, uploaded or registered; zero never refuses.
    public var freeBytesMin: Int64
    /// Days for which isolation reports are kept; nil keeps them for good. Runs, sums and receipts are always kept.
    public var reportDays: Int64?
    /// Asks for payments from outside; nil where credits are only booked.
    public var topUpHook: (any TopUpHook)?
    /// Which verdicts are billed.
    public var billing: BillingRule
    /// Profiles that stand in for those that skills ask for.
    public var profileMap: [String: String]
    /// What stands before the paths in URLs that are given out, such as `https://node.example`.
    public var publicURL: String
    /// Absolute directories of this host below which git repositories may be published from by `file:///…`.
    public var repositoryDirectories: [String] = []
    /// Reports of as many buyers take a skill out of lists and sale until the operator decides; zero never does.
    public var reportsToHide = 3
    /// The scanners that must look at each version, by the names of ``scannerNames``; nil: those that this host has.
    public var scanners: [String]?
    /// Programs of others that can look at packages.
    public static let scannerNames = ReviewScanner.all.map(\.name)
    /// How long is waited for a store that does not book.
    package var bookingPace = BookingPace()
    /// Whether this host is short of memory; asked once a second at most.
    package var memoryIsShort: @Sendable () -> Bool = { MemoryPressure.isHigh }

    public init(
        dataDirectory: String, licenseRate: RateLimit = .standard,
        agentRate: RateLimit = RateLimit(quota: 60_000, windowSeconds: 60, burst: 10_000),
        addressRate: RateLimit = RateLimit(quota: 60_000, windowSeconds: 60, burst: 10_000),
        registrationRate: RateLimit = RateLimit(quota: 600, windowSeconds: 60, burst: 100), runsMax: Int = 64,
        waitingMax: Int = 4096, waitSecondsMax: Int64 = 30, requestBytesMax: Int = 4 << 20,
        packageBytesMax: Int = PackageLimits.archiveBytesStandard, jsonDepthMax: Int = 64,
        outcomeBytesMax: Int64 = 64 << 20, freeBytesMin: Int64 = 128 << 20,
        reportDays: Int64? = nil, billing: BillingRule = BillingRule(), profileMap: [String: String] = [:],
        publicURL: String = ""
    ) {
        self.dataDirectory = dataDirectory
        self.licenseRate = licenseRate
        self.agentRate = agentRate
        self.addressRate = addressRate
        self.registrationRate = registrationRate
        self.runsMax = runsMax
        self.waitingMax = waitingMax
        self.waitSecondsMax = waitSecondsMax
        self.requestBytesMax = requestBytesMax
        self.packageBytesMax = packageBytesMax
        self.jsonDepthMax = jsonDepthMax
        self.outcomeBytesMax = outcomeBytesMax
        self.freeBytesMin = freeBytesMin
        self.reportDays = reportDays
        self.billing = billing
        self.profileMap = profileMap
        self.publicURL = publicURL
    }
}
