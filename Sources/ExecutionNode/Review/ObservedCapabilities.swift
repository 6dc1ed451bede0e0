import Fields
import MarketCore
import Sandbox

/// What the tests of a version did, to be held against what it declares.
struct ObservedCapabilities: Sendable {
    /// Calls that the sandbox refused, with how often.
    private(set) var refused: [String: Int64] = [:]
    /// Destinations that were connected to, or tried.
    private(set) var destinations: Set<String> = []
    private(set) var executed: Set<String> = []
    private(set) var written: Set<String> = []
    private(set) var syscalls: Set<String> = []

    private static let namesMax = 64

    init() {}

    /// As they stand in a report.
    init(_ json: JSONValue) {
        func names(_ key: String) -> Set<String> { Set(json[key]?.array?.compactMap(\.string) ?? []) }
        for call in json["refusedCalls"]?.array ?? [] {
            if let name = call["syscall"]?.string { refused[name] = call["count"]?.int64 ?? 1 }
        }
        destinations = names("destinations")
        executed = names("executed")
        written = names("written")
        syscalls = names("syscalls")
    }

    mutating func add(_ outcome: RunOutcome) {
        for denial in outcome.report.json["denials"]?.array ?? [] {
            guard let name = denial["syscall"]?.string, let count = denial["count"]?.int64 else { continue }
            refused[name, default: 0] += count
        }
        for row in outcome.report.json["egress"]?["destinations"]?.array ?? [] {
            guard let name = row["destination"]?.string else { continue }
            if (row["connections"]?.int64 ?? 0) > 0 || row["refusals"]?.array?.isEmpty == false {
                destinations.insert(name)
            }
        }
        guard let observation = outcome.observation else { return }
        syscalls.formUnion(observation.syscalls.keys)
        for (path, access) in observation.paths {
            if access.contains("executed"), executed.count < Self.namesMax { executed.insert(path) }
            if access.contains("written"), written.count < Self.namesMax { written.insert(path) }
        }
    }

    /// What differs from what is declared.
    func findings(declared: [NetworkDestination]) -> [ReviewFinding] {
        var found: [ReviewFinding] = []
        let calls = refused.keys.filter { $0 == "socket" || $0 == "connect" }
        if !calls.isEmpty, declared.isEmpty {
            found.append(
                ReviewFinding(
                    rule: "observed-network", severity: .medium,
                    why: "A test asked for the network, which is not declared.",
                    fix: "Declare the destinations under [network] allow, or do without."))
        }
        let others = refused.keys.filter { $0 != "socket" && $0 != "connect" }.sorted()
        if !others.isEmpty {
            found.append(
                ReviewFinding(
                    rule: "observed-refusal", severity: .low, excerpt: others.prefix(8).joined(separator: ", "),
                    why: "A test made system calls that its profile refuses.",
                    fix: "See `clawrunner profile explain`, and choose a profile that fits."))
        }
        let unused = declared.map(\.description).filter { !destinations.contains($0) }
        if !unused.isEmpty {
            found.append(
                ReviewFinding(
                    rule: "observed-unused", severity: .info, excerpt: unused.joined(separator: ", "),
                    why: "No test reaches a destination that is declared.",
                    fix: "Nothing, if only real calls need it; otherwise remove it from [network] allow."))
        }
        return found
    }

    var json: JSONValue {
        [
            "refusedCalls": .array(
                refused.sorted { $0.key < $1.key }.map { ["syscall": .string($0.key), "count": .number($0.value)] }),
            "destinations": .array(destinations.sorted().map(JSONValue.string)),
            "executed": .array(executed.sorted().map(JSONValue.string)),
            "written": .array(written.sorted().map(JSONValue.string)),
            "syscalls": .array(syscalls.sorted().map(JSONValue.string)),
        ]
    }
}
