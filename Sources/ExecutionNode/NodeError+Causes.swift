package import Fields
import LicenseCheck
package import MarketCore
package import Metering

extension NodeError {
    /// A body, a parameter or a header that cannot be read at all.
    package static func malformed(_ detail: String, code: String = "malformed_request") -> NodeError {
        NodeError(status: 400, code: code, detail: detail)
    }

    package static func notFound(_ kind: String, _ name: String) -> NodeError {
        NodeError(
            status: 404, code: "\(kind)_not_found",
            detail: "There is no \(kind) \(quoted(name)); check the name or the identifier.")
    }

    /// A field whose value is not accepted.
    package init(_ error: FieldError) {
        var fields: JSONObject = ["field": .string(error.path), "message": .string(error.message)]
        if let suggestion = error.suggestion { fields["suggestion"] = .string(suggestion) }
        self.init(status: 422, code: "invalid_field", detail: sentence(error.description), fields: fields)
    }

    package init(_ error: JSONParseError) {
        let tooLarge = if case .tooLarge = error.reason { true } else { false }
        self.init(
            status: tooLarge ? 413 : 400, code: tooLarge ? "body_too_large" : "malformed_json",
            detail: "The body cannot be read as JSON at \(error.description).",
            fields: ["line": .number(error.line), "column": .number(error.column)])
    }

    package init(_ error: StoreError) {
        switch error {
        case .conflict(let field):
            self.init(
                status: 409, code: "\(field)_taken",
                detail: "This \(field) is already in use; choose another.", fields: ["field": .string(field)])
        case .missing(let kind):
            self.init(status: 404, code: "\(kind)_not_found", detail: "There is no such \(kind).")
        case .stale(let kind):
            self.init(
                status: 412, code: "\(kind)_changed",
                detail: "The \(kind) was changed since If-Match's tag was given; read it again and decide anew.")
        case .invalidCursor:
            self.init(
                status: 400, code: "invalid_cursor",
                detail: "The cursor is not one that a list gave out; start again without a cursor.")
        case .refused(let reason):
            self.init(status: 409, code: "conflict", detail: "The store refused the write: \(reason).")
        case .corrupt:
            self.init(
                status: 503, code: "store_corrupt",
                detail: "What the store holds cannot be read, so nothing was booked. The operator must look at it with "
                    + "`clawrunner ledger verify` and restore a backup.")
        case .unavailable:
            self.init(
                status: 503, code: "store_unavailable",
                detail: "The store cannot work now; nothing was booked. Try again shortly.", retryable: true,
                retryAfterSeconds: 1)
        }
    }

    init(_ refusal: LicenseRefusal) {
        self.init(status: refusal.httpStatus, code: refusal.code, detail: sentence(refusal.detail))
    }

    init(_ error: MeterError) {
        switch error {
        case .refused(let refusal): self.init(refusal)
        case .store(let error): self.init(error)
        case .journal:
            self.init(
                status: 503, code: "journal_unavailable",
                detail: "The hold could not be written down, so nothing was run or booked; try again shortly.",
                retryable: true, retryAfterSeconds: 1)
        case .fault:
            self.init(status: 500, code: "internal_error", detail: "The call could not be booked; report this.")
        }
    }

    package init(_ refusal: HoldRefusal) {
        switch refusal {
        case .insufficientBalance(let needed, let available):
            self.init(
                status: 402, code: "insufficient_balance", detail: refusal.description,
                fields: [
                    "required": .string(needed.decimal), "available": .string(available.decimal),
                    "currency": .string(needed.currency.rawValue),
                ])
        case .usageLimitReached(let limit, let used, _):
            self.init(
                status: 402, code: "usage_limit_reached", detail: refusal.description,
                fields: ["usageLimit": .number(limit), "currentUsage": .number(used)])
        case .concurrencyReached(let limit):
            self.init(
                status: 429, code: "license_concurrency_reached", detail: refusal.description, retryable: true,
                retryAfterSeconds: 1, fields: ["concurrentRunsMax": .number(limit)])
        case .budgetExceeded(let state, let held, let needed):
            let left = Money(base: state.leftBase(held: held), currency: needed.currency)
            self.init(
                status: 402, code: "budget_exceeded", detail: refusal.description,
                fields: [
                    "required": .string(needed.decimal), "left": .string(left.decimal),
                    "currency": .string(needed.currency.rawValue), "budget": state.json(heldBase: held),
                ])
        case .unknownPurchase:
            self.init(status: 403, code: "purchase_unknown", detail: refusal.description)
        case .others:
            self.init(
                status: 503, code: "workflow_unfunded", detail: refusal.description, retryable: true,
                retryAfterSeconds: 60)
        case .tooManyHolds: self = .overloaded("holds", refusal.description)
        case .duplicate, .negativeAmount:
            self.init(status: 500, code: "internal_error", detail: "The call could not be booked; report this.")
        }
    }
}

/// A text that ends as a sentence does.
func sentence(_ text: String) -> String {
    text.last.map { ".?!".contains($0) } == true ? text : text + "."
}
