import Foundation
import MarketCore
import Testing

@Suite("Values")
struct ValuesTests {
    // MARK: Versions

    @Test("Versions are ordered as semver orders them")
    func order() throws {
        let sorted = [
            "0.0.1", "0.9.0", "1.0.0-0", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
            "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.0+a", "1.0.0+b", "1.0.1",
            "1.2.0",
            "1.10.0", "2.0.0",
        ]
        let versions = try sorted.map { try #require(SemanticVersion($0)) }
        for (left, right) in zip(versions, versions.dropFirst()) {
            #expect(left < right)
            #expect(!(right < left))
        }
        #expect(versions.shuffled().sorted().map(\.description) == sorted)
    }

    @Test(
        "What is no semantic version is refused",
        arguments: [
            "", "1", "1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.02.3", "1.2.03", "-1.2.3", "1.2.x", "1.2.3-",
            "1.2.3-a..b",
            "1.2.3-01", "1.2.3+", "1.2.3+a..b", "1.2.3-a_b", " 1.2.3", "1.2.3 ", "1.2.3\n", "1.2.3-é",
            "1000000000000000000.0.0", "1.2.3-" + String(repeating: "a", count: 64), "１.2.3",
        ])
    func malformedVersions(text: String) {
        #expect(SemanticVersion(text) == nil)
    }

    @Test(
        "Versions are written as they were read",
        arguments: ["0.0.0", "1.2.3-rc.1+build.05", "1.2.3-0a.-", "999999999999999999.0.0"])
    func versionText(text: String) {
        #expect(SemanticVersion(text)?.description == text)
    }

    // MARK: Times

    @Test(
        "Times are written and read in RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_769_851_800_250, "2026-01-31T09:30:00.250Z"),
            (-1, "1969-12-31T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func times(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test("Written times agree with Foundation's")
    func timesAgainstFoundation() throws {
        var generator = Xorshift(seed: 42)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<2000 {
            let milliseconds = Int64(generator.next() % 8_000_000_000_000) - 1_000_000_000_000
            let time = Timestamp(milliseconds: milliseconds)
            #expect(Timestamp(time.description) == time)
            let seconds = (milliseconds >= 0 ? milliseconds : milliseconds - 999) / 1000 * 1000
            let whole = Timestamp(milliseconds: seconds)
            #expect(whole.description == Date(timeIntervalSince1970: Double(seconds / 1000)).formatted(style))
        }
    }

    @Test(
        "Zones and fractions of any length are read",
        arguments: [
            ("2026-01-31T10:30:00+01:00", 1_769_851_800_000), ("2026-01-31T09:30:00Z", 1_769_851_800_000),
            ("2026-01-31t04:00:00.25-05:30", 1_769_851_800_250), ("2026-01-31 09:30:00.2509999z", 1_769_851_800_250),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ] as [(String, Int64)])
    func zones(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        "What is no time of RFC 3339 is refused",
        arguments: [
            "", "2026-01-31", "2026-01-31T09:30:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+0100",
            "2026-01-01T00:00:00+24:00", "26-01-01T00:00:00Z", "2026-1-1T00:00:00Z", "2026-01-01T00:00:00Zx",
            "2026-01-01T00:00:00.000000000000000000000000000000Z", "+2026-01-01T00:00:00Z", "1900-02-29T00:00:00Z",
        ])
    func malformedTimes(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("Moving a time never overflows")
    func advancing() {
        #expect(Timestamp(milliseconds: .max).advanced(byMilliseconds: 1).milliseconds == .max)
        #expect(Timestamp(milliseconds: .min).advanced(byMilliseconds: -1).milliseconds == .min)
        #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .min).description == "0000-01-01T00:00:00.000Z")
    }

    // MARK: Identifiers and digests

    @Test("Identifiers are version 7, in the order of their time, and read back")
    func identifiers() {
        let first = Agent.ID.new(at: Timestamp(milliseconds: 1_769_851_800_250))
        let second = Agent.ID.new(at: Timestamp(milliseconds: 1_769_851_800_251))
        #expect(first.description < second.description)
        #expect(Agent.ID(first.description) == first)
        #expect(Agent.ID(first.description.uppercased()) == first)
        #expect(Array(first.description)[14] == "7")
        #expect("89ab".contains(Array(first.description)[19]))
    }

    @Test(
        "What is no UUID is no identifier",
        arguments: ["", "x", "0190b6f0-0000-7000-8000-00000000000", "{0190b6f0-0000-7000-8000-000000000000}"])
    func malformedIdentifiers(text: String) {
        #expect(Agent.ID(text) == nil)
    }

    @Test("A package's digest is sha256: and 64 lower-case digits, nothing else")
    func digests() {
        let hex = String(repeating: "0a", count: 32)
        #expect(PackageDigest("sha256:" + hex)?.hex == hex)
        #expect(PackageDigest("sha256:" + hex)?.description == "sha256:" + hex)
        for text in [
            hex, "sha256:", "sha256:" + hex.uppercased(), "sha256:" + hex + "0", "SHA256:" + hex,
            "sha256:" + String(repeating: "../", count: 21) + ".",
        ] {
            #expect(PackageDigest(text) == nil)
        }
    }

    @Test(
        "A display name gives the skill's name",
        arguments: [
            ("SmartEmailer Pro", "smartemailer-pro"), ("  CSV  &  JSON!! ", "csv-json"), ("a", "a"), ("日本", nil),
            ("", nil),
            (String(repeating: "ab ", count: 40), String(repeating: "ab-", count: 21) + "a"),
        ] as [(String, String?)])
    func slugs(display: String, slug: String?) {
        #expect(SkillName.slug(of: display) == slug)
        if let slug { #expect(SkillName.isValid(slug)) }
    }

    @Test("A page's limit is 1 to 200", arguments: [(0, 1), (-5, 1), (50, 50), (200, 200), (201, 200), (.max, 200)])
    func pages(asked: Int, given: Int) {
        #expect(PageRequest(limit: asked).limit == given)
    }
}
