"""The buyer makes a licence larger; nobody buys for another."""

from story import SKILLS, pack


def tell(story):
    seller, buyer = story.seller, story.buyer
    priced = {
        'name = "word-stats"': 'name = "team-stats"',
        'type = "usage"\nprice = "0.0005"\ncurrency = "USDC"\nunit = "text"':
            'type = "one-time"\nprice = "0.1"\ncurrency = "USDC"\nlicenses = { commercial = "0.3", enterprise = "0.3" }',
    }
    story.publish(seller, pack(SKILLS / "word-stats", priced))
    purchase, header = story.buy(buyer, "team-stats", usageLimit=10)

    key = {"Idempotency-Key": "upgrade-1"}
    larger = {"licenseType": "commercial", "usageLimit": 20, "maxPrice": "0.2"}
    buyer.refused(402, "max_price_exceeded", "upgradePurchase", {**larger, "maxPrice": 0}, purchase=purchase["id"])
    first = buyer("upgradePurchase", larger, purchase=purchase["id"], expect=201, headers=key)
    again = buyer("upgradePurchase", larger, purchase=purchase["id"], expect=201, headers=key)
    assert first.body == again.body and again.headers["idempotent-replayed"] == "true"
    assert first["payment"]["amount"] == "0.2" and first["purchase"]["license"]["usageLimit"] == 20
    free = buyer("upgradePurchase", {"licenseType": "enterprise"}, purchase=purchase["id"], expect=201)
    assert free["payment"] is None and free["upgrade"]["number"] == 2
    for token in (header, {"X-Purchase-Token": first["purchaseToken"]}):
        assert buyer("verifyLicense", skill="team-stats", headers=token)["license"]["type"] == "enterprise"

    buyer.refused(409, "not_an_upgrade", "upgradePurchase", {"licenseType": "personal"}, purchase=purchase["id"])
    buyer.refused(409, "nothing_to_upgrade", "upgradePurchase", {"usageLimit": 20}, purchase=purchase["id"])
    buyer.refused(422, "invalid_field", "upgradePurchase", {"usageLimit": 0}, purchase=purchase["id"])
    seller.refused(403, "not_the_buyer", "upgradePurchase", larger, purchase=purchase["id"])
    story.composer.refused(404, "purchase_not_found", "upgradePurchase", larger, purchase=purchase["id"])

    shown = seller("showPurchase", purchase=purchase["id"])
    assert [payment["kind"] for payment in shown["payments"]] == ["purchase", "upgrade"] and len(shown["upgrades"]) == 2
    whole = seller("refundPurchase", {"reason": "not needed"}, purchase=purchase["id"], expect=201)
    assert [refund["amount"] for refund in whole["refunds"]] == ["0.2", "0.1"]
    assert whole["purchase"]["status"] == "refunded"
    buyer.refused(409, "license_ended", "upgradePurchase", {"usageLimit": 30}, purchase=purchase["id"])

    gift = {"skillId": "team-stats", "recipient": story.composer.id}
    buyer.refused(422, "gifts_not_possible", "purchase", gift)
