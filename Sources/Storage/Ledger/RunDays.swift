/// The calls and buyers of sellers by day: those that are kept, with the runs that are not in them yet, less those that the
/// sums of usage have. Every kept row counts at least one call, or is an ``Oddity``.
///
/// Buyers are counted once a day, so those of the runs that are not in the kept ones yet are remembered, and of the sums
/// those of one buyer's day.
struct RunDays {
    struct Place: Hashable {
        let seller: RowKey
        let skill: RowKey
        let buyer: RowKey
        let day: Int64
    }

    private let hash = KeyedHash(factors: 2)
    private var calls = Fingerprint()
    private var buyers = Fingerprint()
    private var laterBuyers: Set<Place> = []
    private var lastKept: Place?
    private var seen: Set<Place> = []

    /// To be asked once all were added.
    var areMet: Bool {
        var buyers = buyers
        for place in laterBuyers { buyers.add(hash(of: place)) }
        return calls.isZero && buyers.isZero
    }

    /// A run that is not in the kept ones yet. The verdict's pointer is good until the next row.
    mutating func add(
        later place: Place, _ verdict: UnsafeRawBufferPointer, _ currency: RowWord, cost: Int64
    ) throws {
        calls.add(hash(of: place, verdict, currency), times: number(calls: 1, cost))
        laterBuyers.insert(place)
        guard laterBuyers.count <= KnownRows.countMax else { throw Oddity() }
    }

    /// A row of `skill_days`; the place's buyer does not matter.
    mutating func add(
        kept place: Place, _ verdict: UnsafeRawBufferPointer, _ currency: RowWord, calls count: Int64, cost: Int64
    ) throws {
        guard count > 0 else { throw Oddity() }
        calls.add(hash(of: place, verdict, currency), times: number(calls: count, cost))
    }

    /// A row of `buyer_days`, which come in the order of their primary key.
    mutating func add(keptBuyer place: Place) throws {
        guard place != lastKept else { throw Oddity() }
        lastKept = place
        laterBuyers.remove(place)
        buyers.add(hash(of: place))
    }

    /// A sum of usage of a day; they come by buyer and day.
    mutating func add(
        counted place: Place, _ verdict: UnsafeRawBufferPointer, _ currency: RowWord, calls count: Int64, cost: Int64
    ) {
        calls.remove(hash(of: place, verdict, currency), times: number(calls: count, cost))
        if let other = seen.first, other.buyer != place.buyer || other.day != place.day { seen = [] }
        if seen.insert(place).inserted { buyers.remove(hash(of: place)) }
    }

    private func number(calls: Int64, _ cost: Int64) -> UInt128 { hash.number { $0 == 0 ? calls : cost } }

    private func hash(of place: Place) -> UInt128 { hash { $0.combine(place) } }

    private func hash(
        of place: Place, _ verdict: UnsafeRawBufferPointer, _ currency: RowWord
    ) -> UInt128 {
        hash { hasher in
            hasher.combine(place.seller)
            hasher.combine(place.skill)
            hasher.combine(place.day)
            hasher.combine(currency)
            hasher.combine(verdict.count)
            hasher.combine(bytes: verdict)
        }
    }
}
