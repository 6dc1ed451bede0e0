/// Where agents, keys, packages, skills and purchases are kept.
///
/// Every write is durable when its call returns, and all or nothing. Calls may come from any number of tasks at once.
public protocol MarketStore: Sendable {
    // MARK: Agents and keys

    /// Adds an agent with its first key.
    /// - Throws: ``StoreError/conflict(field:)`` with `name` when the name is taken.
    func insert(agent: Agent, key: StoredKey) async throws(StoreError)

    /// Replaces what may change of an agent: wallet, description, avatar and `updatedAt`. Sales follow
    /// the purchases, and reputation the ``ReputationStore``.
    /// - Parameter revision: what is stored must be of it; nil takes whatever is.
    /// - Throws: ``StoreError/missing(_:)`` or ``StoreError/stale(_:)`` with `agent`.
    func update(agent: Agent, if revision: Revision?) async throws(StoreError)

    func agent(id: Agent.ID) async throws(StoreError) -> Agent?
    func agent(named name: String) async throws(StoreError) -> Agent?

    /// Agents by name.
    /// - Parameter search: a part of the name or the description, in either case; nil for all.
    func agents(search: String?, page: PageRequest) async throws(StoreError) -> Page<Agent>

    /// Every key that is not revoked yet, expired ones included, to fill the index in memory at start.
    func apiKeys() async throws(StoreError) -> [StoredKey]

    /// The keys of an agent, newest first, with those that are no longer usable and still kept.
    func apiKeys(of agent: Agent.ID) async throws(StoreError) -> [StoredKey]

    /// Adds a further key of an agent, unless `usableMax` are usable at the time of its making. Of the keys that are
    /// not, the newest `unusableMax` are kept.
    func insert(key: StoredKey, usableMax: Int, unusableMax: Int) async throws(StoreError) -> KeyInsertion

    /// Sets from when on a key is refused, unless it is the last one: another must be usable then, and stay so.
    /// - Parameters:
    ///   - time: nil for at once, whatever the clock says later. An earlier time that is set already stays.
    ///   - now: by which keys are usable.
    /// - Throws: ``StoreError/missing(_:)`` with `key` when the agent has no such key.
    func revoke(
        key: StoredKey.ID, of agent: Agent.ID, at time: Timestamp?, now: Timestamp
    ) async throws(StoreError) -> KeyRevocation

    /// Keys whose time to be revoked has come are revoked for good.
    func endKeys(at now: Timestamp) async throws(StoreError)

    /// Notes when keys were last used; keys that do not exist are skipped.
    func noteUse(of keys: [StoredKey.ID: Timestamp]) async throws(StoreError)

    // MARK: Packages

    /// Adds a package; one that is there already stays as it is.
    func insert(package: StoredPackage) async throws(StoreError)
    func package(digest: PackageDigest) async throws(StoreError) -> StoredPackage?

    // MARK: Skills

    /// Adds a skill with its first version, ``Skill/latest``.
    /// - Throws: ``StoreError/conflict(field:)`` with `name` when the name is taken market-wide.
    func insert(skill: Skill) async throws(StoreError)

    /// Replaces what may change of a skill: display name, category, pricing, status, tags, quality and `updatedAt`;
    /// never its versions. Downloads follow the purchases, rating and reviews the ``ReviewStore``.
    /// - Throws: ``StoreError/missing(_:)`` with `skill`.
    func update(skill: Skill) async throws(StoreError)

    /// Adds a version of a skill, makes it the latest when it is higher than all others, and updates the skill, all
    /// or nothing.
    /// - Throws: ``StoreError/conflict(field:)`` with `version` when it was published before; versions never change.
    func insert(version: SkillVersion, updating skill: Skill) async throws(StoreError)

    func skill(id: Skill.ID) async throws(StoreError) -> Skill?
    func skill(named name: String) async throws(StoreError) -> Skill?
    func version(of skill: Skill.ID, _ version: SemanticVersion) async throws(StoreError) -> SkillVersion?
    func skills(_ query: SkillQuery) async throws(StoreError) -> Page<Skill>

    // MARK: Secrets

    /// What is set for a skill, by name.
    func secrets(of skill: Skill.ID) async throws(StoreError) -> [StoredSecret]

    /// Sets a secret, or replaces it.
    func set(secret: StoredSecret) async throws(StoreError)

    /// - Throws: ``StoreError/missing(_:)`` with `secret` when it is not set.
    func removeSecret(of skill: Skill.ID, named name: String) async throws(StoreError)

    // MARK: Purchases

    func purchase(id: Purchase.ID) async throws(StoreError) -> Purchase?

    /// The purchases of one side, newest first.
    func purchases(_ query: PurchaseQuery) async throws(StoreError) -> Page<Purchase>

    /// Whether an agent ever had free runs of a skill.
    func hadTrial(_ buyer: Agent.ID, of skill: Skill.ID) async throws(StoreError) -> Bool

    /// The newest 200 purchases of a buyer, newest first.
    /// - Parameter skill: nil for every skill.
    func purchases(buyer: Agent.ID, skill: Skill.ID?) async throws(StoreError) -> [Purchase]

    /// Notes a reason and raises the revocation epoch, so that every token of the purchase is refused.
    /// - Returns: the purchase as it is now. Revoking again changes nothing.
    /// - Throws: ``StoreError/missing(_:)`` with `purchase`.
    func revoke(purchase: Purchase.ID, reason: String) async throws(StoreError) -> Purchase
}
