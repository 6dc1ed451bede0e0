/// Why a store could not do what it was asked.
public enum StoreError: Error, Hashable, Sendable {
    /// Another row has this value already; names the field as the API does, such as `name`.
    case conflict(field: String)
    /// A row that the call needs does not exist; names its kind, such as `agent`.
    case missing(String)
    /// The write would break a rule that the store guards itself, such as a balance below zero.
    case refused(String)
    /// What was to be changed is not what the caller saw any more; names its kind, such as `skill`.
    case stale(String)
    /// The cursor was not given out by this store.
    case invalidCursor
    /// The store cannot work now: closed, out of room, or failing. Trying again later may help.
    case unavailable(String)
    /// What is stored cannot be read back.
    case corrupt(String)
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .conflict(let field): "this \(field) is already in use"
        case .missing(let kind): "there is no such \(kind)"
        case .refused(let reason): "the store refused the write: \(reason)"
        case .stale(let kind): "the \(kind) was changed meanwhile"
        case .invalidCursor: "the cursor is not one that a list gave out"
        case .unavailable(let reason): "the store is not available: \(reason)"
        case .corrupt(let reason): "the store holds something it cannot read: \(reason)"
        }
    }
}
