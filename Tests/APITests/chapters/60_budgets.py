"""The buyer says how much it spends at most, and when it wants to be topped up."""

from decimal import Decimal


def tell(story):
    buyer, (purchase, token) = story.buyer, story.kept["word-stats"]
    call = {"endpoint": "/stats", "payload": {"text": "a"}}
    (day,) = buyer("setBudget", {"period": "day", "limit": "2"})["items"]
    assert Decimal(day["spent"]) > 0 and Decimal(day["spent"]) + Decimal(day["left"]) == 2
    buyer("setBudget", {"period": "month", "limit": "0.0001", "purchaseId": purchase["id"]})
    assert len(buyer("listBudgets")["items"]) == 2
    buyer.refused(402, "budget_exceeded", "execute", call, skill="word-stats", headers=token)
    buyer("dropBudget", query={"period": "month", "purchaseId": purchase["id"]})
    buyer("execute", call, skill="word-stats", headers=token)
    assert buyer("listBudgets")["items"][0]["period"] == "day"
    buyer.refused(400, "invalid_parameter", "dropBudget")
    buyer.refused(422, "invalid_field", "setBudget", {"period": "year", "limit": "2"})

    (order,) = buyer("setTopUp", {"threshold": "0.01", "amount": "5"})["items"]
    assert order["amount"] == "5" and buyer("listTopUps")["items"] == [order]
    assert buyer("dropTopUp")["items"] == []
