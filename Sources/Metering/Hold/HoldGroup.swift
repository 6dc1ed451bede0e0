import MarketCore

/// The holds of one run of a workflow, which are placed together.
public struct HoldGroup: Sendable {
    /// What the buyer may be charged for the whole, shares of sellers included.
    public internal(set) var whole: Hold
    /// What the workflow's author may be charged for single steps.
    public internal(set) var steps: [Hold]

    public init(whole: Hold, steps: [Hold]) {
        self.whole = whole
        self.steps = steps
    }

    mutating func mark(trials: (Hold) -> Bool) {
        if trials(whole) { whole.becomeTrial() }
        for index in steps.indices where trials(steps[index]) { steps[index].becomeTrial() }
    }
}

extension Hold {
    /// It turned out to be one of the licence's free runs.
    mutating func becomeTrial() {
        isTrial = true
        amount = .zero(amount.currency)
    }
}
