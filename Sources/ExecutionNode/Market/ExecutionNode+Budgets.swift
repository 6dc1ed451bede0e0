public import Fields
public import MarketCore
public import Metering

extension ExecutionNode {
    /// An agent's budgets and those of the licences it bought, with what is spent, held and left.
    public func budgets(of agent: Agent.ID) async throws(NodeError) -> [JSONValue] {
        let states = try await inStore { () throws(StoreError) in try await store.budgets(of: agent, at: .now) }
        return states.map { $0.json(heldBase: meter.heldBase($0.budget.scope, in: $0.budget.limit.currency)) }
    }

    /// Sets the most that an agent spends in a period, in all or under one licence, or drops it.
    /// - Parameters:
    ///   - purchase: the licence; nil for all that the agent spends.
    ///   - limit: in whole units of the currency; nil drops the budget.
    /// - Returns: all budgets of that owner in that currency.
    /// - Throws: ``NodeError`` 404 when the licence is not the agent's own, 422.
    public func setBudget(
        of agent: Agent.ID, purchase: String?, _ period: Budget.Period, _ currency: Currency?, limit: String?
    ) async throws(NodeError) -> [JSONValue] {
        var scope = Budget.Scope.agent(agent)
        var budgetCurrency = currency ?? .usdc
        if let purchase {
            let purchase = try await ownPurchase(purchase, of: agent)
            guard purchase.buyerID == agent else { throw .notFound("purchase", purchase.id.description) }
            guard currency == nil || currency == purchase.amount.currency else {
                throw NodeError(
                    FieldError(
                        path: "currency", message: "this licence is paid in \(purchase.amount.currency.rawValue)"))
            }
            scope = .license(purchase.id)
            budgetCurrency = purchase.amount.currency
        }
        let amount: Money?
        do throws(MoneyError) {
            amount = try limit.map { text throws(MoneyError) in try Money(decimal: text, currency: budgetCurrency) }
        } catch {
            throw NodeError(
                FieldError(
                    path: "limit",
                    message: "must be an amount of zero or more with at most \(budgetCurrency.decimals) decimals"))
        }
        let states: [BudgetState]
        do throws(StoreError) {
            states = try await meter.setBudget(scope, period, budgetCurrency, limit: amount)
        } catch {
            throw NodeError(error)
        }
        return states.map { $0.json(heldBase: meter.heldBase(scope, in: budgetCurrency)) }
    }
}
