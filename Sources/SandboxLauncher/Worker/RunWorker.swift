import CLinux
import Glibc
import SandboxProtocol

/// The worker's life: prepare, say hello, serve. A host on which nothing can be prepared is said so, too.
func runWorker(generation: UInt32, cgroupName: String, layersOptional: Bool) -> Never {
    do {
        let host = try WorkerHost(cgroupName: cgroupName)
        var probe = Probe(host: host)
        let probes = probe.run()
        let floor = layersOptional ? LayerSet([.mountNamespace]) : probe.working
        let worker = try Worker(host: host, floor: floor)
        let hello = Hello(
            generation: generation, kernel: host.kernel, landlockABI: max(0, host.landlockABI),
            cgroupVersion: host.cgroups?.version ?? 0, rootless: host.rootless, probes: probes)
        // With what ends us: the daemon kills a worker that is silent, and the keeper makes another.
        let own = try check(clw_pidfd_open(getpid()), .launcher, "pidfd")
        worker.send(.hello, 0, hello.fields, descriptors: [own])
        close(own)
        worker.serve()
        worker.end()
        _exit(WorkerExit.done)
    } catch {
        sayHopeless(error, generation: generation)
        _exit(WorkerExit.hopeless)
    }
}

/// Tells the daemon, in place of an ordinary greeting, why no sandbox can be built here.
func sayHopeless(_ error: LaunchError, generation: UInt32) {
    let probe = Hello.Probe(
        layer: error.stage.layer ?? .root, errno: error.errno, stage: error.stage, detail: error.subject)
    let hello = Hello(
        generation: generation, kernel: kernelRelease(), landlockABI: max(0, clw_landlock_abi()), cgroupVersion: 0,
        rootless: geteuid() != 0, usable: false, probes: [probe])
    let packet = Message(kind: .hello, id: 0, fields: hello.fields).packet
    _ = unsafe clw_send(Descriptor.daemon, packet, packet.count, nil, 0, 0)
}

/// Such as `6.1.0-13-amd64`.
func kernelRelease() -> String {
    var name = utsname()
    _ = unsafe uname(&name)
    return unsafe withUnsafePointer(to: name.release) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 65) { unsafe String(cString: $0) }
    }
}
