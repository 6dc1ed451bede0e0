import Fields
import LicenseCheck
import MarketCore
import Metering

extension ExecutionNode {
    /// The versions that the workflow of a published skill calls.
    func plan(of skill: Skill) async throws(NodeError) -> WorkflowPlan {
        let package = skill.latest.package
        if let plan = workflowPlans.plan(package) { return plan }
        let pins = try await inStore { () throws(StoreError) in try await store.pins(of: package) }
        let plan = try await plan(pins)
        workflowPlans.insert(plan, for: package)
        return plan
    }

    func plan(_ pins: [WorkflowPin]) async throws(NodeError) -> WorkflowPlan {
        var versions: [WorkflowLeg.Key: SkillVersion] = [:]
        for pin in pins {
            let version = try await inStore { () throws(StoreError) in
                try await store.version(of: pin.skillID, pin.version)
            }
            guard let version else { throw NodeError(.corrupt("a workflow calls a version that is not there")) }
            versions[WorkflowLeg.Key(step: pin.step, isFallback: pin.isFallback)] = version
        }
        return WorkflowPlan(versions: versions)
    }

    /// Finds what each leg is called under, as it is now.
    /// - Throws: ``NodeError`` 503 `step_unlicensed` when the author's licence for a step has ended.
    func bind(_ workflow: Workflow, _ plan: WorkflowPlan, author: Agent.ID) async throws(NodeError) -> [BoundLeg] {
        var legs: [BoundLeg] = []
        var licenses: [Skill.ID: Purchase] = [:]
        for (key, target, step) in workflow.legs {
            guard let version = plan.versions[key] else {
                throw NodeError(.corrupt("a workflow's step has no version"))
            }
            // As it stands now: it may have been revoked since.
            let skill = try await skills.skill(version.skillID.description, version: version.version)
            try Self.requireUsable(skill, named: true)
            guard let endpoint = version.manifest.endpoint(target.endpoint) else {
                throw NodeError(.corrupt("a workflow's step has no endpoint"))
            }
            var purchase = licenses[skill.id]
            if purchase == nil, skill.agentID != author {
                purchase = try await license(of: author, for: skill)
                guard let purchase else { throw Self.unlicensed(step.id, skill) }
                licenses[skill.id] = purchase
            }
            do throws(MoneyError) {
                legs.append(
                    BoundLeg(
                        key: key, skill: skill, endpoint: endpoint, purchase: purchase,
                        max: try BoundLeg.max(
                            purchase?.pricing, skill.pricing.price.currency, maxCost: step.maxCost)))
            } catch {
                throw NodeError(
                    status: 503, code: "step_price_too_large",
                    detail: "The step \(step.id) may cost more than can be held; its author must set its maxCost.",
                    fields: ["step": .string(step.id)])
            }
        }
        return legs
    }

    /// The newest licence of an author that lets a workflow call the skill; nil when there is none.
    func license(of author: Agent.ID, for skill: Skill) async throws(NodeError) -> Purchase? {
        let purchases = try await inStore { () throws(StoreError) in
            try await store.purchases(buyer: author, skill: skill.id)
        }
        return purchases.first { $0.license.kind.allowsResale && Self.isUsable($0) }
    }

    static func isUsable(_ purchase: Purchase) -> Bool {
        do throws(LicenseRefusal) {
            try LicenseDecision.check(purchase, now: .now)
            return true
        } catch {
            return false
        }
    }

    private static func unlicensed(_ step: String, _ skill: Skill) -> NodeError {
        NodeError(
            status: 503, code: "step_unlicensed",
            detail: "The step \(step) calls \(skill.name), for which the workflow's author has no usable commercial or "
                + "enterprise licence any more. Nothing was run or charged; only the author can mend this.",
            fields: ["step": .string(step), "skill": .string(skill.name)])
    }
}

extension License.Kind {
    /// A personal licence is for its buyer's own calls.
    var allowsResale: Bool { self != .personal }
}

extension Workflow {
    /// Everything that it may call: of each step its skill, then what is called in its place.
    var legs: [(key: WorkflowLeg.Key, target: WorkflowStep.Target, step: WorkflowStep)] {
        steps.flatMap { step in
            let main = (key: WorkflowLeg.Key(step: step.id, isFallback: false), target: step.target, step: step)
            guard let fallback = step.fallback else { return [main] }
            return [main, (key: WorkflowLeg.Key(step: step.id, isFallback: true), target: fallback, step: step)]
        }
    }
}
