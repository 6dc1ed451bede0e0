import Fields
import Foundation
import MarketCore
import Testing

@Suite("Packages on disk")
struct PackageDirectoryTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("skill.toml", SkillManifestTests.manifest())
        try directory.write("bin/x", "#!/bin/sh\n", mode: 0o755)
        try directory.link("start", to: "bin/x")
    }

    private var files: String { directory.path }

    @Test("A directory gives the package that an archive of it gives", arguments: ["ustar", "gnu", "pax", "v7"])
    func tarFormats(format: String) throws {
        let long = String(repeating: "long-", count: 15)
        if format != "v7" { try directory.write("\(long)/\(long)/file", "deep") }
        let archive = NSTemporaryDirectory() + "market-core-\(UUID().uuidString).tar.gz"
        defer { try? FileManager.default.removeItem(atPath: archive) }
        try run("tar", "--format=\(format)", "-czf", archive, "-C", files, ".")
        let fromArchive = try SkillPackage(archive: Array(try Data(contentsOf: URL(fileURLWithPath: archive))))
        let fromDirectory = try SkillPackage(directory: files)
        #expect(fromArchive.entries == fromDirectory.entries)
        #expect(fromArchive.digest == fromDirectory.digest)
    }

    @Test("The canonical archive is one that tar unpacks")
    func canonicalIsTar() throws {
        let long = String(repeating: "é", count: 80)
        try directory.write("\(long)/\(long)/file", "deep")
        let package = try SkillPackage(directory: files)
        let other = try TemporaryDirectory()
        try Data(try package.compressedArchive()).write(to: URL(fileURLWithPath: other.path + "/p.tar.gz"))
        try FileManager.default.createDirectory(atPath: other.path + "/out", withIntermediateDirectories: false)
        try run("tar", "-xzf", other.path + "/p.tar.gz", "-C", other.path + "/out")
        #expect(try SkillPackage(directory: other.path + "/out").digest == package.digest)
    }

    @Test("A package is written read-only and reads back as itself")
    func writing() throws {
        try directory.write("empty/.keep", "")
        let package = try SkillPackage(directory: files)
        let target = try TemporaryDirectory()
        let old = umask(0o077)
        defer { umask(old) }
        try package.write(to: target.path + "/p")
        #expect(try SkillPackage(directory: target.path + "/p") == package)
        let mode = { (path: String) in
            try FileManager.default.attributesOfItem(atPath: target.path + "/p" + path)[.posixPermissions] as? Int
        }
        #expect(try mode("") == 0o555)
        #expect(try mode("/bin") == 0o555)
        #expect(try mode("/bin/x") == 0o555)
        #expect(try mode("/skill.toml") == 0o444)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: target.path + "/p/start") == "bin/x")
        let error = #expect(throws: PackageError.self) { try package.write(to: target.path + "/p") }
        #expect(error?.reason == .system("created", errno: EEXIST))
    }

    @Test("Version control and caches are left out")
    func skipped() throws {
        let before = try SkillPackage(directory: files).digest
        try directory.write(".git/config", "secret")
        try directory.write("lib/__pycache__/a.pyc", "x")
        try directory.write(".DS_Store", "x")
        let package = try SkillPackage(directory: files)
        #expect(package.entries.map(\.path) == ["bin", "bin/x", "lib", "skill.toml", "start"])
        #expect(package.digest != before)
    }

    @Test("A fifo, a link that leaves and a directory that is none are refused")
    func hostile() throws {
        try run("mkfifo", files + "/pipe")
        let error = #expect(throws: PackageError.self) { try SkillPackage(directory: files) }
        #expect(error == PackageError(.notAFile("fifo"), entry: "pipe"))
        try FileManager.default.removeItem(atPath: files + "/pipe")
        try directory.link("passwd", to: "/etc/passwd")
        #expect(throws: PackageError.self) { try SkillPackage(directory: files) }
        #expect(throws: PackageError.self) { try SkillPackage(directory: files + "/none") }
        #expect(throws: PackageError.self) { try SkillPackage(directory: files + "/skill.toml") }
    }

    @Test("Bounds hold for directories")
    func bounds() throws {
        try directory.write("large", String(repeating: "x", count: 2000))
        let file = #expect(throws: PackageError.self) {
            try SkillPackage(directory: files, limits: PackageLimits(fileBytesMax: 1000))
        }
        #expect(file == PackageError(.fileTooLarge(bytesMaximum: 1000), entry: "large"))
        #expect(throws: PackageError.self) {
            try SkillPackage(directory: files, limits: PackageLimits(totalBytesMax: 1000))
        }
        #expect(throws: PackageError.self) { try SkillPackage(directory: files, limits: PackageLimits(entriesMax: 2)) }
    }

    // MARK: The manifest against the files

    @Test("The manifest of a sound package is read")
    func manifest() throws {
        let manifest = try SkillPackage(directory: files).manifest()
        #expect(manifest.entryPoint == .program(["bin/x"]))
    }

    @Test("A package without a manifest, or with one that is no text, is refused")
    func noManifest() throws {
        try Data([0x6E, 0xFF, 0xFE]).write(to: URL(fileURLWithPath: files + "/skill.toml"))
        #expect(throws: FieldError.self) { try SkillPackage(directory: files).manifest() }
        try FileManager.default.removeItem(atPath: files + "/skill.toml")
        let error = #expect(throws: FieldError.self) { try SkillPackage(directory: files).manifest() }
        #expect(error?.description == "skill.toml: the package has no skill.toml at its top")
    }

    @Test(
        "What the manifest names must be in the package",
        arguments: [
            (["entryPoint": "\"bin/y\""], "entryPoint"), (["entryPoint": "\"bin\""], "entryPoint"),
            (["entryPoint": "\"bin/x/y\""], "entryPoint"), (["entryPoint": "\"skill.toml\""], "entryPoint"),
            (["entryPoint": "[\"none/x\", \"bin/x\"]"], "entryPoint"),
            (["runtime": "\"python\"", "entryPoint": "\"main.py:f\""], "entryPoint"),
            (["runtime": "\"node\"", "entryPoint": "\"main.js:f\""], "entryPoint"),
            (["documentation": "\"README.md\""], "documentation"), (["documentation": "\"bin\""], "documentation"),
            (["dependencies": "[\"left-pad\"]"], "dependencies[0]"),
        ] as [([String: String], String)])
    func missing(changes: [String: String], path: String) throws {
        try directory.write("skill.toml", SkillManifestTests.manifest(changes))
        let package = try SkillPackage(directory: files)
        let error = #expect(throws: FieldError.self) { try package.manifest() }
        #expect(error?.path == path)
        #expect(error?.line != nil)
    }

    @Test("An entry point that is missing suggests the nearest file")
    func suggestion() throws {
        try directory.write("skill.toml", SkillManifestTests.manifest(["entryPoint": "\"bin/xx\""]))
        let error = #expect(throws: FieldError.self) { try SkillPackage(directory: files).manifest() }
        #expect(
            error?.description
                == "skill.toml:4: entryPoint: the package has no file \"bin/xx\"; did you mean \"bin/x\"?")
    }

    @Test("A program of the sandbox needs no file; a link to a program will do")
    func programs() throws {
        for entryPoint in ["\"start\"", "[\"python3\", \"main.py\"]"] {
            try directory.write("skill.toml", SkillManifestTests.manifest(["entryPoint": entryPoint]))
            #expect(throws: Never.self) { try SkillPackage(directory: files).manifest() }
        }
    }

    @Test(
        "Vendored libraries are found where each runtime looks for them",
        arguments: [
            ("exec", "\"bin/x\"", "zlib", "vendor/zlib/z.c"),
            ("python", "\"main.py:f\"", "requests", "vendor/requests/a.py"),
            ("python", "\"main.py:f\"", "six", "six.py"),
            ("python", "\"main.py:f\"", "typing-extensions", "vendor/typing_extensions.py"),
            ("python", "\"main.py:f\"", "beautifulsoup4", "vendor/beautifulsoup4-4.12.3.dist-info/METADATA"),
            ("node", "\"main.js:f\"", "@scope/name", "node_modules/@scope/name/package.json"),
        ])
    func dependencies(runtime: String, entryPoint: String, name: String, file: String) throws {
        let changes = ["runtime": "\"\(runtime)\"", "entryPoint": entryPoint, "dependencies": "[\"\(name)\"]"]
        try directory.write("skill.toml", SkillManifestTests.manifest(changes))
        try directory.write("main.py", "")
        try directory.write("main.js", "")
        let error = #expect(throws: FieldError.self) { try SkillPackage(directory: files).manifest() }
        #expect(error?.path == "dependencies[0]")
        try directory.write(file, "x")
        #expect(throws: Never.self) { try SkillPackage(directory: files).manifest() }
    }
}
