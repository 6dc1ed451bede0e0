import Fields
import MarketCore
import Metering
import Sandbox

extension ExecutionNode {
    /// Checks that a workflow can call what it names, and says which versions it calls from now on; nil for a program.
    /// - Throws: ``NodeError`` 422 with the step and its field.
    func pins(of manifest: SkillManifest, _ pricing: Pricing, author: Agent.ID) async throws(NodeError)
        -> [WorkflowPin]?
    {
        guard let workflow = manifest.workflow else { return nil }
        var pins: [WorkflowPin] = []
        for (key, target, step) in workflow.legs {
            let place = Self.place(key, workflow)
            pins.append(try await pin(key, target, step, place, author))
        }
        if workflow.payer == .buyer {
            let plan = try await plan(pins)
            try Self.checkShares(try await bind(workflow, plan, author: author), pricing, workflow)
        }
        return pins
    }

    private static func place(_ key: WorkflowLeg.Key, _ workflow: Workflow) -> String {
        let index = workflow.steps.firstIndex { $0.id == key.step } ?? 0
        return "steps[\(index)]\(key.isFallback ? ".fallback" : "")"
    }

    private func pin(
        _ key: WorkflowLeg.Key, _ target: WorkflowStep.Target, _ step: WorkflowStep, _ place: String, _ author: Agent.ID
    ) async throws(NodeError) -> WorkflowPin {
        let found = try await inStore { () throws(StoreError) in try await store.skill(named: target.skill) }
        guard let skill = found else {
            throw Self.fault("\(place).skill", "there is no skill \(quoted(target.skill)) on this market")
        }
        let numbers = try await inStore { () throws(StoreError) in try await store.versionNumbers(of: skill.id) }
        guard let number = target.version.newest(of: numbers),
            let version = try await inStore({ () throws(StoreError) in try await store.version(of: skill.id, number) })
        else {
            let known = numbers.sorted(by: >).prefix(8).map(\.description).joined(separator: ", ")
            throw Self.fault(
                "\(place).version", "\(skill.name) has no version \(target.version.description); it has \(known)")
        }
        guard version.manifest.workflow == nil else {
            throw Self.fault("\(place).skill", "\(skill.name) is a workflow, and a workflow calls none")
        }
        guard version.manifest.endpoint(target.endpoint) != nil else {
            let paths = version.manifest.endpoints.map(\.path)
            throw Self.fault(
                "\(place).endpoint",
                "\(skill.name) \(number) has no endpoint \(quoted(target.endpoint)); it has "
                    + paths.joined(separator: ", "), suggestion: nearestName(to: target.endpoint, in: paths))
        }
        if skill.agentID != author {
            guard let license = try await license(of: author, for: skill) else {
                throw Self.fault(
                    "\(place).skill",
                    "you have no usable commercial or enterprise licence for \(skill.name); buy one first")
            }
            do throws(MoneyError) {
                _ = try BoundLeg.max(license.pricing, license.pricing.price.currency, maxCost: step.maxCost)
            } catch {
                throw Self.fault(
                    "\(place).maxCost",
                    "must be an amount of \(license.pricing.price.currency.rawValue) that bounds what one call may cost"
                )
            }
        }
        return WorkflowPin(step: key.step, isFallback: key.isFallback, skillID: skill.id, version: number)
    }

    /// The price must be known before a run, and must cover all that the steps may cost together.
    private static func checkShares(
        _ legs: [BoundLeg], _ pricing: Pricing, _ workflow: Workflow
    ) throws(NodeError) {
        guard pricing.kind == .usage, pricing.units?.source != .result, pricing.trialCalls == 0 else {
            throw fault(
                "workflow.payer",
                "is buyer, so the price must be of the type usage, without trialCalls and not counted in the result: the "
                    + "steps are paid out of it")
        }
        let currency = pricing.price.currency
        var sum = Money.zero(currency)
        for leg in legs where leg.purchase != nil && !leg.max.isZero {
            // No buyer has this identifier.
            guard leg.canShare(in: currency, with: Agent.ID.new()) else {
                throw fault(
                    place(leg.key, workflow) + ".skill",
                    "with the payer buyer your licence for \(leg.skill.name) must be priced by the run in "
                        + "\(currency.rawValue), and have neither a usage limit nor free runs left")
            }
            do throws(MoneyError) { sum = try sum.adding(leg.max) } catch {
                throw fault(place(leg.key, workflow) + ".maxCost", "the steps may cost more than can be held")
            }
        }
        guard sum.base <= pricing.unitPrice.base else {
            throw fault(
                "pricing.price",
                "must be at least \(sum), which is what the steps and their fallbacks may cost together")
        }
    }

    private static func fault(_ path: String, _ message: String, suggestion: String? = nil) -> NodeError {
        NodeError(FieldError(path: path, message: message, suggestion: suggestion, file: SkillPackage.manifestName))
    }

    // MARK: Tests

    /// Runs the tests of a workflow that is to be published. Its steps are the author's own calls, which cost what they cost.
    func testWorkflow(
        _ manifest: SkillManifest, _ workflow: Workflow, _ pins: [WorkflowPin], for author: Agent.ID
    ) async throws(NodeError) {
        guard !manifest.tests.isEmpty else { return }
        let legs = try await bind(workflow, try await plan(pins), author: author)
        let bound = Dictionary(legs.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        for (index, test) in manifest.tests.enumerated() {
            guard let endpoint = manifest.endpoint(test.endpoint) else { continue }
            let end = await WorkflowEngine(workflow, input: test.payload, depthMax: configuration.jsonDepthMax).run {
                leg in
                guard let bound = bound[leg.key] else { return .refused(.notFound("step", leg.step.id)) }
                return await self.callByAuthor(leg, bound, author)
            }
            let response = SkillResponse(
                end.outcome, manifest: manifest, endpoint: endpoint, units: manifest.pricing?.units)
            guard let fault = ExpectedResult.fault(test, response) else { continue }
            throw Self.failure(of: index, test, fault, response, end.outcome)
        }
    }
}
