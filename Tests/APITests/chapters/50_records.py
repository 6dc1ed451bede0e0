"""What the buyer did and what it cost, as a list, as sums, as a file and as a balance."""

from decimal import Decimal


def tell(story):
    buyer, seller = story.buyer, story.seller
    runs = buyer("listUsage", query={"verdict": "ok", "limit": 1, "from": "2020-01-01T00:00:00Z"})
    assert runs["pagination"]["total"] >= 3 and runs["pagination"]["nextCursor"]
    verdicts = [each["verdict"] for each in buyer("listUsage", query={"skillId": "endless-loop"})["items"]]
    assert "cpu_limit" in verdicts
    buyer.refused(400, "invalid_parameter", "listUsage", query={"from": "yesterday"})

    sums = buyer("summarizeUsage", query={"by": "month", "skillId": "word-stats"})["items"]
    assert [each["verdict"] for each in sums] == ["ok"] and Decimal(sums[0]["cost"]) == Decimal("0.0005") * sums[0]["calls"]
    assert {each["verdict"] for each in seller("summarizeUsage", query={"role": "seller"})["items"]} >= {
        "ok", "cpu_limit"}

    table = buyer("exportUsage", query={"limit": 2})
    assert len(table.body.splitlines()) == 3
    rest = buyer("exportUsage", query={"format": "jsonl", "cursor": table.headers["x-next-cursor"]})
    assert len(rest.body.splitlines()) == buyer("listUsage")["pagination"]["total"] - 2
    assert rest.type == "application/jsonl"

    (balance,) = buyer("listBalances")["items"]
    assert balance["held"] == "0" and balance["available"] == balance["amount"]
