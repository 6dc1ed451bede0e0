import Fields

/// Whether a step is carried out: one place, held against one value.
public struct WorkflowCondition: Hashable, Sendable {
    enum Comparison: String, Hashable, Sendable, CaseIterable {
        case gt, gte, lt, lte
    }

    enum Test: Hashable, Sendable {
        case exists(Bool)
        case equals(JSONValue)
        case notEquals(JSONValue)
        case compare(Comparison, JSONNumber)
    }

    let reference: WorkflowReference
    let test: Test

    private static let tests = ["exists", "equals", "notEquals"] + Comparison.allCases.map(\.rawValue)

    init(_ reader: FieldReader) throws(FieldError) {
        reference = try WorkflowTemplate.reference(
            try reader.string("from", minBytes: 1, maxBytes: 512), reader, "from")
        let given = Self.tests.filter { reader.value($0) != nil }
        guard given.count == 1, let name = given.first else {
            throw reader.error(
                given.dropFirst().first, "a condition has exactly one of \(Self.tests.joined(separator: ", "))")
        }
        let value = try reader.requiredValue(name)
        switch name {
        case "exists": test = .exists(try reader.bool(name))
        case "equals": test = .equals(value)
        case "notEquals": test = .notEquals(value)
        default:
            guard let comparison = Comparison(rawValue: name), let number = value.number else {
                throw reader.error(name, "must be a number, not \(value.kindName)")
            }
            test = .compare(comparison, number)
        }
    }

    /// What is not there equals nothing, and is neither more nor less than a number; nor is what is no number.
    func holds(in scope: WorkflowScope) -> Bool {
        let value = reference.value(in: scope)
        switch test {
        case .exists(let wanted): return (value != nil) == wanted
        case .equals(let wanted): return value == wanted
        case .notEquals(let wanted): return value != wanted
        case .compare(let comparison, let bound):
            guard let number = value?.number else { return false }
            return Self.holds(comparison, number, bound)
        }
    }

    private static func holds(_ comparison: Comparison, _ left: JSONNumber, _ right: JSONNumber) -> Bool {
        // Whole numbers are compared exactly.
        let (less, equal) =
            if let left = left.int64, let right = right.int64 { (left < right, left == right) } else {
                (left.double < right.double, left.double == right.double)
            }
        return switch comparison {
        case .gt: !less && !equal
        case .gte: !less
        case .lt: less
        case .lte: less || equal
        }
    }
}
