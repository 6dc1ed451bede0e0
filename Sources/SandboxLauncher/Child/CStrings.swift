import CLinux
import Glibc

/// Strings as execve(2) wants them: made before the clone, so that nothing is allocated between clone and exec.
@safe final class CStrings {
    let count: Int
    /// NULL-terminated.
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

    init(_ strings: [String]) {
        count = strings.count
        unsafe pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { unsafe pointers[index] = strdup(string) }
        unsafe pointers[count] = nil
    }

    subscript(index: Int) -> UnsafePointer<CChar> {
        guard let pointer = unsafe pointers[index] else { preconditionFailure("index beyond the last string") }
        return unsafe UnsafePointer(pointer)
    }

    /// Where the string is, as a system call's argument says it.
    func address(_ index: Int) -> UInt64 { UInt64(UInt(bitPattern: unsafe pointers[index])) }

    deinit {
        for index in 0..<count { unsafe free(pointers[index]) }
        unsafe pointers.deallocate()
    }
}
