"""The operator corrects: refunds in a seller's name, a purchase ended, the books checked, the audit log read."""


def tell(story):
    operator, kept = story.operator, story.kept
    operator("refundExecutionAsOperator", {"reason": "complaint"}, execution=kept["run"], expect=201)
    operator(
        "refundPurchaseAsOperator", {"reason": "complaint", "amount": "0.01"}, purchase=kept["daily-stats"][0]["id"],
        expect=201)
    ended = operator("revokePurchase", {"reason": "chargeback"}, purchase=kept["composer"][0]["id"])["purchase"]
    assert ended["revokedReason"] == "chargeback"
    story.composer.refused(
        403, "purchase_revoked", "execute", {"endpoint": "/stats", "payload": {"text": "a"}}, skill="word-stats",
        headers=kept["composer"][1])
    story.seller.refused(
        403, "operator_only", "revokePurchase", {"reason": "x"}, purchase=kept["composer"][0]["id"])

    ledger = operator("checkLedger")
    assert ledger["sound"] and ledger["faults"] == []
    assert [each["totalBase"] for each in ledger["sums"]] == ["0"]

    audit = operator("listAudit", query={"subject": kept["composer"][0]["id"]})
    assert [each["action"] for each in audit["items"]] == ["purchase.revoked"]
    story.seller.refused(403, "operator_only", "listAudit")
