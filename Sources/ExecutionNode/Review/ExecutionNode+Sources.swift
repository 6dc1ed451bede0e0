import Fields
import MarketCore
import Sandbox

extension ExecutionNode {
    /// The profile under which git runs.
    static let gitProfile = "git"

    /// Fetches a repository at one commit and takes what is in it as a package. git runs in a sandbox: it reaches the
    /// repository's host and nothing else, by the same rules as a skill, and has nobody's configuration or credentials.
    /// - Throws: ``NodeError`` 422 when the repository or what is in it cannot be used.
    func fetch(
        _ place: RepositoryPlace, for agent: Agent.ID
    ) async throws(NodeError) -> (StoredPackage, RepositorySource) {
        try requireSpace()
        guard let profile = profiles.profile(named: Self.gitProfile) else {
            throw NodeError(
                status: 503, code: "sources_unavailable",
                detail: "This node has no profile \(Self.gitProfile), so it fetches no repositories; upload a package.")
        }
        var run = RunRequest(profile: profile, arguments: ["/bin/sh", "-c", Self.script, "fetch"])
        switch place.scheme {
        case .file:
            try requireShared(place.path)
            run.skillDirectory = place.path
            run.arguments += ["file:///skill", place.ref ?? "HEAD"]
        case .http, .https:
            guard let destination = NetworkDestination("\(place.host):\(place.port)") else {
                throw Self.unusable(place, "its host cannot be reached from here")
            }
            run.destinations = [destination]
            run.arguments += [place.url, place.ref ?? "HEAD"]
        }
        try await awaitTurn(agent)
        let outcome = await runner.run(run)
        slots.release(agent)
        return try await take(outcome, of: place, for: agent)
    }

    /// Fetches one commit without tags, submodules, hooks or filters, says which it is, and writes its files as an archive.
    private static let script = """
        set -eu
        export GIT_TERMINAL_PROMPT=0 GIT_CONFIG_NOSYSTEM=1 GIT_ALLOW_PROTOCOL=https:http:file GIT_OPTIONAL_LOCKS=0
        printf '[safe]\\n\\tdirectory = *\\n[core]\\n\\thooksPath = /dev/null\\n\\tfsmonitor = false\\n[credential]\\n' > "$HOME/.gitconfig"
        printf '\\thelper =\\n[fetch]\\n\\tfsckObjects = true\\n\\trecurseSubmodules = false\\n' >> "$HOME/.gitconfig"
        printf '[http]\\n\\tfollowRedirects = false\\n\\tlowSpeedLimit = 1000\\n\\tlowSpeedTime = 20\\n' >> "$HOME/.gitconfig"
        git init --quiet --bare --template= "$HOME/source"
        cd "$HOME/source"
        git fetch --quiet --no-tags --no-recurse-submodules --depth 1 -- "$1" "$2" >&2
        mkdir -p info
        printf '* -export-ignore -export-subst -filter\\n' > info/attributes
        git rev-parse --verify 'FETCH_HEAD^{commit}'
        git archive --format=tar FETCH_HEAD
        """

    private func take(
        _ outcome: RunOutcome, of place: RepositoryPlace, for agent: Agent.ID
    ) async throws(NodeError) -> (StoredPackage, RepositorySource) {
        guard outcome.verdict.kind == .ok else {
            if outcome.verdict.kind == .launchFailed || outcome.verdict.kind == .cancelled {
                throw NodeError(
                    status: 503, code: "sources_unavailable",
                    detail: "git could not be started here: \(outcome.verdict.detail)", retryable: true)
            }
            let log = String(decoding: outcome.standardError.suffix(2048), as: UTF8.self)
            throw Self.unusable(place, outcome.verdict.detail.replacing("The skill", with: "git"), log: log)
        }
        let output = outcome.standardOutput
        let commit = String(decoding: output.prefix { $0 != 0x0A }.prefix(65), as: UTF8.self)
        guard [40, 64].contains(commit.count), commit.allSatisfy({ $0.isHexDigit && $0.isASCII }) else {
            throw Self.unusable(place, "git did not say which commit it is")
        }
        let archive = Array(output.dropFirst(commit.utf8.count + 1))
        let package: SkillPackage
        do throws(PackageError) { package = try SkillPackage(tar: archive) } catch { throw NodeError(error) }
        let taken = try await take(package, by: agent)
        return (taken.package, RepositorySource(url: place.url, ref: place.ref, commit: commit))
    }

    /// A directory of this host is a repository only where the operator says so.
    private func requireShared(_ path: String) throws(NodeError) {
        // A link must not lead out of what is shared.
        let real = PackageFiles.realPath(path)
        let isShared = configuration.repositoryDirectories.compactMap(PackageFiles.realPath).contains { shared in
            real == shared || real?.hasPrefix(shared + "/") == true
        }
        guard isShared, PackageFiles.isDirectory(path) else {
            throw NodeError(
                FieldError(
                    path: "code.repoUrl",
                    message: "is not below a directory that the operator shares; upload a package, or name a "
                        + "repository by https"))
        }
    }

    private static func unusable(_ place: RepositoryPlace, _ cause: String, log: String = "") -> NodeError {
        NodeError(
            status: 422, code: "repository_unusable",
            detail: "\(place.url) could not be fetched: \(sentence(cause))",
            fields: log.isEmpty ? [:] : ["stderr": .string(log)])
    }
}
