import ArgumentParser
import Fields
import Sandbox

struct ProfileList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the profiles.",
        discussion: """
            Example:
              clawrunner profile list --json | jq -r '.items[].name'
            """)

    @OptionGroup var options: ProfileOptions

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func run() async throws {
        let store = try options.store()
        let profiles = store.names.compactMap(store.profile)
        if json {
            let items = profiles.map { profile -> JSONValue in
                [
                    "name": .string(profile.name), "description": .string(profile.description),
                    "runtime": .optional(profile.runtime), "extends": .optional(profile.extended),
                    "syscalls": .number(profile.syscallCount),
                ]
            }
            Terminal.output.line((["items": .array(items)] as JSONValue).description)
            return
        }
        var table = TextTable([
            .init("NAME", widthMax: 24), .init("EXTENDS", widthMax: 12), .init("RUNTIME"), .init("CALLS", .right),
            .init("DESCRIPTION", widthMax: 30),
        ])
        for profile in profiles {
            table.add(
                profile.name, profile.extended ?? "", profile.runtime ?? "any", String(profile.syscallCount),
                profile.description)
        }
        table.lines().forEach { Terminal.output.line($0) }
    }
}
