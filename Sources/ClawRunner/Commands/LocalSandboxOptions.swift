import ArgumentParser

/// What a person may allow a sandbox of this process to lack.
struct LocalSandboxOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Run although this host lacks the layer; can be repeated.",
            discussion: "Every report then says that it was off. `clawrunner doctor` names the layers.",
            valueName: "layer"))
    var permit: [String] = []
}
