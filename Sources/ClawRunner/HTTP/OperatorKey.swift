/// The key of who runs the daemon: in a file that only the daemon's user can read.
struct OperatorKey: Sendable {
    private static let prefix = "claw_operator_"
    private static let randomCount = 43
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

    private let text: [UInt8]

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    /// Reads the key at `path`, or writes a new one there with mode 0600.
    /// - Throws: ``CommandFailure`` when the file cannot be used or holds no key.
    init(file path: String) throws(CommandFailure) {
        guard let bytes = try PrivateFile.read(path, bytesMax: 256) else {
            var random = SystemRandomNumberGenerator()
            let characters = (0..<Self.randomCount).map { _ in
                Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &random)]
            }
            let key = Self.prefix + String(characters)
            try PrivateFile.write(Array("\(key)\n".utf8), to: path)
            self.init(key)
            return
        }
        let text = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard text.count == 1, text[0].hasPrefix(Self.prefix),
            text[0].utf8.count == Self.prefix.utf8.count + Self.randomCount
        else {
            throw CommandFailure(
                .usage, "\(path) holds no operator key.", hint: "Remove it, and the next start writes a new one.")
        }
        self.init(String(text[0]))
    }

    /// Takes the same time wherever the first difference is.
    func matches(_ other: String) -> Bool {
        let bytes = Array(other.utf8)
        var difference: UInt8 = bytes.count == text.count ? 0 : 1
        for index in text.indices { difference |= text[index] ^ (index < bytes.count ? bytes[index] : 0) }
        return difference == 0
    }
}
