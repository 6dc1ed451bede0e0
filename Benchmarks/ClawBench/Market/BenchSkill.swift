import Foundation

/// One of the measured skills: the same answer by another program, or by the same under another profile.
struct BenchSkill {
    enum Program {
        case native, python, node
    }

    /// As it is sold.
    let name: String
    let program: Program
    /// One of the shipped ones, or ``coldProfile``.
    let profile: String
    /// It is started ahead of requests.
    let warm: Bool

    /// The shipped profile `native`, without anything that waits.
    static let coldProfile = "cold"

    static let nativeCold = BenchSkill(name: "native-cold", program: .native, profile: coldProfile, warm: false)
    static let native = BenchSkill(name: "native-parked", program: .native, profile: "native", warm: false)
    static let nativeWarm = BenchSkill(name: "native-warm", program: .native, profile: "native", warm: true)
    static let python = BenchSkill(name: "python-parked", program: .python, profile: "python", warm: false)
    static let pythonWarm = BenchSkill(name: "python-warm", program: .python, profile: "python", warm: true)
    static let node = BenchSkill(name: "node-parked", program: .node, profile: "node", warm: false)

    /// What the report has to say of a run that was served as this skill is meant to be.
    var waiting: String {
        if profile == Self.coldProfile { return "none" }
        if warm { return "program" }
        return program == .native ? "sealed" : "interpreter"
    }

    /// Until the next one of its kind waits.
    var aftermathMilliseconds: Int {
        switch program {
        case .native: 5
        case .python: 40
        case .node: 150
        }
    }

    /// Writes it as a package's folder; returns its path.
    func write(below folder: String, _ programs: Programs) throws(BenchFailure) -> String {
        let path = "\(folder)/\(name)"
        let (runtime, entry, file): (String, String, String) =
            switch program {
            case .native: ("exec", "bin/answer", programs.answer)
            case .python: ("python", "main.py:handler", "\(programs.sources)/main.py")
            case .node: ("node", "main.js:handler", "\(programs.sources)/main.js")
            }
        let target = "\(path)/\(entry.prefix { $0 != ":" })"
        let manifest = """
            name = "\(name)"
            version = "1.0.0"
            description = "Says how long its request was; what make bench calls"
            category = "utility"
            runtime = "\(runtime)"
            entryPoint = "\(entry)"
            profile = "\(profile)"
            warm = \(warm)

            [pricing]
            type = "usage"
            price = "0.0001"
            currency = "USDC"
            unit = "call"

            [[endpoints]]
            path = "/answer"
            method = "POST"

            [endpoints.input]
            type = "object"
            required = ["text"]
            properties = { text = { type = "string", maxLength = 100000 } }

            """
        do {
            let manager = FileManager.default
            try manager.createDirectory(
                atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try manager.copyItem(atPath: file, toPath: target)
            try Data(manifest.utf8).write(to: URL(filePath: "\(path)/skill.toml"))
        } catch {
            throw BenchFailure("the skill \(name) cannot be written: \(error.localizedDescription)")
        }
        return path
    }

    /// The shipped profiles and the cold one, in a folder of their own.
    static func writeProfiles(to folder: String) throws(BenchFailure) {
        let shipped = ProcessInfo.processInfo.environment["CLAWRUNNER_PROFILES"] ?? "profiles"
        do {
            try FileManager.default.copyItem(atPath: shipped, toPath: folder)
            let cold = "extends = \"native\"\ndescription = \"Nothing waits\"\n[warm]\nsandboxes = 0\n"
            try Data(cold.utf8).write(to: URL(filePath: "\(folder)/\(coldProfile).toml"))
            let many = "extends = \"native\"\ndescription = \"Many wait\"\n[warm]\nsandboxes = 1000\n"
            try Data(many.utf8).write(to: URL(filePath: "\(folder)/parked-many.toml"))
        } catch {
            throw BenchFailure("the profiles of \(shipped) cannot be copied: \(error.localizedDescription)")
        }
    }
}
