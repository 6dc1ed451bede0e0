public import Fields

/// Limits that a skill lowers below those of its profile, as they are written: `"5s"`, `"64MiB"` or a whole number.
/// What they mean is the sandbox's to say.
public struct ManifestLimits: Hashable, Sendable {
    /// The limits of a profile.
    public static let names = [
        "wall", "cpu", "memory", "pids", "tmp", "output", "stderr", "fileSize", "openFiles",
    ]

    /// By name; each is a string or a whole number above zero.
    public let values: [String: JSONValue]

    init(_ reader: FieldReader?) throws(FieldError) {
        var values: [String: JSONValue] = [:]
        for name in Self.names {
            guard let reader, let value = reader.optionalValue(name) else { continue }
            if value.string != nil {
                _ = try reader.string(name, minBytes: 1, maxBytes: 32)
            } else {
                _ = try reader.int(name, in: 1...Int64.max)
            }
            values[name] = value
        }
        self.values = values
    }
}
