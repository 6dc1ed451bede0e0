import HTTPTypes
import Metering

extension Reply {
    /// With a strong entity tag of the body; without that body for a client that says it has just that one (RFC 9110).
    func tagged(for call: Call) -> Reply {
        let tag = "\"\(BodyHash(of: body).base64URL.prefix(22))\""
        guard let known = call.header(.ifNoneMatch), Self.names(known, tag) else { return with(.eTag, tag) }
        return Reply(status: 304, headers: [.eTag: tag], body: [])
    }

    /// Weak tags are the same here: all that is asked is whether to send the body again.
    private static func names(_ header: String, _ tag: String) -> Bool {
        header.split(separator: ",").contains { part in
            let name = part.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }
            return name == "*" || name == tag || name == "W/" + tag
        }
    }
}
