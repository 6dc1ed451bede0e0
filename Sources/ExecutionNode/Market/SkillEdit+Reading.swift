package import Fields
package import MarketCore

extension SkillEdit {
    /// Reads the body of `PATCH /skills/{skill}` where it has no `code`.
    package init(_ fields: FieldReader) throws(FieldError) {
        self.init()
        guard fields.optionalValue("version") == nil else {
            throw fields.error("version", "a new version needs its package or repository, as code")
        }
        displayName = try fields.optionalString("displayName", minBytes: 1, maxBytes: 128)
        description = try fields.optionalString("description", minBytes: 1, maxBytes: 1024)
        category = try fields.optionalEnumeration("category")
        if fields.optionalValue("tags") != nil { tags = try fields.tags("tags") }
        if let deprecation = try fields.optionalReader("deprecated") {
            self.deprecation = .set(
                Deprecation(
                    at: .now, message: try deprecation.string("message", minBytes: 1, maxBytes: 500),
                    successor: try deprecation.optionalString("successor", minBytes: 1, maxBytes: SkillName.bytesMax)))
        } else if fields.keys.contains("deprecated") {
            deprecation = .clear
        }
        try fields.finish()
        guard !isEmpty else {
            throw FieldError(
                path: "",
                message: "nothing is to be changed; give displayName, description, category, tags or deprecated")
        }
    }
}
