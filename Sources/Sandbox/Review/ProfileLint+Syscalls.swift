extension ProfileLint {
    /// Calls that may be granted, though they reach further than a skill should.
    static let risky: [String: String] = {
        var risky: [String: String] = [:]
        for (names, reason) in [
            ("personality", "It turns off address randomisation, which makes exploits easier."),
            (
                "inotify_init inotify_init1 inotify_add_watch",
                "Watches on read-only directories tell what the host and other runs do, and are counted host-wide."
            ),
            ("vmsplice", "It maps a program's pages into pipes, the cause of several kernel bugs."),
            ("mbind set_mempolicy move_pages migrate_pages", "It moves memory between the host's nodes."),
            ("name_to_handle_at", "File handles are half of a known escape from containers."),
            ("sync syncfs", "It makes the host write all its disks."),
            ("sched_setattr sched_setscheduler", "It asks for the processor before other programs."),
            ("remap_file_pages", "Old code of the kernel that few programs test."),
        ] {
            for name in names.split(separator: " ") { risky[String(name)] = reason }
        }
        return risky
    }()

    mutating func syscalls() {
        let allowed = statements("seccomp.allow")
        let denied = statements("seccomp.deny")
        let ruled = profile.statements.filter { $0.key.hasPrefix("seccomp.rules[") && $0.key.hasSuffix(".syscall") }
        contradictions(allowed, denied, ruled)
        repetitions(allowed)
        repetitions(denied)
        withoutEffect(allowed, denied)
        dangers(allowed)
        network()
        comparisons(ruled)
        if states("seccomp.groups"), statements("seccomp.groups").contains(where: { $0.value == "@watch" }),
            let place = statements("seccomp.groups").first(where: { $0.value == "@watch" })?.place
        {
            add(
                .warning, "risky-call", place, "the group @watch lets skills watch files",
                risk: Self.risky["inotify_init"] ?? "", fix: "Remove it where skills can poll instead.")
        }
    }

    private mutating func contradictions(
        _ allowed: [ProfileStatement], _ denied: [ProfileStatement], _ ruled: [ProfileStatement]
    ) {
        let names = Set(allowed.map(\.value))
        for statement in denied where names.contains(statement.value) {
            add(
                .error, "contradiction", statement.place, "\(statement.value) is both allowed and denied",
                risk: "deny wins; whoever reads allow believes otherwise.", fix: "Remove one of the two.")
        }
        let others = names.union(denied.map(\.value))
        for statement in ruled where others.contains(statement.value) {
            add(
                .error, "contradiction", statement.place, "\(statement.value) has rules and stands in allow or deny",
                risk: "The rules win; whoever reads the list believes otherwise.", fix: "Remove it from the list.")
        }
    }

    private mutating func network() {
        guard let place = statements("network.allow").first?.place,
            let call = ["socket", "connect"].first(where: { !profile.syscalls.allowed.contains($0) })
        else { return }
        add(
            .error, "network-without-socket", place, "destinations are allowed, but the system call \(call) is not",
            risk: "Every run of the profile fails to start.", fix: "Allow \(call), or remove the destinations.")
    }

    private mutating func repetitions(_ statements: [ProfileStatement]) {
        var seen: Set<String> = []
        for statement in statements where !seen.insert(statement.value).inserted {
            add(
                .warning, "without-effect", statement.place, "\(statement.value) is in the list twice",
                risk: "Who removes one believes that it is gone.", fix: "Remove one of the two.")
        }
    }

    private mutating func withoutEffect(_ allowed: [ProfileStatement], _ denied: [ProfileStatement]) {
        // What an import says is known to the import; it often needs deny.
        guard !states("seccomp.import") else { return }
        let before: Set<String> =
            states("seccomp.groups") || profile.places["seccomp.groups"]?.file == profile.file
            ? Set(statements("seccomp.groups").flatMap { SyscallGroups.all[$0.value] ?? [] })
            : profile.bases.first?.syscalls.allowed
                ?? Set(SyscallGroups.standard.flatMap { SyscallGroups.all[$0] ?? [] })
        for statement in allowed where before.contains(statement.value) {
            let group = SyscallGroups.groups(of: statement.value).first
            add(
                .warning, "without-effect", statement.place,
                "\(statement.value) is allowed already\(group.map { ", by \($0)" } ?? "")",
                risk: "Who removes it believes that it is refused then.", fix: "Remove it.")
        }
        for statement in denied where !before.union(allowed.map(\.value)).contains(statement.value) {
            add(
                .warning, "without-effect", statement.place,
                "\(statement.value) is refused anyway: nothing allows it",
                risk: "None today; the list grows longer than what it says.", fix: "Remove it.")
        }
    }

    private mutating func dangers(_ allowed: [ProfileStatement]) {
        for statement in allowed {
            if let risk = Self.risky[statement.value] {
                add(
                    .warning, "risky-call", statement.place, "\(statement.value) is granted", risk: risk,
                    fix: "Remove it, or allow it with the arguments that are needed by [[seccomp.rules]].")
            } else if SyscallGroups.groups(of: statement.value).isEmpty {
                add(
                    .warning, "uncommon-call", statement.place, "no known skill needs \(statement.value)",
                    risk: "Code of the kernel that few programs use is where bugs stay longest.",
                    fix: "Remove it; `clawrunner profile learn` shows what a skill needs.")
            }
        }
    }

    /// The kernel looks at 32 bits of many arguments, a filter at 64: what differs from a value there may equal it here.
    private mutating func comparisons(_ ruled: [ProfileStatement]) {
        for statement in ruled {
            let rules = profile.syscalls.calls[statement.value]?.rules ?? []
            guard rules.contains(where: { $0.conditions.contains { $0.op == .notEqual } }) else { continue }
            guard case .whole = SyscallNarrowing.treatment(of: statement.value) else { continue }
            add(
                .warning, "evadable-comparison", statement.place,
                "a rule for \(statement.value) says that an argument is not a value",
                risk: "The kernel drops the upper half of an int, so another number can mean the same value.",
                fix: "List the values that are allowed, with eq.")
        }
    }
}
