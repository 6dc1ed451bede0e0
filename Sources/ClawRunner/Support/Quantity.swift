/// Sizes and times as people read them.
enum Quantity {
    /// Such as `512 B`, `1.5 KiB`, `64 MiB`.
    static func bytes(_ count: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(count)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(unit == 0 ? String(count) : short(value)) \(units[unit])"
    }

    /// Such as `850 µs`, `12 ms`, `1.5 s`.
    static func time(microseconds: Int64) -> String {
        if microseconds < 1000 { return "\(microseconds) µs" }
        if microseconds < 1_000_000 { return "\(short(Double(microseconds) / 1000)) ms" }
        return "\(short(Double(microseconds) / 1_000_000)) s"
    }

    /// Such as `1 seller`, `2 sellers`.
    static func count(_ number: Int64, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }

    /// One digit after the point below ten, none above, and none where it would be zero.
    private static func short(_ value: Double) -> String {
        let tenths = (value * 10).rounded() / 10
        if tenths >= 10 || tenths == tenths.rounded() { return String(Int64(value.rounded())) }
        return String(tenths)
    }
}
