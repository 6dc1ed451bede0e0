import ArgumentParser
import Fields

/// Which page of a list to ask for.
struct PageOptions: ParsableArguments {
    @Option(help: "The most to list at once, 1 to 200.")
    var limit = 50

    @Option(help: "Where the page before ended.")
    var cursor: String?

    /// A request for the page with this cursor, of what matches the parameters that are given.
    func request(
        _ path: String, _ parameters: [(name: String, value: String?)], cursor: String?
    ) -> ClientRequest {
        var request = ClientRequest(.get, path)
        request.ask(parameters + [("cursor", cursor), ("limit", String(limit))])
        return request
    }

    /// As ``request(_:_:cursor:)``, for the page that the command line names.
    func request(_ path: String, _ parameters: [(name: String, value: String?)]) -> ClientRequest {
        request(path, parameters, cursor: cursor)
    }

    /// Says how to get the next page, where there is one.
    static func showMore(_ answer: JSONValue) {
        if let next = answer["pagination"]?["nextCursor"]?.string { Terminal.error.line("More: --cursor \(next)") }
    }
}
