"""The seller gives back what it was paid for."""


def tell(story):
    seller, run, purchase = story.seller, story.kept["run"], story.kept["csv-summary"][0]["id"]
    part = {"amount": "0.0002", "reason": "slow"}
    first = seller("refundExecution", part, execution=run, expect=201, headers={"Idempotency-Key": "back-1"})
    again = seller("refundExecution", part, execution=run, expect=201, headers={"Idempotency-Key": "back-1"})
    assert first.body == again.body
    story.buyer.refused(403, "not_the_seller", "refundExecution", part, execution=run)
    # Null is not "all that is left": whoever means that leaves the field out.
    seller.refused(422, "invalid_field", "refundExecution", {**part, "amount": None}, execution=run)
    seller.refused(422, "refund_too_large", "refundExecution", {**part, "amount": "1"}, execution=run)

    whole = seller("refundPurchase", {"reason": "not as described"}, purchase=purchase, expect=201)
    assert whole["purchase"]["status"] == "refunded" and whole["refund"]["amount"] == "0.25"
    seller.refused(409, "nothing_to_refund", "refundPurchase", {"reason": "again"}, purchase=purchase)
