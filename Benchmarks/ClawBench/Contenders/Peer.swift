/// Another sandbox, and how it runs the measured program.
struct Peer {
    /// As packages install it.
    let program: String
    /// Of the report.
    let name: String
    /// Takes tens of milliseconds.
    let slow: Bool
    let arguments: [String]

    /// The namespaces that it has, a root of its own with the host's /usr, and nothing more: /proc, /dev and /tmp, which
    /// our sandbox has as well, would only make it slower.
    static func bubblewrap(_ programs: Programs) -> Peer {
        Peer(
            program: "bwrap", name: "bwrap.true", slow: false,
            arguments: [
                "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--symlink", "usr/lib", "/lib",
                "--symlink", "usr/lib64", "/lib64", "--symlink", "usr/bin", "/bin", "--ro-bind",
                "\(programs.directory)", "/skill", "/skill/answer",
            ])
    }

    static func firejail(_ programs: Programs) -> Peer {
        Peer(
            program: "firejail", name: "firejail.true", slow: true,
            arguments: [
                "--quiet", "--noprofile", "--net=none", "--caps.drop=all", "--nonewprivs", "--seccomp", programs.answer,
            ])
    }

    /// Every namespace that it makes by default, and the program itself; without its log.
    static func nsjail(_ programs: Programs) -> Peer {
        Peer(
            program: "nsjail", name: "nsjail.true", slow: true,
            arguments: [
                "-Mo", "--really_quiet", "--disable_proc", "-R", "/usr", "-R", "\(programs.directory):/skill", "--",
                "/skill/answer",
            ])
    }

    static func crun(_ bundle: RuncBundle) -> Peer {
        Peer(
            program: "crun", name: "crun.true", slow: true,
            arguments: [
                "--root", "\(bundle.state)-crun", "run", "--bundle", bundle.path, "\(bundle.container)-crun",
            ])
    }

    static func runc(_ bundle: RuncBundle) -> Peer {
        Peer(
            program: "runc", name: "runc.true", slow: true,
            arguments: ["--root", bundle.state, "run", "--bundle", bundle.path, bundle.container])
    }
}
