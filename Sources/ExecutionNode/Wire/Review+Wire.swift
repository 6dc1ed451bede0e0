package import Fields
package import MarketCore

extension Review {
    package var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id.description), "skillId": .string(skillID.description),
            "version": .string(version.description), "reviewerId": .string(reviewerID.description),
            "stars": .number(stars), "text": .string(text), "helpfulCount": .number(helpfulCount),
            "createdAt": .string(createdAt.description), "editedAt": .optional(editedAt?.description),
            "reply": .null,
        ]
        if let reply {
            object["reply"] = [
                "text": .string(reply.text), "createdAt": .string(reply.createdAt.description),
                "editedAt": .optional(reply.editedAt?.description),
            ]
        }
        if let removal {
            object["removed"] = [
                "reason": .string(removal.reason), "at": .string(removal.removedAt.description),
            ]
        }
        return .object(object)
    }
}

extension ReportedReview {
    package var json: JSONValue {
        [
            "review": review.json, "reportCount": .number(reportCount), "firstReason": .string(firstReason),
            "firstReportedAt": .string(firstReportedAt.description),
        ]
    }
}

extension Reputation {
    /// The formula's terms as people read them.
    package var json: JSONValue {
        [
            "reputation": .decimal(hundredths, places: 2),
            "rating": .decimal(ratingMilli, places: 3), "reviews": .number(reviews),
            "transactions": .decimal(transactionsMilli, places: 3), "parties": .number(parties),
            "quality": .decimal(quality, places: 3),
            "qualityOf": [
                "code": .decimal(code, places: 3), "documentation": .decimal(documentation, places: 3),
                "support": .decimal(support, places: 3),
            ],
            "standing": .decimal(standing, places: 2),
        ]
    }
}

extension JSONValue {
    /// A whole number of 10⁻ᵖˡᵃᶜᵉˢ, which is not negative, as a number with that many digits.
    static func decimal(_ value: Int64, places: Int) -> JSONValue {
        let digits = String(value)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        let text = "\(padded.dropLast(places)).\(padded.suffix(places))"
        return JSONNumber(text).map(JSONValue.number) ?? .number(value)
    }
}
