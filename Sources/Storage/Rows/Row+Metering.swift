import Fields
import Foundation
import GRDB
import MarketCore
import Metering

extension Row {
    func usage() throws -> SkillUsage {
        SkillUsage(
            id: try id("id"), purchaseID: try optionalID("purchase_id"), skillID: try id("skill_id"),
            agentID: try id("agent_id"), endpoint: try text("endpoint"), requestSize: try integer("request_size"),
            responseSize: try integer("response_size"), durationMilliseconds: try integer("duration_ms"),
            cpuTimeMilliseconds: try integer("cpu_ms"), peakMemoryBytes: try integer("peak_memory"),
            units: try integer("units"), cost: try money("cost"), isTrial: try integer("trial") != 0,
            verdict: try text("verdict"), timestamp: try time("timestamp"))
    }

    func payment() throws -> Payment {
        let start = try optionalTime("period_start")
        let end = try optionalTime("period_end")
        return Payment(
            id: try id("id"), purchaseID: try id("purchase_id"), kind: try word("kind"),
            number: try integer("number"), amount: try money("amount"),
            period: try start.map { BillingPeriod(start: $0, end: try value("period_end", end)) },
            createdAt: try time("created_at"))
    }

    /// A row of `upgrades`.
    func upgrade() throws -> Upgrade {
        Upgrade(
            id: try id("id"), purchaseID: try id("purchase_id"), number: try integer("number"),
            from: Upgrade.Terms(kind: try word("from_kind"), usageLimit: try optionalInteger("from_limit")),
            to: Upgrade.Terms(kind: try word("to_kind"), usageLimit: try optionalInteger("to_limit")),
            amount: try money("amount"), createdAt: try time("created_at"))
    }

    /// A row of `refunds`.
    func refund() throws -> Refund {
        let isPayment = try text("target_kind") == "payment"
        return Refund(
            id: try id("id"), target: isPayment ? .payment(try id("target")) : .usage(try id("target")),
            purchaseID: try id("purchase_id"), buyerID: try id("buyer_id"), sellerID: try id("seller_id"),
            amount: try money("amount"), sellerPart: try money("seller_part"), feePart: try money("fee_part"),
            refundedBefore: try money("refunded_before"), reason: try text("reason"),
            createdAt: try time("created_at"))
    }

    func outcome() throws -> RecordedOutcome {
        let headers = try? JSONValue(parsing: Array(try text("headers").utf8))
        let outcome = StoredOutcome(
            status: Int(try integer("status")),
            headers: try value("headers", headers?.array).map { header in
                StoredOutcome.Header(
                    name: try value("headers", header[0]?.string), value: try value("headers", header[1]?.string))
            },
            body: try bytes("body"))
        return RecordedOutcome(
            fingerprint: try value("fingerprint", BodyHash(bytes: try bytes("fingerprint"))), outcome: outcome,
            createdAt: try time("created_at"))
    }
}

extension StoredOutcome {
    /// Pairs of name and value, in order.
    var headersJSON: String {
        JSONValue.array(headers.map { .array([.string($0.name), .string($0.value)]) }).description
    }
}
