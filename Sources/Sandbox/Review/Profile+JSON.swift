package import Fields
internal import SandboxProtocol

extension Profile {
    /// The profile that it extends; nil for none.
    package var extended: String? { bases.first?.name }

    /// How many system calls can succeed, in some form.
    package var syscallCount: Int { syscalls.allowed.count }

    /// The system calls that can succeed, in some form, in alphabetical order.
    package var syscallNames: [String] { syscalls.allowed.sorted() }

    /// Everything that is in force, for programs; `places` says by file and line who set it.
    package var json: JSONValue {
        let lists = TemplateBuilder.landlock(self)
        var environment = JSONObject()
        for (name, value) in self.environment.sorted(by: { $0.key < $1.key }) { environment[name] = .string(value) }
        var places = JSONObject()
        for (key, place) in self.places.sorted(by: { $0.key < $1.key }) {
            places[key] = .string(place.description)
        }
        let strings = { (names: [String]) in JSONValue.array(names.map(JSONValue.string)) }
        return [
            "name": .string(name), "file": .string(file), "extends": .optional(extended),
            "description": .string(description), "reserved": .bool(isReserved), "runtime": .optional(runtime),
            "rootfs": .optional(rootfs),
            "requires": strings(requires.layers.map(\.name)),
            "permitDegraded": strings(permitDegraded.layers.map(\.name)),
            "tmpExecutable": .bool(tmpExecutable), "environment": .object(environment), "limits": limits.json,
            "mounts": .array(
                mounts.map(\.value).map {
                    [
                        "source": .string($0.source), "path": .string($0.path), "optional": .bool($0.optional),
                        "noExec": .bool($0.noExec),
                    ]
                }),
            "warm": [
                "sandboxes": .number(warm.sandboxesMax), "interpreters": .bool(warm.interpreters),
                "skills": .bool(warm.skills),
            ],
            "network": [
                "allow": strings(destinations.map(\.description)), "declare": .bool(declaresDestinations),
            ],
            "seccomp": [
                "groups": strings(syscalls.groups.map(\.value)),
                "errno": .string(ErrnoNames.name(of: syscalls.refusal)),
                "action": .string(syscalls.kills ? "kill" : "errno"),
                "allowed": .array(
                    syscalls.calls.filter(\.value.allows).sorted { $0.key < $1.key }.map { name, grant in
                        [
                            "syscall": .string(name), "by": .string(grant.origin.words),
                            "where": grant.isWhole ? .null : strings(grant.rules.map(\.words)),
                        ]
                    }),
            ],
            "landlock": [
                "read": strings(lists.read), "execute": strings(lists.execute), "write": strings(lists.write),
            ],
            "places": .object(places),
        ]
    }
}
