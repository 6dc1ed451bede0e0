import Fields
import Glibc
import Logging
import MarketCore
import Synchronization

/// Writes one line per event to standard error: for people, or as one JSON object.
struct LineLogHandler: LogHandler {
    /// The level of every handler that has none of its own, so that it can be changed while the daemon runs.
    static let level = Mutex(Logger.Level.info)

    private let label: String
    private let format: ServeConfiguration.LogFormat
    var metadata: Logger.Metadata = [:]

    private var ownLevel: Logger.Level?

    var logLevel: Logger.Level {
        get { ownLevel ?? Self.level.withLock { $0 } }
        set { ownLevel = newValue }
    }

    init(label: String, format: ServeConfiguration.LogFormat) {
        self.label = label
        self.format = format
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        fields.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error { fields["error"] = .string("\(error)") }
        let line = Self.line(
            time: Timestamp.now.description, level: event.level, label: label, message: event.message.description,
            fields: fields.map { ($0.key, $0.value.description) }.sorted { $0.0 < $1.0 }, format: format)
        Self.write(line)
    }

    static func line(
        time: String, level: Logger.Level, label: String, message: String, fields: [(String, String)],
        format: ServeConfiguration.LogFormat
    ) -> [UInt8] {
        switch format {
        case .text:
            let name = level.rawValue
            var line = "\(time) \(name)" + String(repeating: " ", count: max(0, 8 - name.count))
            line += " \(displayed(message, scalarsMax: 2000))"
            for (key, value) in fields {
                let text = displayed(value, scalarsMax: 2000)
                line += " \(key)=" + (text.contains { $0 == " " || $0 == "\"" } ? "\"\(text)\"" : text)
            }
            return Array((line + "\n").utf8)
        case .json:
            var object: JSONObject = [
                "time": .string(time), "level": .string(level.rawValue), "logger": .string(label),
                "message": .string(message),
            ]
            for (key, value) in fields { object[key] = .string(value) }
            return JSONValue.object(object).serialized() + [UInt8(ascii: "\n")]
        }
    }

    /// One call, so that lines of several threads do not mix.
    private static func write(_ line: [UInt8]) {
        line.withUnsafeBytes { bytes in
            // A log that cannot be written must not stop the daemon.
            _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }
}
