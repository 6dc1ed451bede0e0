import CLinux
import Glibc

// claw-launcher: started by clawrunner with a SOCK_SEQPACKET socket as descriptor 3. It is of no use by hand.
// Arguments: the name of the cgroup directory below which every sandbox's cgroup is made.

let arguments = CommandLine.arguments
guard arguments.count == 2, isLauncherSocket(Descriptor.daemon) else {
    note("this is a part of clawrunner, which starts it; try `clawrunner help`")
    _exit(2)
}
runKeeper(cgroupName: arguments[1])
