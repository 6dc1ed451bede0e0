import ArgumentParser

struct PurchaseGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purchase", abstract: "See and change what you bought or sold.",
        subcommands: [
            PurchaseList.self, PurchaseShow.self, PurchaseUpgrade.self, PurchaseCancel.self, PurchaseResume.self,
            PurchaseRefund.self,
        ])
}
