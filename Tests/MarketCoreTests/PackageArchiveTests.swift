import MarketCore
import Testing

@Suite("Reading archives")
struct PackageArchiveTests {
    private func package(_ build: (inout TarBuilder) -> Void) throws -> SkillPackage {
        var builder = TarBuilder()
        build(&builder)
        return try SkillPackage(archive: builder.archive)
    }

    private func refusal(_ limits: PackageLimits = PackageLimits(), _ build: (inout TarBuilder) -> Void)
        -> PackageError?
    {
        var builder = TarBuilder()
        build(&builder)
        return #expect(throws: PackageError.self) { try SkillPackage(archive: builder.archive, limits: limits) }
    }

    @Test("Files, directories and links are read; owners and times are not")
    func contents() throws {
        let package = try package { tar in
            tar.add("./", type: "5")
            tar.add("./bin/", type: "5", mode: 0o700)
            tar.file("./bin/run", "#!", mode: 0o755)
            tar.file("skill.toml", "name", mode: 0o600)
            tar.add("link", type: "2", target: "bin/run")
            tar.add("hard", type: "1", target: "./bin/run")
            tar.add("empty/", type: "5")
        }
        #expect(
            package.entries == [
                PackageEntry(path: "bin", kind: .directory),
                PackageEntry(path: "bin/run", kind: .file(bytes: Array("#!".utf8), executable: true)),
                PackageEntry(path: "empty", kind: .directory),
                PackageEntry(path: "hard", kind: .file(bytes: Array("#!".utf8), executable: true)),
                PackageEntry(path: "link", kind: .symlink(target: "bin/run")),
                PackageEntry(path: "skill.toml", kind: .file(bytes: Array("name".utf8), executable: false)),
            ])
        #expect(package.size == 8)
        #expect(package.file("link")?.bytes == Array("#!".utf8))
        #expect(package.file("bin") == nil)
        #expect(package.hasDirectory("bin"))
    }

    @Test("The digest depends on the files alone: not on order, directories, owners, times or compression")
    func digest() throws {
        let first = try package { tar in
            tar.add("a/", type: "5")
            tar.file("a/x", "1")
            tar.file("b", "2")
        }
        let second = try package { tar in
            tar.file("./b", "2", mode: 0o640)
            tar.file("./a//x", "1")
        }
        #expect(first.digest == second.digest)
        #expect(first == second)
        let changed = try ["mode", "name", "contents"].map { change in
            try package { tar in
                tar.file(change == "name" ? "c" : "b", "2", mode: change == "mode" ? 0o755 : 0o644)
                tar.file("a/x", change == "contents" ? "3" : "1")
            }.digest
        }
        #expect(Set(changed + [first.digest]).count == 4)
    }

    @Test("The canonical archive never changes, or every digest would")
    func stableDigest() throws {
        let package = try package { tar in
            tar.file("skill.toml", "name = \"x\"\n")
            tar.file("bin/x", "#!/bin/sh\n", mode: 0o755)
            tar.add("l", type: "2", target: "bin/x")
        }
        #expect(package.digest.description == "sha256:78f5cf3204c74de06c7662786ac1ccb44ac61e465aaa65f7a67be3ac184c8a01")
    }

    @Test("What is written reads back as the same package, long paths and targets too")
    func roundTrip() throws {
        let long = (0..<4).map { "\($0)" + String(repeating: "é", count: 60) }.joined(separator: "/")
        let package = try package { tar in
            tar.pax([("path", long + "/file")])
            tar.file("short", "deep")
            tar.pax([("path", "link"), ("linkpath", long + "/file")])
            tar.add("x", type: "2", target: "y")
            tar.file(String(repeating: "n", count: 100), "hundred")
            tar.add("name", contents: [1], prefix: String(repeating: "p", count: 155))
        }
        let again = try SkillPackage(archive: try package.compressedArchive())
        #expect(again.entries == package.entries)
        #expect(again.digest == package.digest)
        #expect(again.file("link")?.bytes == Array("deep".utf8))
    }

    @Test("Names of GNU archives and PAX sizes are understood")
    func extensions() throws {
        let name = String(repeating: "d/", count: 20) + String(repeating: "x", count: 120)
        let target = String(repeating: "x", count: 120)
        let package = try package { tar in
            tar.add("././@LongLink", type: "L", contents: Array(name.utf8) + [0])
            tar.add("cut", contents: [7], magic: "ustar  \u{0}")
            tar.file(String(repeating: "x", count: 99), "t")
            tar.add("././@LongLink", type: "K", contents: Array(("d/" + "../" + name).utf8))
            tar.add("l", type: "2", target: "cut", magic: "ustar  \u{0}")
            tar.pax([("size", "3"), ("mtime", "1.5"), ("SCHILY.xattr.user.x", "y"), ("comment", "é")])
            tar.add("sized", size: 0)
            tar.append([1, 2, 3])
            tar.pax([("comment", "a commit")], type: "g")
            tar.add("old/", type: "\u{0}", magic: "")
            tar.add(target, type: "7", contents: [9])
        }
        #expect(package.file(name)?.bytes == [7])
        #expect(package.file("l")?.bytes == [7])
        #expect(package.file("sized")?.bytes == [1, 2, 3])
        #expect(package.hasDirectory("old"))
    }

    // MARK: Hostile paths

    @Test(
        "A path that could leave the package is refused",
        arguments: ["..", "../x", "a/../../x", "a/..", "./../x", "a/b/../c", "..//x"], ["0", "5", "2"] as [Character])
    func traversal(path: String, type: Character) {
        let error = refusal { $0.add(path, type: type, target: "x") }
        #expect(error?.reason == .traversal)
        #expect(error?.entry == path)
    }

    @Test("An absolute path is refused", arguments: ["/etc/passwd", "//x", "/"])
    func absolute(path: String) {
        #expect(refusal { $0.file(path) }?.reason == .absolutePath)
        #expect(refusal { $0.add(path, type: "5") }?.reason == .absolutePath)
    }

    @Test("Paths hidden in extended headers are checked too")
    func extendedTraversal() {
        #expect(
            refusal {
                $0.pax([("path", "../x")]); $0.file("x")
            }?.reason == .traversal)
        #expect(
            refusal {
                $0.pax([("path", "/x")]); $0.file("x")
            }?.reason == .absolutePath)
        #expect(
            refusal {
                $0.add("L", type: "L", contents: Array("a/../../x".utf8)); $0.file("x")
            }?.reason == .traversal)
        #expect(refusal { $0.add("x", contents: [1], prefix: "..") }?.reason == .traversal)
        #expect(refusal { $0.add("x", contents: [1], prefix: "/etc") }?.reason == .absolutePath)
    }

    @Test("Names with control characters, NUL, or bytes that are not UTF-8 are refused")
    func characters() {
        for name in ["a\nb", "a\u{1b}b", "a\u{7f}"] {
            let error = refusal { $0.file(name) }
            guard case .badPath? = error?.reason else {
                Issue.record("\(name.debugDescription) was not refused for its path")
                continue
            }
        }
        #expect(
            refusal {
                $0.pax([("path", "a\u{0}b")]); $0.file("x")
            } != nil)
        #expect(
            refusal {
                $0.add("L", type: "L", contents: [0x61, 0, 0x62, 0]); $0.file("x")
            } != nil)
        #expect(
            refusal {
                $0.add("L", type: "L", contents: [0xFF, 0xFE]); $0.file("x")
            } != nil)
        #expect(
            refusal {
                $0.pax([("path", "")]); $0.file("x")
            } != nil)
    }

    @Test("Parts of more than 255 bytes, long paths and deep ones are refused")
    func lengths() throws {
        let accepted = String(repeating: "a", count: 255)
        #expect(
            try package {
                $0.pax([("path", accepted)]); $0.file("x")
            }.file(accepted) != nil)
        #expect(
            refusal {
                $0.pax([("path", accepted + "a")]); $0.file("x")
            } != nil)
        let long = Array(repeating: String(repeating: "b", count: 200), count: 6).joined(separator: "/")
        #expect(
            refusal {
                $0.pax([("path", long)]); $0.file("x")
            } != nil)
        #expect(refusal { $0.file(Array(repeating: "d", count: 33).joined(separator: "/")) } != nil)
    }

    // MARK: Hostile links

    @Test(
        "A link that leaves the package, or leads nowhere in it, is refused",
        arguments: [
            [("l", "/etc/passwd")], [("l", "..")], [("l", "../x")], [("d/l", "../../x")], [("l", "none")], [("l", "")],
            [("l", "l")], [("a", "b"), ("b", "a")], [("l", "f/x")], [("l", "a\nb")],
            [("d/up", ".."), ("l", "d/up/../f")], [("d/up", ".."), ("m", "d/up"), ("l", "m/../f")],
        ])
    func escapingLinks(links: [(String, String)]) {
        let error = refusal { tar in
            tar.file("f")
            tar.file("d/f")
            for (name, target) in links { tar.add(name, type: "2", target: target) }
        }
        guard case .badLink? = error?.reason else {
            Issue.record("refused for another reason: \(String(describing: error))")
            return
        }
    }

    @Test("A link within the package is accepted, through other links too")
    func goodLinks() throws {
        let package = try package { tar in
            tar.file("d/e/f", "deep")
            tar.add("d/up", type: "2", target: "..")
            tar.add("l", type: "2", target: "d/up/d/./e/../e//f")
            tar.add("dir", type: "2", target: "d/e/")
        }
        #expect(package.file("l")?.bytes == Array("deep".utf8))
        #expect(package.file("dir/f")?.bytes == Array("deep".utf8))
    }

    @Test("Nothing may be written through a link")
    func throughLink() {
        let error = refusal { tar in
            tar.file("d/f")
            tar.add("l", type: "2", target: "d")
            tar.file("l/x")
        }
        #expect(error?.reason == .parentNotDirectory)
        #expect(
            refusal {
                $0.file("l/x"); $0.add("l", type: "2", target: "..")
            }?.reason == .duplicate)
    }

    @Test(
        "A hard link must name a file that came before it",
        arguments: ["../x", "/etc/passwd", "none", "d", "later", ""])
    func hardLinks(target: String) {
        let error = refusal { tar in
            tar.file("d/f")
            tar.add("h", type: "1", target: target)
            tar.file("later")
        }
        guard case .badLink? = error?.reason else {
            Issue.record("refused for another reason: \(String(describing: error))")
            return
        }
        #expect(error?.entry == "h")
    }

    // MARK: Other kinds

    @Test(
        "Devices, fifos, sparse files and unknown kinds are refused by name",
        arguments: [("3", "character device"), ("4", "block device"), ("6", "fifo"), ("S", "sparse file")]
            as [(Character, String)])
    func devices(type: Character, kind: String) {
        #expect(refusal { $0.add("dev", type: type) } == PackageError(.notAFile(kind), entry: "dev"))
        #expect(refusal { $0.add("dev", type: "Z") } != nil)
        #expect(
            refusal {
                $0.pax([("GNU.sparse.major", "1")]); $0.file("x")
            } != nil)
    }

    @Test("A path may appear once; a directory may be named again")
    func duplicates() throws {
        #expect(
            refusal {
                $0.file("a"); $0.file("./a")
            }?.reason == .duplicate)
        #expect(
            refusal {
                $0.file("a"); $0.add("a", type: "5")
            }?.reason == .duplicate)
        #expect(
            refusal {
                $0.file("a"); $0.file("a/b")
            }?.reason == .parentNotDirectory)
        #expect(
            refusal {
                $0.file("a/b"); $0.file("a")
            }?.reason == .duplicate)
        #expect(
            try package {
                $0.add("a/", type: "5"); $0.add("a", type: "5"); $0.file("a/b")
            }.entries.count == 2)
    }

    // MARK: Damage

    @Test("What is not gzip, or is damaged, is refused")
    func notGzip() {
        var sound = TarBuilder()
        sound.file("a", String(repeating: "x", count: 5000))
        let archive = sound.archive
        var flipped = archive
        flipped[archive.count / 2] ^= 0xFF
        var checksum = archive
        checksum[archive.count - 6] ^= 1
        for bytes in [
            [], [0x1F], [0x1F, 0x8B], Array("PK\u{3}\u{4}".utf8), sound.bytes, Array(archive.dropLast(9)),
            Array(archive.prefix(20)), flipped, checksum, archive + [1, 2, 3],
        ] {
            let error = #expect(throws: PackageError.self) { try SkillPackage(archive: bytes) }
            #expect(error?.reason == .notGzip)
        }
        #expect(throws: Never.self) { try SkillPackage(archive: archive + [0, 0, 0]) }
    }

    @Test("What is not tar, or is damaged, is refused")
    func notTar() throws {
        var sound = TarBuilder()
        sound.file("a", String(repeating: "x", count: 5000))
        for bytes in [
            Array("hello".utf8), [UInt8](repeating: 0x41, count: 1024), Array(sound.bytes.dropLast(1024)),
            Array(sound.bytes.prefix(700)),
        ] {
            let error = #expect(throws: PackageError.self) { try SkillPackage(archive: TarBuilder.gzip(bytes)) }
            guard case .notTar? = error?.reason else {
                Issue.record("refused for another reason: \(String(describing: error))")
                continue
            }
        }
        #expect(refusal { $0.add("a", badChecksum: true) }?.reason == .notTar("a header's checksum is wrong"))
        #expect(refusal { $0.add("a", size: 1 << 20) } != nil)
        #expect(refusal { $0.add("d", type: "5", contents: [1]) } != nil)
        for records in [
            "x", "5 a=b\n", "99999 path=x\n", "-5 path=x\n", "0 path=x\n", "9 path:x\n", "8 path=x\n\n", "7 a=b12",
        ] {
            #expect(
                refusal {
                    $0.add("x", type: "x", contents: Array(records.utf8)); $0.file("a")
                } != nil)
        }
        #expect(
            refusal {
                $0.pax([("size", "-1")]); $0.file("a")
            } != nil)
        #expect(
            refusal {
                $0.pax([("size", "9223372036854775807")]); $0.file("a")
            } != nil)
        #expect(
            refusal {
                $0.pax([("path", "x")], type: "g"); $0.file("a")
            } != nil)
        #expect(
            refusal {
                $0.pax([("hdrcharset", "BINARY")]); $0.file("a")
            } != nil)
        #expect(try SkillPackage(archive: TarBuilder.gzip(sound.bytes)).entries.count == 1)
    }

    @Test("Random damage never crashes the reader")
    func fuzz() {
        var builder = TarBuilder()
        builder.pax([("path", "long/name")])
        builder.file("a", "abc")
        builder.add("l", type: "2", target: "long/name")
        builder.add("h", type: "1", target: "long/name")
        builder.add("L", type: "L", contents: Array("other".utf8))
        builder.file("x")
        var generator = Xorshift(seed: 7)
        for _ in 0..<3000 {
            var bytes = builder.bytes
            for _ in 0...generator.next() % 8 {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            // A damaged header fails its checksum; mend some, so that what lies behind is reached too.
            for start in stride(from: 0, to: bytes.count, by: 512) {
                let block = bytes[start..<start + 512]
                let sum = block.enumerated().reduce(0) {
                    $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element))
                }
                for (index, byte) in (String(sum, radix: 8) + "\u{0}").utf8.enumerated() {
                    bytes[start + 148 + index] = byte
                }
            }
            _ = try? SkillPackage(archive: TarBuilder.gzip(bytes))
        }
    }

    // MARK: Bounds

    @Test("An empty archive is no package")
    func empty() {
        #expect(refusal { _ in }?.reason == .empty)
        #expect(refusal { $0.add("d/", type: "5") }?.reason == .empty)
        #expect(throws: PackageError.self) { try SkillPackage(archive: TarBuilder.gzip([])) }
    }

    @Test("A bomb is refused before it is unpacked")
    func bomb() {
        var builder = TarBuilder()
        builder.add("zeros", contents: [UInt8](repeating: 0, count: 30 << 20))
        let archive = builder.archive
        #expect(archive.count < 64 << 10)
        let error = #expect(throws: PackageError.self) { try SkillPackage(archive: archive) }
        #expect(error?.reason == .bomb(ratioMaximum: 200))
    }

    @Test("Several members of gzip add up to one bomb")
    func manyMembers() {
        let member = TarBuilder.gzip([UInt8](repeating: 0, count: 4 << 20))
        let archive = Array(repeatElement(member, count: 40).joined())
        let error = #expect(throws: PackageError.self) { try SkillPackage(archive: archive) }
        #expect(error?.reason == .bomb(ratioMaximum: 200))
    }

    @Test("Each bound is kept and named")
    func bounds() {
        var limits = PackageLimits(entriesMax: 3, fileBytesMax: 10, totalBytesMax: 15)
        #expect(
            refusal(limits) { $0.file("a", "12345678901") } == PackageError(.fileTooLarge(bytesMaximum: 10), entry: "a")
        )
        let total = refusal(limits) {
            $0.file("a", "1234567890"); $0.file("b", "123456")
        }
        #expect(total == PackageError(.packageTooLarge(bytesMaximum: 15), entry: "b"))
        let links = refusal(limits) {
            $0.file("a", "1234567890"); $0.add("b", type: "1", target: "a")
        }
        #expect(links == PackageError(.packageTooLarge(bytesMaximum: 15), entry: "b"))
        #expect(refusal(limits) { $0.file("a/b/c/d") }?.reason == .tooManyEntries(maximum: 3))
        #expect(
            refusal(limits) { tar in for _ in 0..<20 { tar.pax([("comment", "x")], type: "g") } }?.reason
                == .tooManyEntries(maximum: 3))
        limits = PackageLimits(archiveBytesMax: 10)
        #expect(refusal(limits) { $0.file("a") }?.reason == .archiveTooLarge(bytesMaximum: 10))
        limits = PackageLimits(entriesMax: 1, totalBytesMax: 1 << 20)
        let huge = refusal(limits) { $0.add("a", contents: [UInt8](repeating: 0, count: 3 << 20)) }
        #expect(huge?.reason == .packageTooLarge(bytesMaximum: 1 << 20))
    }

    @Test("An error's text cannot be forged by a name in the archive")
    func errorText() {
        let error = refusal { $0.file("a\u{1b}[2J\n../x") }
        #expect(error?.description.unicodeScalars.allSatisfy { $0.value >= 0x20 } == true)
    }
}
