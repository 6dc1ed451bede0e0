extension AuditAction {
    /// The review left it to the operator.
    public static let skillHeld = AuditAction(rawValue: "skill.held")
    public static let skillRejected = AuditAction(rawValue: "skill.rejected")
    public static let skillEdited = AuditAction(rawValue: "skill.edited")
    public static let skillHidden = AuditAction(rawValue: "skill.hidden")
    public static let skillRestored = AuditAction(rawValue: "skill.restored")
    public static let versionYanked = AuditAction(rawValue: "version.yanked")
    public static let versionUnyanked = AuditAction(rawValue: "version.unyanked")
    public static let versionRevoked = AuditAction(rawValue: "version.revoked")
    public static let versionApproved = AuditAction(rawValue: "version.approved")
    public static let versionRejected = AuditAction(rawValue: "version.rejected")
    public static let reportDecided = AuditAction(rawValue: "report.decided")
}
