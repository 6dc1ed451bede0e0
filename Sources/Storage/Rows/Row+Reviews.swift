import GRDB
import MarketCore

extension Row {
    /// A row of `reviews`.
    func review() throws -> Review {
        let reply = try optionalText("reply").map { text in
            Review.Reply(
                text: text, createdAt: try time("replied_at"), editedAt: try optionalTime("reply_edited_at"))
        }
        let removal = try optionalTime("removed_at").map { time in
            Review.Removal(reason: try optionalText("removed_reason") ?? "", removedAt: time)
        }
        return Review(
            id: try id("id"), skillID: try id("skill_id"),
            version: try value("version", SemanticVersion(try text("version"))), reviewerID: try id("reviewer_id"),
            sellerID: try id("seller_id"), stars: try integer("stars"), text: try text("text"),
            createdAt: try time("created_at"), editedAt: try optionalTime("edited_at"), reply: reply,
            helpfulCount: try integer("helpful"), removal: removal)
    }
}
