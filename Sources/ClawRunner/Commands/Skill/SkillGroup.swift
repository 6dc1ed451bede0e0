import ArgumentParser

struct SkillGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skill", abstract: "Write, check, pack, test and publish skills.",
        discussion: """
            From nothing to the market:
              clawrunner skill init hello --runtime python
              clawrunner skill test hello
              clawrunner skill review hello
              clawrunner skill publish hello
            """,
        subcommands: [
            SkillInit.self, SkillValidate.self, SkillPack.self, SkillTestCommand.self, SkillReview.self,
            SkillPublish.self, SkillVersionGroup.self, SkillEditCommand.self, SkillSecretGroup.self,
        ])
}
