import HTTPTypes
import MarketCore
import Metering

extension Reply {
    /// With a strong entity tag; without the body for a client that says it has just that one (RFC 9110).
    /// - Parameter revision: begins the tag, so that an edit can name what it was made of. What follows it changes with
    ///   every byte of the body.
    func tagged(_ revision: Revision, for call: Call) -> Reply {
        let tag = "\"\(revision).\(BodyHash(of: body).base64URL.prefix(22))\""
        guard let known = call.header(.ifNoneMatch), EntityTags(known).match(tag) else { return with(.eTag, tag) }
        return Reply(status: 304, headers: [.eTag: tag], body: [])
    }
}

extension Call {
    /// The revisions that `If-Match` asks for. Only that part of a tag counts: what trade changes on a page, such as sales
    /// and ratings, is in no edit's way.
    var editCondition: EditCondition {
        guard let header = header(.ifMatch) else { return .any }
        let tags = EntityTags(header)
        return tags.isAny ? .any : .revisions(tags.revisions)
    }
}

/// The list of a conditional header.
private struct EntityTags {
    private let tags: [Substring]

    init(_ header: String) {
        tags = HeaderList.elements(header).map { $0.prefix { !HeaderList.isBlank($0) } }
    }

    /// Every tag that there is.
    var isAny: Bool { tags.contains("*") }

    /// Weak tags are the same here: all that is asked is whether to send the body again.
    func match(_ tag: String) -> Bool { isAny || tags.contains { $0 == tag || $0 == "W/" + tag } }

    /// What strong tags of ours begin with.
    var revisions: Set<String> {
        Set(tags.filter { $0.hasPrefix("\"") }.map { String($0.dropFirst().prefix { $0 != "." && $0 != "\"" }) })
    }
}
