import ExecutionNode
import Fields
import Foundation
import Logging
import Metering
import NIOCore
import Sandbox

/// What a configuration file says. Every key may be left out; unknown keys are errors.
///
/// ```toml
/// data = "/var/lib/clawrunner"
/// socket = "/run/clawrunner/clawrunner.sock"
/// listen = "127.0.0.1:8080"        # allowRemote = true for addresses that are not loopback
/// permitDegraded = []               # layers that this host may lack
/// cgroup = "clawrunner"             # the directory below which every sandbox's cgroup is made
/// publicUrl = "https://node.example"
/// [log]
/// format = "json"                   # text | json
/// level = "info"
/// [limits]
/// runs = 64                         # at once; waiting = 4096 more may wait, waitSeconds = 30 long
/// requestBytes = 4194304
/// idempotencyBytes = 67108864       # of stored answers per agent
/// freeBytes = 134217728             # of the disk; with less nothing new is run
/// reportDays = 30                   # isolation reports older than that are dropped; absent: never
/// parked = 64                       # sandboxes that wait for runs; 0: none
/// parkedBytes = 268435456           # what they may hold
/// shutdownTimeout = 30              # seconds, as every timeout here
/// [rates.license]                   # also agent, address, registration
/// quota = 6000                      # calls in a window of seconds, with a burst
/// window = 60
/// burst = 1000
/// [billing]
/// verdicts = ["ok"]
/// [profileMap]
/// python = "default"                # what skills ask for = what they get
/// [egress]                          # see EgressConfiguration
/// [cors]
/// origins = ["https://shop.example"]  # pages in browsers that may call; absent: none
/// [sources]
/// directories = ["/srv/git"]        # git repositories below them may be published from
/// [reviews]
/// reportsToHide = 3                 # of buyers; 0: never by itself
/// scanners = ["bandit", "clamav"]   # must look at each version; absent: those that this host has
/// ```
struct ConfigurationFile: Sendable {
    private static let bytesMax = 1 << 20
    /// The most runs at once that may be set.
    static let runsMax = 4096

    var dataDirectory: String?
    var socketPath: String?
    var listen: String?
    var allowRemote = false
    var profilesDirectory: String?
    var runtimesDirectory: String?
    var launcherPath: String?
    var logFormat: ServeConfiguration.LogFormat?
    var logLevel: Logger.Level?
    var connections = ConnectionLimits()
    var shutdownSeconds: Int64 = 30
    var permitDegraded: Set<String> = []
    var cgroupName = "clawrunner"
    var egress = EgressOptions()
    var crossOrigin = CrossOrigin.none
    var parking = ParkingOptions()
    /// Its data directory is filled in later.
    var node = NodeConfiguration(dataDirectory: "")
    /// Asks for payments; nil where there is none.
    var topUpProgram: String?

    /// The defaults.
    init() {}

    /// - Parameter path: nil gives the defaults.
    init(path: String?) throws {
        guard let path else {
            self.init()
            return
        }
        let bytes = try InputFile.read(path, bytesMax: Self.bytesMax)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw FieldError(path: "", message: "is not valid UTF-8", file: path)
        }
        try self.init(FieldReader.toml(text, file: path), directory: (path as NSString).deletingLastPathComponent)
    }

    /// - Parameter directory: what relative paths start from.
    init(_ fields: FieldReader, directory: String) throws(FieldError) {
        let place = { (path: String) in
            path.hasPrefix("/") || path.hasPrefix("~")
                ? InstalledPaths.absolute(path) : InstalledPaths.absolute("\(directory)/\(path)")
        }
        func path(_ key: String) throws(FieldError) -> String? {
            try fields.optionalString(key, minBytes: 1, maxBytes: 4096).map(place)
        }
        dataDirectory = try path("data")
        socketPath = try path("socket")
        profilesDirectory = try path("profiles")
        runtimesDirectory = try path("runtimes")
        launcherPath = try path("launcher")
        listen = try fields.optionalString("listen", minBytes: 1, maxBytes: 256)
        allowRemote = try fields.optionalBool("allowRemote") ?? false
        permitDegraded = Set(try fields.strings("permitDegraded", maxCount: 32, maxBytes: 64))
        cgroupName = try fields.optionalString("cgroup", minBytes: 1, maxBytes: 64) ?? cgroupName
        guard cgroupName.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
            throw fields.error("cgroup", "is a name of letters, digits and -")
        }
        node.publicURL = try fields.optionalString("publicUrl", maxBytes: 512) ?? ""
        if let log = try fields.optionalReader("log") {
            logFormat = try log.optionalEnumeration("format")
            logLevel = try log.optionalEnumeration("level")
        }
        if let table = try fields.optionalReader("egress") { egress = try EgressConfiguration.read(table) }
        if let table = try fields.optionalReader("cors") { crossOrigin = try CrossOrigin(table) }
        if let limits = try fields.optionalReader("limits") { try read(limits) }
        if let sources = try fields.optionalReader("sources") {
            node.repositoryDirectories = try sources.strings("directories", maxCount: 16, maxBytes: 4096)
            guard node.repositoryDirectories.allSatisfy({ $0.hasPrefix("/") && $0.count > 1 }) else {
                throw sources.error("directories", "must be absolute paths of directories")
            }
        }
        if let reviews = try fields.optionalReader("reviews") {
            node.reportsToHide =
                try reviews.optionalInt("reportsToHide", in: 0...1_000_000).map { Int($0) } ?? node.reportsToHide
            if reviews.has("scanners") {
                node.scanners = try Self.names(
                    reviews, "scanners", of: "scanner", NodeConfiguration.scannerNames)
            }
        }
        if let rates = try fields.optionalReader("rates") {
            node.licenseRate = try Self.rate(rates, "license", node.licenseRate)
            node.agentRate = try Self.rate(rates, "agent", node.agentRate)
            node.addressRate = try Self.rate(rates, "address", node.addressRate)
            node.registrationRate = try Self.rate(rates, "registration", node.registrationRate)
        }
        if let billing = try fields.optionalReader("billing") {
            node.billing = BillingRule(
                billedVerdicts: Set(
                    try Self.names(billing, "verdicts", of: "verdict", Verdict.Kind.allCases.map(\.rawValue))))
        }
        if let program = try fields.optionalString("topUp", minBytes: 1, maxBytes: 4096) {
            guard program.hasPrefix("/") else { throw fields.error("topUp", "must be the absolute path of a program") }
            topUpProgram = program
        }
        if let map = try fields.optionalReader("profileMap") {
            for key in map.keys { node.profileMap[key] = try map.string(key, minBytes: 1, maxBytes: 64) }
        }
        try fields.finish()
    }

    private mutating func read(_ limits: FieldReader) throws(FieldError) {
        func count(_ key: String, _ value: inout Int, in range: ClosedRange<Int64>) throws(FieldError) {
            if let given = try limits.optionalInt(key, in: range) { value = Int(given) }
        }
        func seconds(_ key: String, _ value: inout TimeAmount) throws(FieldError) {
            if let given = try limits.optionalInt(key, in: 1...86_400) { value = .seconds(given) }
        }
        try count("runs", &node.runsMax, in: 1...Int64(Self.runsMax))
        try count("waiting", &node.waitingMax, in: 0...1_000_000)
        node.waitSecondsMax = try limits.optionalInt("waitSeconds", in: 0...3600) ?? node.waitSecondsMax
        try count("requestBytes", &node.requestBytesMax, in: 1024...(256 << 20))
        try count("packageBytes", &node.packageBytesMax, in: 1024...(1 << 30))
        try count("jsonDepth", &node.jsonDepthMax, in: 4...512)
        node.outcomeBytesMax =
            try limits.optionalInt("idempotencyBytes", in: (1 << 20)...(1 << 40)) ?? node.outcomeBytesMax
        node.freeBytesMin = try limits.optionalInt("freeBytes", in: 0...(1 << 50)) ?? node.freeBytesMin
        node.reportDays = try limits.optionalInt("reportDays", in: 1...36_500)
        try count("parked", &parking.countMax, in: 0...1024)
        parking.memoryBytesMax = try limits.optionalInt("parkedBytes", in: 0...(1 << 50)) ?? parking.memoryBytesMax
        try count("headerBytes", &connections.headerBytesMax, in: 1024...(1 << 20))
        try count("connections", &connections.connectionsMax, in: 1...65_536)
        try seconds("idleTimeout", &connections.idle)
        try seconds("requestTimeout", &connections.receive)
        try seconds("responseTimeout", &connections.send)
        shutdownSeconds = try limits.optionalInt("shutdownTimeout", in: 0...3600) ?? shutdownSeconds
    }

    /// A list of names, each a known one.
    private static func names(
        _ fields: FieldReader, _ key: String, of what: String, _ known: [String]
    ) throws(FieldError) -> [String] {
        let names = try fields.strings(key, maxCount: 32, maxBytes: 32)
        if let unknown = names.first(where: { !known.contains($0) }) {
            throw fields.error(
                key, "there is no \(what) \(quoted(unknown)); there are \(known.joined(separator: ", "))",
                suggestion: nearestName(to: unknown, in: known))
        }
        return names
    }

    private static func rate(
        _ rates: FieldReader, _ key: String, _ standard: RateLimit
    ) throws(FieldError) -> RateLimit {
        guard let rate = try rates.optionalReader(key) else { return standard }
        return RateLimit(
            quota: try rate.optionalInt("quota", in: 1...1_000_000_000) ?? standard.quota,
            windowSeconds: try rate.optionalInt("window", in: 1...86_400) ?? standard.windowSeconds,
            burst: try rate.optionalInt("burst", in: 1...1_000_000_000) ?? standard.burst)
    }
}
