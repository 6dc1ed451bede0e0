// libFuzzer's entry: the launcher's message parser. Built by `make fuzz` together with the sources of SandboxProtocol.
//
// The first byte chooses the message, the rest are its fields. What parses must come back the same from its own bytes.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    guard count > 0 else { return 0 }
    let all = Array(UnsafeBufferPointer(start: bytes, count: count))
    checkStable(all[0], all[1...])
    return 0
}

/// Traps where a message that parses is not what its own bytes parse to.
func checkStable(_ kind: UInt8, _ fields: ArraySlice<UInt8>) {
    switch kind % 8 {
    case 0:
        guard let message = try? Message(parsing: fields) else { return }
        precondition(message.packet[...] == fields)
    case 1: check(fields, Launch.init(fields:), \.fields)
    case 2: check(fields, Template.init(fields:), \.fields)
    case 3: check(fields, Hello.init(fields:), \.fields)
    case 4: check(fields, Ended.init(fields:), \.fields)
    case 5: check(fields, Park.init(fields:), \.fields)
    case 6: check(fields, Parked.init(fields:), \.fields)
    default: check(fields, Failure.init(fields:), \.fields)
    }
}

private func check<Value: Equatable>(
    _ fields: ArraySlice<UInt8>, _ parse: (ArraySlice<UInt8>) throws(ProtocolError) -> Value,
    _ serialise: (Value) -> [UInt8]
) {
    guard let value = try? parse(fields) else { return }
    let again = serialise(value)
    guard let other = try? parse(again[...]) else { preconditionFailure("its own bytes do not parse") }
    precondition(other == value && serialise(other) == again)
}
