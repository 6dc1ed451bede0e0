import ArgumentParser

struct MarketGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "market", abstract: "Find, buy and check skills; credit agents and pay them out.",
        subcommands: [
            MarketList.self, MarketRelated.self, MarketPurchase.self, MarketVerify.self, MarketReputation.self,
            MarketCredit.self, MarketPayout.self,
        ])
}
