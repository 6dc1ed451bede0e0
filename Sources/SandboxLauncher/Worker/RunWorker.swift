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
        let probe = Hello.Probe(
            layer: error.stage.layer ?? .root, errno: error.errno, stage: error.stage, detail: error.subject)
        let hello = Hello(
            generation: generation, kernel: "", landlockABI: 0, cgroupVersion: 0, rootless: geteuid() != 0,
            probes: [probe])
        let packet = Message(kind: .hello, id: 0, fields: hello.fields).packet
        _ = unsafe clw_send(Descriptor.daemon, packet, packet.count, nil, 0, 0)
        _exit(WorkerExit.hopeless)
    }
}
