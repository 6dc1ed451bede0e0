package import Fields

/// Whether a profile lets a skill make a call, reach a path or a host, and who says so.
package struct ProfileExplanation: Sendable {
    package enum Answer: String, Sendable {
        case yes, no
        /// With some arguments, or in some ways.
        case partly
    }

    package let subject: String
    package let answer: Answer
    /// One sentence.
    package let summary: String
    /// What decides, the strongest first: lines, groups, layers.
    package let because: [String]

    package var json: JSONValue {
        [
            "subject": .string(subject), "allowed": .string(answer.rawValue), "summary": .string(summary),
            "because": .array(because.map(JSONValue.string)),
        ]
    }

    /// - Parameter subject: an absolute path, the name of a system call, or a host with or without a port.
    /// - Throws: ``FieldError`` for a word that is none of them, with the nearest call.
    package static func explain(_ subject: String, _ profile: Profile) throws(FieldError) -> ProfileExplanation {
        if subject.hasPrefix("/") {
            guard isPlainPath(subject) else {
                throw FieldError(path: "", message: "\(quoted(subject)) is not a plain absolute path")
            }
            return path(subject, profile)
        }
        if SeccompCompiler.isKnown(subject) || SyscallFloor.names.contains(subject) { return call(subject, profile) }
        if subject.contains(where: { ".:".contains($0) }) || subject == "localhost" { return host(subject, profile) }
        throw FieldError(
            path: "", message: "\(quoted(subject)) is no system call of this machine, no absolute path and no host",
            suggestion: nearestName(to: subject, in: SeccompCompiler.knownNames))
    }

    // MARK: Calls

    private static func call(_ name: String, _ profile: Profile) -> ProfileExplanation {
        let policy = profile.syscalls
        let refusal =
            policy.kills ? "it ends the run with syscall_denied" : "it returns \(ErrnoNames.name(of: policy.refusal))"
        if let reason = SyscallFloor.reason(against: name) {
            return no(
                name, "\(name) is refused by every profile; \(refusal).",
                ["the floor of all profiles: \(reason)"] + denial(name, policy))
        }
        if SyscallNarrowing.treatment(of: name) == .absent {
            return no(
                name, "\(name) is ENOSYS in every profile, as on an older kernel.",
                ["the floor of all profiles: its arguments lie in memory, where no filter can look"])
        }
        guard let grant = policy.calls[name] else {
            let groups = SyscallGroups.groups(of: name)
            let nobody =
                groups.isEmpty
                ? "no group has it, and nothing allows it"
                : "it is in \(groups.joined(separator: ", ")), not among this profile's groups"
            let denied = denial(name, policy)
            return no(name, "\(name) is refused; \(refusal).", denied.isEmpty ? [nobody] : denied)
        }
        if let errno = grant.rules.compactMap(\.errno).first {
            return no(
                name, "\(name) is refused; it returns \(ErrnoNames.name(of: errno)), and is not counted.",
                [grant.origin.words])
        }
        return allowed(name, grant)
    }

    private static func allowed(_ name: String, _ grant: SyscallGrant) -> ProfileExplanation {
        let own = grant.isWhole ? [] : grant.rules.map { "where \($0.words)" }
        let because = [grant.origin.words] + own
        switch SyscallNarrowing.treatment(of: name) {
        case .pretended:
            return ProfileExplanation(
                subject: name, answer: .yes, summary: "\(name) returns 0 without being carried out.",
                because: because + ["the floor of all profiles: all that a skill writes lies in memory"])
        case .only(let rows):
            let words = rows.prefix(4).map { row in
                row.map {
                    SyscallCondition(index: $0.index, op: .maskedEqual, value: $0.value, mask: $0.mask).words
                }.joined(separator: " and ")
            }
            let more = rows.count > 4 ? [" or \(rows.count - 4) more such"] : []
            return ProfileExplanation(
                subject: name, answer: .partly,
                summary: "\(name) is allowed with some arguments; the others are refused.",
                because: because + [
                    "the floor of all profiles: only where " + words.joined(separator: ", or ") + more.joined()
                ])
        default:
            return ProfileExplanation(
                subject: name, answer: grant.isWhole ? .yes : .partly,
                summary: grant.isWhole
                    ? "\(name) is allowed." : "\(name) is allowed with some arguments; the others are refused.",
                because: because)
        }
    }

    private static func denial(_ name: String, _ policy: SyscallPolicy) -> [String] {
        policy.denied[name].map { ["deny (\($0.short))"] } ?? []
    }

    private static func no(_ subject: String, _ summary: String, _ because: [String]) -> ProfileExplanation {
        ProfileExplanation(subject: subject, answer: .no, summary: summary, because: because)
    }

    // MARK: Hosts

    private static func host(_ subject: String, _ profile: Profile) -> ProfileExplanation {
        let missing = ["socket", "connect"].first { !profile.syscalls.allowed.contains($0) }
        let granted = profile.destinations.filter { $0.description == subject || $0.host == subject }
        let walls = [
            "the layer networkNamespace: the sandbox's own network has no other way out",
            "the floor of all profiles: socket makes Unix sockets, and TCP over IPv4 where there are destinations",
        ]
        if let missing {
            return no(
                subject, "\(subject) is out of reach: the profile refuses the system call \(missing).",
                denial(missing, profile.syscalls) + walls)
        }
        if !granted.isEmpty {
            let names = granted.map(\.description).joined(separator: ", ")
            return ProfileExplanation(
                subject: subject, answer: .yes,
                summary: "Every run can connect to \(names), if it has a public address or the node permits it.",
                because: ["network.allow (\(profile.places["network.allow"].short))"] + walls)
        }
        let declare = "network.declare (\(profile.places["network.declare"].short))"
        guard profile.declaresDestinations else {
            return no(
                subject, "\(subject) is out of reach: the profile does not allow it, nor skills to declare it.",
                [declare] + walls)
        }
        return ProfileExplanation(
            subject: subject, answer: .partly,
            summary: "\(subject) is in reach only of a skill whose manifest declares it.", because: [declare] + walls)
    }
}
