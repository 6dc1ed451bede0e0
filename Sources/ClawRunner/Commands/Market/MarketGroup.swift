import ArgumentParser

struct MarketGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "market", abstract: "Find, buy and check skills; credit agents.",
        subcommands: [
            MarketList.self, MarketPurchase.self, MarketVerify.self, MarketCredit.self, MarketReputation.self,
        ])
}
