package import Fields
internal import SandboxProtocol

/// What one profile grants more or less than another, in words.
package struct ProfileDifference: Sendable {
    package enum Direction: String, Sendable {
        case more, less
        /// Neither: something else instead.
        case other
    }

    package struct Change: Hashable, Sendable {
        package let direction: Direction
        /// Such as `limits` or `system calls`.
        package let area: String
        package let text: String

        package var json: JSONValue {
            ["direction": .string(direction.rawValue), "area": .string(area), "text": .string(text)]
        }
    }

    package private(set) var changes: [Change] = []

    /// What `new` grants, held against `old`.
    package init(_ old: Profile, _ new: Profile) {
        limits(old.limits, new.limits)
        calls(old.syscalls, new.syscalls)
        files(old, new)
        layers(old, new)
        network(old, new)
        warm(old.warm, new.warm)
        variables(old.environment, new.environment)
        if old.runtime != new.runtime {
            add(.other, "runtime", "\(old.runtime ?? "any") → \(new.runtime ?? "any")")
        }
    }

    private mutating func add(_ direction: Direction, _ area: String, _ text: String) {
        changes.append(Change(direction: direction, area: area, text: text))
    }

    private mutating func limits(_ old: Limits, _ new: Limits) {
        for field in Limits.fields {
            let (before, after) = (old[keyPath: field.path], new[keyPath: field.path])
            guard before != after else { continue }
            let words = "\(Limits.describe(before, field.unit)) → \(Limits.describe(after, field.unit))"
            add(after > before ? .more : .less, "limits", "\(field.key) \(words)")
        }
    }

    // MARK: Calls

    private mutating func calls(_ old: SyscallPolicy, _ new: SyscallPolicy) {
        let (before, after) = (old.allowed, new.allowed)
        names("system calls", before, after)
        for name in before.intersection(after).sorted() {
            guard let was = old.calls[name], let now = new.calls[name], Set(was.rules) != Set(now.rules) else {
                continue
            }
            let direction: Direction = now.isWhole ? .more : was.isWhole ? .less : .other
            add(
                direction, "system calls",
                "\(name) \(Self.words(was)) → \(Self.words(now))")
        }
        if old.refusal != new.refusal {
            add(
                .other, "system calls",
                "a refused call returns \(ErrnoNames.name(of: old.refusal)) → \(ErrnoNames.name(of: new.refusal))")
        }
        if old.kills != new.kills {
            add(
                new.kills ? .less : .more, "system calls",
                new.kills ? "the first refused call ends the run" : "a refused call no longer ends the run")
        }
    }

    private static func words(_ grant: SyscallGrant) -> String {
        grant.isWhole
            ? "with any arguments" : "where " + grant.rules.prefix(4).map(\.words).joined(separator: ", or ")
    }

    /// What came and what went. Calls of a whole group are told by its name.
    private mutating func names(_ area: String, _ before: Set<String>, _ after: Set<String>) {
        for (direction, var names) in [(Direction.more, after.subtracting(before)), (.less, before.subtracting(after))]
        {
            guard !names.isEmpty else { continue }
            let count = names.count
            var words: [String] = []
            for (group, calls) in SyscallGroups.all.sorted(by: { $0.key < $1.key }) {
                // What every profile has is never among the differences.
                let members = Set(calls).subtracting(SyscallGroups.required).filter(SeccompCompiler.isKnown)
                guard members.count > 1, members.isSubset(of: names) else { continue }
                words.append("all \(members.count) of \(group)")
                names.subtract(members)
            }
            add(direction, area, "\(count): \((words + names.sorted()).joined(separator: ", "))")
        }
    }

    // MARK: Files

    private mutating func files(_ old: Profile, _ new: Profile) {
        if old.rootfs != new.rootfs {
            add(.other, "files", "programs of \(old.rootfs ?? "the host") → \(new.rootfs ?? "the host")")
        }
        let (before, after) = (Set(old.mounts.map(\.value)), Set(new.mounts.map(\.value)))
        for mount in after.subtracting(before).sorted(by: { $0.path < $1.path }) {
            add(.more, "files", "\(mount.source) at \(mount.path)\(mount.noExec ? ", not executable" : "")")
        }
        for mount in before.subtracting(after).sorted(by: { $0.path < $1.path }) {
            add(.less, "files", "no \(mount.source) at \(mount.path)")
        }
        if old.tmpExecutable != new.tmpExecutable {
            add(
                new.tmpExecutable ? .more : .less, "files",
                new.tmpExecutable ? "programs in /tmp can be executed" : "nothing in /tmp can be executed")
        }
        let (was, now) = (TemplateBuilder.landlock(old), TemplateBuilder.landlock(new))
        // Mounts, and the top of a rootfs, are told above.
        let told = Set(
            (old.mounts + new.mounts).map(\.value.path)
                + (old.tmpExecutable == new.tmpExecutable ? [] : ["/tmp"]))
        guard old.rootfs == new.rootfs else { return }
        for (verb, before, after) in [
            ("read", was.read, now.read), ("execute", was.execute, now.execute), ("write", was.write, now.write),
        ] {
            let (old, new) = (Set(before).subtracting(told), Set(after).subtracting(told))
            let (more, less) = (new.subtracting(old).sorted(), old.subtracting(new).sorted())
            if !more.isEmpty { add(.more, "files", "can \(verb) \(more.joined(separator: ", "))") }
            if !less.isEmpty { add(.less, "files", "cannot \(verb) \(less.joined(separator: ", "))") }
        }
    }

    // MARK: The rest

    private mutating func layers(_ old: Profile, _ new: Profile) {
        for layer in Layer.allCases {
            let before = old.requires.contains(layer) && !old.permitDegraded.contains(layer)
            let after = new.requires.contains(layer) && !new.permitDegraded.contains(layer)
            if before != after {
                add(
                    after ? .less : .more, "layers",
                    after ? "\(layer.name) must work on the host" : "runs without \(layer.name) where the host lacks it"
                )
            }
        }
    }

    private mutating func network(_ old: Profile, _ new: Profile) {
        let (before, after) = (Set(old.destinations.map(\.description)), Set(new.destinations.map(\.description)))
        for name in after.subtracting(before).sorted() { add(.more, "network", "connects to \(name)") }
        for name in before.subtracting(after).sorted() { add(.less, "network", "cannot connect to \(name)") }
        if old.declaresDestinations != new.declaresDestinations {
            add(
                new.declaresDestinations ? .more : .less, "network",
                new.declaresDestinations
                    ? "skills may declare destinations" : "skills may not declare destinations")
        }
    }

    private mutating func warm(_ old: WarmSettings, _ new: WarmSettings) {
        if old.sandboxesMax != new.sandboxesMax {
            let words = "sandboxes of one kind that may wait: \(old.sandboxesMax) → \(new.sandboxesMax)"
            add(old.sandboxesMax < new.sandboxesMax ? .more : .less, "waiting", words)
        }
        for (what, before, after) in [
            ("interpreters", old.interpreters, new.interpreters), ("skills that ask for it", old.skills, new.skills),
        ] where before != after {
            add(after ? .more : .less, "waiting", "\(what) \(after ? "may" : "may not") be started ahead of runs")
        }
    }

    private mutating func variables(_ old: [String: String], _ new: [String: String]) {
        for name in Set(old.keys).union(new.keys).sorted() where old[name] != new[name] {
            let words = { (value: String?) in value.map { quoted($0) } ?? "unset" }
            add(.other, "environment", "\(name) \(words(old[name])) → \(words(new[name]))")
        }
    }
}
