import CLinux
import Glibc

// claw-launcher: started by clawrunner with a SOCK_SEQPACKET socket as descriptor 3. It is of no use by hand.
// Arguments: the name of the cgroup directory below which every sandbox's cgroup is made; then, only for tests that show
// what a layer is for, `--layers-optional`. Without it no template may leave out a layer that works on this host,
// whatever the daemon says.

let arguments = CommandLine.arguments
let layersOptional = arguments.count == 3 && arguments[2] == "--layers-optional"
guard arguments.count == (layersOptional ? 3 : 2), isLauncherSocket(Descriptor.daemon) else {
    note("this is a part of clawrunner, which starts it; try `clawrunner help`")
    _exit(2)
}
runKeeper(cgroupName: arguments[1], layersOptional: layersOptional)
