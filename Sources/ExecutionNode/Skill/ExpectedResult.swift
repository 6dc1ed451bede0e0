import Fields
package import MarketCore
import Sandbox

/// Holds what a skill answered against a test of its manifest.
package enum ExpectedResult {
    /// A sentence that says what is wrong; nil when the test passed.
    package static func fault(_ test: SkillTestCase, _ response: SkillResponse) -> String? {
        guard let result = response.result else { return response.verdict.detail }
        guard let expected = test.expect else { return nil }
        guard let value = try? JSONValue(parsing: result, limits: JSONLimits(depthMax: 512, bytesMax: .max)) else {
            return "The result could not be read."
        }
        return difference(expected, value, path: "")
    }

    /// Objects may have more members than are expected; everything else must be equal.
    private static func difference(_ expected: JSONValue, _ value: JSONValue, path: String) -> String? {
        guard case .object(let members) = expected, case .object(let found) = value else {
            guard expected != value else { return nil }
            let place = path.isEmpty ? "The result" : "The result at \(path)"
            return "\(place) is \(displayed(value.description)), expected is \(displayed(expected.description))."
        }
        for (key, member) in members {
            guard let other = found[key] else { return "The result has no \(path)/\(key)." }
            if let fault = difference(member, other, path: "\(path)/\(key)") { return fault }
        }
        return nil
    }
}
