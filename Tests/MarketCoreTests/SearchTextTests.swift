import MarketCore
import Testing

@Suite("Search texts")
struct SearchTextTests {
    @Test("words are letters, digits and their marks, and nothing else")
    func words() {
        #expect(SearchText("CSV-Summary, 2.0").words == ["CSV", "Summary", "2", "0"])
        #expect(SearchText("na\u{EF}ve \u{65}\u{301}t\u{E9}").words == ["naïve", "\u{65}\u{301}té"])
        #expect(SearchText("\"a\" AND (b*) NEAR/2 ^c").words == ["a", "AND", "b", "NEAR", "2", "c"])
        #expect(SearchText("日本語 текст").words == ["日本語", "текст"])
        #expect(SearchText(" --- \u{0} \u{202E}\u{200B}").words.isEmpty)
    }

    @Test("words beyond the eighth are not looked at, and long ones are cut between characters")
    func limits() {
        #expect(SearchText(String(repeating: "w ", count: 100)).words.count == SearchText.wordsMax)
        let long = SearchText(String(repeating: "é", count: 1000)).words
        #expect(long.map(\.utf8.count) == [SearchText.wordBytesMax])
        #expect(SearchText(String(repeating: " ", count: 100_000) + "late").words.isEmpty)
    }
}
