/// What is measured on this host, and what cannot be.
final class Lineup {
    private(set) var contenders: [any Contender] = []
    private(set) var leftOut: [(name: String, reason: String)] = []
    private(set) var versions: [(name: String, version: String)] = []
    private let programs: Programs
    private let folder: String
    private let slowEvery: Int
    private var started: [StartContender] = []
    private var bundle: RuncBundle?

    init(programs: Programs, folder: String, slowEvery: Int) {
        self.programs = programs
        self.folder = folder
        self.slowEvery = slowEvery
    }

    func add(_ contender: any Contender) {
        contenders.append(contender)
    }

    /// The measured program itself, without any sandbox.
    func addBare() throws(BenchFailure) {
        try addBare("bare.forkexec", [programs.answer])
        // With the flags that our own runner has: without the site module it starts some milliseconds sooner.
        for (name, command) in [
            ("python", ["python3", "-I", "-S", "-B", "-c", "pass"]), ("node", ["node", "-e", "0"]),
        ] {
            if let program = Programs.installed(command[0]) {
                try addBare("bare.\(name)", [program] + command.dropFirst(), every: slowEvery)
            } else {
                leftOut.append(("bare.\(name)", "\(command[0]) is not installed"))
            }
        }
    }

    private func addBare(_ name: String, _ command: [String], every: Int = 1) throws(BenchFailure) {
        let bare = try StartContender(name, command, every: every, programs: programs, folder: folder)
        started.append(bare)
        add(bare)
    }

    func addPeers() throws(BenchFailure) {
        try add(.bubblewrap(programs))
        if let runc = Programs.installed("runc") {
            do {
                let bundle = try RuncBundle(runc: runc, programs: programs, folder: folder)
                self.bundle = bundle
                try add(.runc(bundle))
                try add(.crun(bundle))
            } catch {
                try Interrupt.check()
                leftOut.append(("runc.true", error.description))
            }
        } else {
            leftOut.append(("runc.true", "runc is not installed"))
        }
        try add(.firejail(programs))
        try add(.nsjail(programs))
    }

    /// Adds a peer if it can run the program here.
    private func add(_ peer: Peer) throws(BenchFailure) {
        guard let program = Programs.installed(peer.program) else {
            leftOut.append((peer.name, "\(peer.program) is not installed"))
            return
        }
        let contender = try StartContender(
            peer.name, [program] + peer.arguments, every: peer.slow ? slowEvery : 1, programs: programs, folder: folder)
        started.append(contender)
        do {
            _ = try contender.measure()
            add(contender)
            versions.append((peer.program, Child.firstLine(of: program, ["--version"]) ?? "unknown"))
        } catch {
            try Interrupt.check()
            leftOut.append((peer.name, error.description))
        }
    }

    /// Whether the host has what a skill of that kind needs; noted when not.
    func canRun(_ program: BenchSkill.Program, _ name: String) -> Bool {
        let needed: String? =
            switch program {
            case .native: nil
            case .python: "python3"
            case .node: "node"
            }
        guard let needed, Programs.installed(needed) == nil else { return true }
        leftOut.append(("execute.\(name)", "\(needed) is not installed"))
        return false
    }

    /// Drops all others; an empty list keeps all.
    func keep(only names: [String]) throws(BenchFailure) {
        let known = contenders.map(\.name)
        if let unknown = names.first(where: { !known.contains($0) }) {
            throw BenchFailure("There is no \(unknown) to measure here; there are \(known.joined(separator: ", ")).")
        }
        guard !names.isEmpty else { return }
        contenders.removeAll { !names.contains($0.name) }
        leftOut.removeAll()
    }

    func cleanUp() {
        for contender in started { contender.stop() }
        bundle?.cleanUp()
    }
}
