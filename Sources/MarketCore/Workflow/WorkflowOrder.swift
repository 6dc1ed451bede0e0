import Fields

/// What waits for what, and whether that can come to an end.
struct WorkflowOrder {
    private let steps: [WorkflowStep]
    private let places: [String: Int]

    init(_ steps: [WorkflowStep]) {
        self.steps = steps
        places = Dictionary(
            steps.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// - Parameters:
    ///   - readers: of the steps, for the places of errors.
    ///   - workflow: the reader of `[workflow]`.
    func check(_ readers: [FieldReader], output: WorkflowTemplate, _ workflow: FieldReader) throws(FieldError) {
        for (step, reader) in zip(steps, readers) {
            for (index, id) in step.after.enumerated() where places[id] == nil {
                throw unknown(id, reader, "after[\(index)]")
            }
            try check(step.target.input, reader, "input")
            if let fallback = step.fallback { try check(fallback.input, reader, "fallback.input") }
            for condition in step.conditions {
                // What may have been left out is what a condition can ask.
                if case .step(let id) = condition.reference.source, places[id] == nil {
                    throw unknown(id, reader, "when")
                }
            }
            if step.dependencies.contains(step.id) {
                throw reader.error(nil, "the step \(step.id) waits for itself")
            }
        }
        try check(output, workflow, "output")
        try checkDepth(readers)
    }

    private func check(_ template: WorkflowTemplate, _ reader: FieldReader, _ key: String) throws(FieldError) {
        for (reference, hasDefault) in template.references {
            guard case .step(let id) = reference.source else { continue }
            guard let place = places[id] else { throw unknown(id, reader, key) }
            guard hasDefault || steps[place].conditions.isEmpty else {
                throw reader.error(
                    key,
                    "\(reference.text) is of a step with a condition, which may be left out; give a $default for that")
            }
        }
    }

    private func unknown(_ id: String, _ reader: FieldReader, _ key: String) -> FieldError {
        let ids = steps.map(\.id)
        return reader.error(
            key, "there is no step \(quoted(id)); there are \(ids.joined(separator: ", "))",
            suggestion: nearestName(to: id, in: ids))
    }

    /// Takes away what waits for nothing, again and again: what is left waits for each other.
    private func checkDepth(_ readers: [FieldReader]) throws(FieldError) {
        var left = steps.indices.map { ($0, steps[$0].dependencies) }
        var depth = 0
        while !left.isEmpty {
            let ready = Set(left.filter { $0.1.isEmpty }.map { steps[$0.0].id })
            guard !ready.isEmpty else {
                let ids = left.map { steps[$0.0].id }
                throw readers[left[0].0].error(
                    nil, "the steps \(ids.joined(separator: ", ")) wait for each other in a circle")
            }
            depth += 1
            guard depth <= Workflow.depthMax else {
                throw readers[left[0].0].error(
                    nil, "at most \(Workflow.depthMax) steps may wait for each other in one line")
            }
            left = left.filter { !ready.contains(steps[$0.0].id) }.map { ($0.0, $0.1.subtracting(ready)) }
        }
    }
}
