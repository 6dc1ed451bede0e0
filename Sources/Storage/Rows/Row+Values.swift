import Foundation
import GRDB
import MarketCore

// Reading what was stored. A value that does not read back means that the file was changed by another hand.
extension Row {
    func id<Entity>(_ column: String) throws -> Identifier<Entity> {
        Identifier(try decode(UUID.self, forColumn: column))
    }

    func optionalID<Entity>(_ column: String) throws -> Identifier<Entity>? {
        try decode(UUID?.self, forColumn: column).map { Identifier($0) }
    }

    func text(_ column: String) throws -> String { try decode(String.self, forColumn: column) }
    func optionalText(_ column: String) throws -> String? { try decode(String?.self, forColumn: column) }
    func integer(_ column: String) throws -> Int64 { try decode(Int64.self, forColumn: column) }
    func optionalInteger(_ column: String) throws -> Int64? { try decode(Int64?.self, forColumn: column) }
    func real(_ column: String) throws -> Double { try decode(Double.self, forColumn: column) }
    func optionalReal(_ column: String) throws -> Double? { try decode(Double?.self, forColumn: column) }
    func bytes(_ column: String) throws -> [UInt8] { Array(try decode(Data.self, forColumn: column)) }
    func optionalBytes(_ column: String) throws -> [UInt8]? {
        try decode(Data?.self, forColumn: column).map { Array($0) }
    }

    func time(_ column: String) throws -> Timestamp { Timestamp(milliseconds: try integer(column)) }

    func optionalTime(_ column: String) throws -> Timestamp? {
        try optionalInteger(column).map(Timestamp.init(milliseconds:))
    }

    func word<Word: RawRepresentable<String>>(_ column: String) throws -> Word {
        try value(column, Word.init(rawValue: try text(column)))
    }

    func money(_ column: String) throws -> Money {
        Money(base: try integer(column), currency: try word("currency"))
    }

    /// The value that a column's content stands for, or an error that names the column.
    func value<Value>(_ column: String, _ value: Value?) throws -> Value {
        guard let value else { throw StoreError.corrupt("the column \(column) holds a value that has no meaning") }
        return value
    }
}
