import ArgumentParser
import Fields
import Glibc
import Sandbox

/// What a person may allow a sandbox of this process to lack, to reach and to know.
struct LocalSandboxOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Run although this host lacks the layer; can be repeated.",
            discussion: "Every report then says that it was off. `clawrunner doctor` names the layers.",
            valueName: "layer"))
    var permit: [String] = []

    @Option(
        help: ArgumentHelp(
            "Let the skill's declared destinations have this address, though it is not public; can be repeated.",
            valueName: "address:port"))
    var allowPrivate: [String] = []

    @Option(
        help: ArgumentHelp(
            "Take this address for a declared host instead of looking it up; can be repeated.",
            valueName: "host=address"))
    var resolve: [String] = []

    @Option(
        help: ArgumentHelp(
            "Give the skill this secret, which it declares, from the environment variable of the same name; can be "
                + "repeated.", valueName: "name"))
    var secret: [String] = []

    /// - Throws: ``CommandFailure`` when an address is none.
    func egress() throws(CommandFailure) -> EgressOptions {
        var options = EgressOptions()
        for text in allowPrivate {
            guard let address = PermittedAddress(text) else {
                throw CommandFailure(
                    .usage, "--allow-private takes an address or a network and a port, not \(quoted(text)).",
                    hint: "Write 127.0.0.1:2525, 10.0.0.0/8:25 or [fd00::/8]:25.")
            }
            options.privateAllowed.append(address)
        }
        for text in resolve {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let address = IPAddress(parts[1]) else {
                throw CommandFailure(
                    .usage, "--resolve takes a host and its address, not \(quoted(text)).",
                    hint: "Write smtp.example.com=127.0.0.1.")
            }
            options.hosts[parts[0], default: []].append(address)
        }
        return options
    }

    /// Only what is named here: a manifest must not choose among the caller's variables.
    /// - Throws: ``CommandFailure`` when a variable is not set.
    func secrets() throws(CommandFailure) -> [String: String] {
        var values: [String: String] = [:]
        for name in secret {
            guard let value = getenv(name) else {
                throw CommandFailure(.usage, "--secret \(name): the environment has no variable \(name).")
            }
            values[name] = String(cString: value)
        }
        return values
    }
}
