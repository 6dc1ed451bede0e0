/// How far a skill is trusted before anybody looks at words: by its quality, its seller's reputation, and its downloads.
///
/// `(500 + quality / 2) · (100 + 9 · reputation) · (8 + downloads in half decades) / 8000`, 50 to 2000. A skill of a seller
/// without reputation has 200 at most, however often its own puppets bought it.
public enum SkillTrust {
    public static let max: Int64 = 2000
    /// Downloads from which a further step counts: half decades up to 3,162.
    public static let downloadSteps: [Int64] = [1, 3, 10, 32, 100, 316, 1000, 3162]

    /// - Parameters:
    ///   - quality: the mean of code and documentation, in thousandths.
    ///   - reputation: the seller's, 0 to 100.
    public static func trust(quality: Int64, reputation: Int64, downloads: Int64) -> Int64 {
        let steps = Int64(downloadSteps.filter { downloads >= $0 }.count)
        return (500 + quality / 2) * (100 + 9 * reputation) * (8 + steps) / 8000
    }

    /// How much words can lift a match above another one: the best match counts four times as much as the worst.
    public static let wordsFactor: Double = 4

    /// What matches are ordered by.
    /// - Parameter words: how well the words match, as a share of the best match.
    public static func rank(trust: Int64, words: Double) -> Double {
        Double(trust) * (1 + (wordsFactor - 1) * min(1, Swift.max(0, words)))
    }
}
