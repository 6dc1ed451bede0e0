import Fields

/// Quantities with their unit written out, as profiles and manifests give them: `256MiB`, `5s`, `50%`.
enum Units {
    static func bytes(_ text: String) -> Int64? {
        let units: [(String, Int64)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)]
        return scaled(text, units)
    }

    static func milliseconds(_ text: String) -> Int64? {
        scaled(text, [("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000)])
    }

    static func percent(_ text: String) -> Int64? {
        scaled(text, [("%", 1)])
    }

    private static func scaled(_ text: String, _ units: [(String, Int64)]) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count)
        guard let value = Int64(digits), let factor = units.first(where: { $0.0 == unit })?.1 else { return nil }
        let (product, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }

    /// The largest unit that divides evenly: 536870912 is `512MiB`.
    static func describe(bytes: Int64) -> String {
        for (unit, factor) in [("GiB", Int64(1 << 30)), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        where bytes >= factor && bytes % factor == 0 { return "\(bytes / factor)\(unit)" }
        return "\(bytes)B"
    }

    static func describe(milliseconds: Int64) -> String {
        milliseconds >= 1000 && milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }
}
