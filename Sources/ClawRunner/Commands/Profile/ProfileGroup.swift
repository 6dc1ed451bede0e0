import ArgumentParser

struct ProfileGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "See, check, compare and learn sandbox profiles.",
        discussion: """
            From a skill to its own profile:
              clawrunner profile learn hello --output profiles/hello.toml
              clawrunner profile lint hello
              clawrunner profile diff default hello

            Exit status: 0 ok, 1 a finding or a failed test, 2 wrong usage or a file that cannot be read, 3 no sandbox.
            """,
        subcommands: [
            ProfileList.self, ProfileShow.self, ProfileLintCommand.self, ProfileExplain.self, ProfileDiff.self,
            ProfileLearn.self, ProfileSchemaCommand.self,
        ])
}
