import Fields
import Foundation
import GRDB
import MarketCore

extension Row {
    func agent() throws -> Agent {
        Agent(
            id: try id("id"), name: try text("name"), ownerWallet: try text("owner_wallet"),
            description: try text("description"), avatar: try optionalText("avatar"),
            reputation: try real("reputation"), totalSales: try integer("total_sales"),
            createdAt: try time("created_at"), updatedAt: try time("updated_at"),
            bannedAt: try optionalTime("banned_at"), banReason: try optionalText("ban_reason"),
            deactivatedAt: try optionalTime("deactivated_at"))
    }

    func storedKey() throws -> StoredKey {
        StoredKey(
            id: try id("id"), agentID: try id("agent_id"), name: try optionalText("name"),
            sha256: try bytes("sha256"), prefix: try text("prefix"), createdAt: try time("created_at"),
            expiresAt: try optionalTime("expires_at"), lastUsedAt: try optionalTime("last_used_at"),
            revokedAt: try optionalTime("revoked_at"), isRevoked: try integer("revoked") != 0,
            scopes: KeyScopes(rawValue: UInt8(truncatingIfNeeded: try integer("scopes"))),
            addresses: try text("addresses").split(separator: " ").map {
                try value("addresses", AddressRule(String($0)))
            }, signingKey: try optionalBytes("signing_key"))
    }

    func storedPackage() throws -> StoredPackage {
        StoredPackage(
            digest: try value("digest", PackageDigest(try text("digest"))), size: try integer("size"),
            manifestJSON: try bytes("manifest"), uploadedBy: try id("uploaded_by"),
            createdAt: try time("created_at"))
    }

    /// A row of `skills` joined with its latest version, whose columns are prefixed with `version_`.
    func skill() throws -> Skill {
        let latest = try skillVersion(skillID: "id", version: "latest_version")
        return Skill(
            id: try id("id"), agentID: try id("agent_id"), name: try text("name"),
            displayName: try text("display_name"), description: try text("description"), category: try word("category"),
            pricing: try pricing(),
            status: try word("status"), tags: try tags(), latest: latest, rating: try real("rating"),
            reviewCount: try integer("review_count"), downloadCount: try integer("download_count"),
            quality: try optionalReal("quality"), deprecation: try deprecation(),
            hiddenReason: try optionalText("hidden_reason"),
            createdAt: try time("created_at"), updatedAt: try time("updated_at"))
    }

    /// A row of `skill_versions` joined with its standing, their columns prefixed with `version_` and `standing_`.
    func skillVersion(skillID: String = "skill_id", version: String = "version") throws -> SkillVersion {
        SkillVersion(
            skillID: try id(skillID), version: try value(version, SemanticVersion(try text(version))),
            package: try value("package", PackageDigest(try text("version_package"))),
            manifest: try manifestValue("version_manifest"), api: try publishedAPI("version_api"),
            source: try source(), standing: try standing(), createdAt: try time("version_created_at"))
    }

    private func standing() throws -> VersionStanding {
        func withdrawal(_ kind: String) throws -> VersionStanding.Withdrawal? {
            guard let at = try optionalTime("standing_\(kind)_at") else { return nil }
            return VersionStanding.Withdrawal(at: at, reason: try text("standing_\(kind)_reason"))
        }
        return VersionStanding(
            review: try word("standing_review"), quality: try optionalReal("standing_quality"),
            rules: try optionalInteger("standing_rules"), decision: try optionalText("standing_decision"),
            yanked: try withdrawal("yanked"), revoked: try withdrawal("revoked"))
    }

    private func source() throws -> RepositorySource? {
        guard let data = try decode(Data?.self, forColumn: "version_source") else { return nil }
        let json = try? JSONValue(parsing: Array(data))
        return try value("source", json.flatMap(RepositorySource.init(json:)))
    }

    private func deprecation() throws -> Deprecation? {
        guard let at = try optionalTime("deprecated_at") else { return nil }
        return Deprecation(at: at, message: try text("deprecation"), successor: try optionalText("successor"))
    }

    func purchase() throws -> Purchase {
        let license = License(
            kind: try word("license_kind"), expiresAt: try optionalTime("expires_at"),
            usageLimit: try optionalInteger("usage_limit"), currentUsage: try integer("current_usage"))
        return Purchase(
            id: try id("id"), buyerID: try id("buyer_id"), sellerID: try id("seller_id"),
            skillID: try id("skill_id"), amount: try money("amount"), pricing: try pricing(),
            transactionHash: try optionalText("tx_hash"), license: license, trialLeft: try integer("trial_left"),
            subscription: try optionalInteger("periods_paid").map {
                Subscription(periodsPaid: $0, renews: try integer("renews") != 0)
            }, upgrades: try integer("upgrades"), status: try word("status"),
            revocationEpoch: try integer("revocation_epoch"), revokedReason: try optionalText("revoked_reason"),
            createdAt: try time("created_at"))
    }

    func pricing() throws -> Pricing {
        do {
            return try Pricing(FieldReader(try JSONValue(parsing: Array(try text("pricing").utf8))))
        } catch {
            throw StoreError.corrupt("a stored price does not read back: \(error)")
        }
    }

    private func tags() throws -> [String] {
        let json = try? JSONValue(parsing: Array(try text("tags").utf8))
        return try value("tags", json?.array).map { try value("tags", $0.string) }
    }

    /// Versions from before the column have none.
    private func publishedAPI(_ column: String) throws -> PublishedAPI {
        guard let data = try decode(Data?.self, forColumn: column) else { return PublishedAPI() }
        let json = try? JSONValue(parsing: Array(data))
        return try value(column, json.flatMap(PublishedAPI.init(json:)))
    }

    func manifestValue(_ column: String) throws -> SkillManifest {
        do {
            return try SkillManifest(json: try JSONValue(parsing: try bytes(column)))
        } catch {
            throw StoreError.corrupt("a stored manifest does not read back: \(error)")
        }
    }
}
