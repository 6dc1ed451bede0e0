package import MarketCore

/// What the sandbox starts for a skill.
package enum SkillCommand {
    /// The program and its arguments.
    /// - Parameter contains: whether the package has a file of this path.
    package static func arguments(of manifest: SkillManifest, contains: (String) -> Bool) -> [String] {
        switch (manifest.entryPoint, manifest.runtime) {
        case (.workflow, _): return []
        case (.program(let arguments), _):
            // The package comes before PATH. A name without a slash would be looked up on PATH only.
            guard let program = arguments.first, !program.contains("/"), contains(program) else { return arguments }
            return ["./" + program] + arguments.dropFirst()
        case (.handler(let file, let function), .node):
            return ["node", "/runtime/node/runner.cjs", "\(file):\(function)"]
        case (.handler(let file, let function), _):
            // Isolated: neither the environment nor the working directory changes what Python loads. Without site, whose
            // packages the runner hides anyway, it starts some milliseconds sooner.
            return ["python3", "-I", "-S", "-B", "/runtime/python/runner.py", "\(file):\(function)"]
        }
    }

    /// What can be started before the skill is known, to run any skill of this kind; nil where there is no such thing.
    package static func interpreter(of manifest: SkillManifest) -> [String]? {
        switch (manifest.entryPoint, manifest.runtime) {
        case (.program, _), (.workflow, _): nil
        case (.handler, .node): ["node", "/runtime/node/runner.cjs", "--parked"]
        case (.handler, _): ["python3", "-I", "-S", "-B", "/runtime/python/runner.py", "--parked"]
        }
    }

    /// The profile of a skill that asks for none.
    package static func defaultProfile(of runtime: SkillManifest.Runtime) -> String {
        switch runtime {
        case .python: "python"
        case .node: "node"
        case .exec, .workflow: "default"
        }
    }
}
