/// A sum by which two collections of rows are compared without keeping either.
///
/// Each row counts as a number of 128 bits that a keyed hash makes of it, and the sum as one modulo 2^128. Equal collections
/// have equal sums in any order. Unequal ones have equal sums by chance only: a row that is there d times too often adds d
/// times a number that nobody can foresee, which cancels the rest with probability 2^-128 times the largest power of two in
/// d. That is below 2^-64 for any count or amount of 64 bits.
struct Fingerprint: Equatable {
    private var sum: UInt128 = 0

    mutating func add(_ hash: UInt128) { sum &+= hash }
    mutating func remove(_ hash: UInt128) { sum &-= hash }
    mutating func add(_ hash: UInt128, times count: UInt128) { sum &+= hash &* count }
    mutating func remove(_ hash: UInt128, times count: UInt128) { sum &-= hash &* count }

    var isZero: Bool { sum == 0 }
}

/// Hashes with keys that are made anew for each check, so that nobody can write rows that have the same hash.
struct KeyedHash {
    private let first: Hasher
    private let second: Hasher
    /// Odd or even, and unknown: what makes one number of several of a row.
    private let factors: [UInt128]

    init(factors count: Int) {
        var random = SystemRandomNumberGenerator()
        first = Self.keyed(&random)
        second = Self.keyed(&random)
        factors = (0..<count).map { _ in UInt128(random.next()) << 64 | UInt128(random.next()) }
    }

    /// Not left to the process's own seed alone, which an environment variable may fix.
    private static func keyed(_ random: inout SystemRandomNumberGenerator) -> Hasher {
        var hasher = Hasher()
        hasher.combine(random.next())
        hasher.combine(random.next())
        return hasher
    }

    /// - Parameter feed: is called twice and must give both hashers the same.
    @inline(__always)
    func callAsFunction(_ feed: (inout Hasher) -> Void) -> UInt128 {
        var (high, low) = (first, second)
        feed(&high)
        feed(&low)
        return UInt128(UInt64(bitPattern: Int64(high.finalize()))) << 64
            | UInt128(UInt64(bitPattern: Int64(low.finalize())))
    }

    /// One number for several. Additive: the sum of the numbers of rows is the number of the sums of their columns, and it
    /// is zero by chance only, as for ``Fingerprint``, unless all of the sums are.
    @inline(__always)
    func number(_ values: (Int) throws -> Int64) rethrows -> UInt128 {
        var sum: UInt128 = 0
        for index in factors.indices { sum &+= factors[index] &* UInt128(truncatingIfNeeded: try values(index)) }
        return sum
    }
}
