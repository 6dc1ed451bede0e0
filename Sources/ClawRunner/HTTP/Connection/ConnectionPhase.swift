/// Where a connection stands between two requests, and which time limit holds. A pure state machine: its owner sets
/// timers and closes.
struct ConnectionPhase {
    enum State: Equatable {
        /// Waiting for the head of a request.
        case idle
        /// The head has come, the body has not ended.
        case receiving
        /// The whole request is here; the answer takes as long as it takes.
        case answering
        /// The answer is written, and the client has not taken all of it.
        case sending
        /// A last answer is out; what still comes is dropped.
        case closing
    }

    private(set) var state = State.idle
    /// Requests whose head has come and whose answer has not ended. More than one when the client pipelines.
    private var requestsOpen = 0
    /// The body of the newest request has not ended.
    private var isReceiving = false
    private var responseStarted = false
    private var closesAfterResponse = false

    /// Nothing of the current answer is written, so that another may be written in its place.
    var mayStillAnswer: Bool { !responseStarted && state != .closing }

    mutating func requestHead() {
        requestsOpen += 1
        isReceiving = true
        // A pipelined request is not read before the one ahead of it is answered; its time starts then.
        if requestsOpen == 1, state == .idle { state = .receiving }
    }

    mutating func requestEnd() {
        isReceiving = false
        if state == .receiving { state = .answering }
    }

    mutating func responseHead(closes: Bool) {
        responseStarted = true
        closesAfterResponse = closesAfterResponse || closes
    }

    mutating func responseEnd() {
        responseStarted = false
        requestsOpen = max(0, requestsOpen - 1)
        if state != .closing { state = .sending }
    }

    /// The client has taken the answer. Returns whether it was the last one.
    mutating func responseTaken() -> Bool {
        guard state == .sending else { return false }
        if closesAfterResponse {
            state = .closing
            return true
        }
        state = requestsOpen == 0 ? .idle : isReceiving && requestsOpen == 1 ? .receiving : .answering
        return false
    }

    mutating func close() {
        state = .closing
    }
}
