public import LicenseCheck

extension NodeError {
    /// 401, or 503 where the same request signed again will do.
    public init(_ error: SignatureError) {
        let code =
            switch error {
            case .missing: "signature_required"
            case .unexpected: "signature_unexpected"
            case .malformed: "signature_malformed"
            case .uncovered, .absent: "signature_incomplete"
            case .otherKey, .wrong: "signature_wrong"
            case .outsideWindow: "signature_expired"
            case .beforeMemory: "signature_forgotten"
            case .replayed: "signature_replayed"
            case .wrongDigest: "digest_mismatch"
            }
        // Not this request, but the same one with a new signature.
        let isTemporary = error == .beforeMemory
        self.init(
            status: isTemporary ? 503 : 401, code: code,
            detail: "The request's signature is refused: \(error.description).",
            retryAfterSeconds: isTemporary ? SignatureGate.skewSeconds + 1 : nil)
    }
}
