"""The buyer pays in, buys licences of each kind, and the composer one of its own."""


def tell(story):
    operator, buyer, seller = story.operator, story.buyer, story.seller
    credit = {"agentId": "buyer", "amount": "5", "reference": "invoice-1"}
    operator("credit", credit, expect=201)
    assert operator("credit", credit, expect=200).headers["idempotent-replayed"] == "true"
    operator.refused(409, "reference_reused", "credit", {**credit, "amount": "6"})
    operator("credit", {"agentId": story.composer.id, "amount": 1, "reference": "invoice-2"}, expect=201)
    buyer.refused(403, "operator_only", "credit", credit)
    story.anyone.refused(401, "operator_key_required", "credit", credit)

    order = {"skillId": "word-stats", "licenseType": "personal", "usageLimit": 100}
    first = buyer("purchase", order, expect=201, headers={"Idempotency-Key": "buy-1"})
    again = buyer("purchase", order, expect=201, headers={"Idempotency-Key": "buy-1"})
    assert first.body == again.body and again.headers["idempotent-replayed"] == "true"
    buyer.refused(
        422, "idempotency_key_reused", "purchase", {**order, "usageLimit": 5}, headers={"Idempotency-Key": "buy-1"})
    story.kept["word-stats"] = first["purchase"], {"X-Purchase-Token": first["purchaseToken"]}

    story.kept["csv-summary"] = story.buy(buyer, "csv-summary", maxPrice="0.25")
    story.kept["daily-stats"] = story.buy(buyer, "daily-stats")
    story.kept["endless-loop"] = story.buy(buyer, "endless-loop")
    story.kept["composer"] = story.buy(story.composer, "word-stats")
    buyer.refused(402, "max_price_exceeded", "purchase", {"skillId": "csv-summary", "maxPrice": "0.1"})
    seller.refused(409, "own_skill", "purchase", {"skillId": "word-stats"})
    buyer.refused(404, "skill_not_found", "purchase", {"skillId": "nothing"})

    assert buyer("listPurchases", query={"status": "completed"})["pagination"]["total"] >= 4
    assert seller("listPurchases", query={"role": "seller", "skillId": "csv-summary"})["pagination"]["total"] == 1
    purchase = story.kept["csv-summary"][0]
    assert len(seller("showPurchase", purchase=purchase["id"])["payments"]) == 1
    story.composer.refused(404, "purchase_not_found", "showPurchase", purchase=purchase["id"])

    valid = buyer("verifyLicense", skill="word-stats", headers=story.kept["word-stats"][1])
    assert valid["valid"] and valid["purchaseId"] == first["purchase"]["id"]
    invalid = story.composer("verifyLicense", skill="csv-summary")
    assert not invalid["valid"] and invalid["code"] == "purchase_required"

    subscription = story.kept["daily-stats"][0]["id"]
    assert not buyer("cancelSubscription", purchase=subscription)["purchase"]["subscription"]["renews"]
    assert buyer("resumeSubscription", purchase=subscription)["purchase"]["subscription"]["renews"]
    buyer.refused(409, "no_subscription", "cancelSubscription", purchase=purchase["id"])
    seller.refused(403, "not_the_buyer", "cancelSubscription", purchase=subscription)
    token = buyer("reissueToken", purchase=subscription)["purchaseToken"]
    assert buyer("verifyLicense", skill="daily-stats", headers={"X-License-Token": token})["valid"]
