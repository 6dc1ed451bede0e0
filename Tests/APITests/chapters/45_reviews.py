"""Those who ran a skill say what it is worth; the seller answers, the operator settles reports; skills are found by that."""

from story import Actor

OTHERS = ("Vote111111111111111111111111111111111111111", "Stake11111111111111111111111111111111111111")


def tell(story):
    seller, anyone, operator = story.seller, story.anyone, story.operator
    critics = [Actor(story, name) for name in ("critic", "second-critic")]
    for critic, wallet in zip(critics, OTHERS):
        answer = critic("registerAgent", {"name": critic.name, "ownerWallet": wallet}, expect=201)
        critic.key, critic.id = answer["apiKey"], answer["agent"]["id"]
        operator("credit", {"agentId": critic.id, "amount": 1, "reference": critic.name}, expect=201)
    first, second = critics
    skill = "word-stats"

    first.refused(403, "review_not_allowed", "writeReview", {"stars": 5}, skill=skill)
    for critic in critics:
        _, token = story.buy(critic, skill)
        critic("execute", {"endpoint": "/stats", "payload": {"text": "a b"}}, skill=skill, headers=token)
    # The buyer has the seller's wallet.
    story.buyer.refused(403, "review_not_allowed", "writeReview", {"stars": 5}, skill=skill)
    review = first("writeReview", {"stars": 2, "text": "Counts, slowly."}, skill=skill, expect=201)["review"]
    assert review["version"] == anyone("showSkill", skill=skill)["skill"]["version"]
    first.refused(409, "review_exists", "writeReview", {"stars": 5}, skill=skill)
    second.refused(422, "invalid_field", "writeReview", {"stars": 6}, skill=skill)
    second.refused(422, "invalid_field", "writeReview", {"stars": 5, "text": "\u202eabc"}, skill=skill)
    advert = second("writeReview", {"stars": 1, "text": "Buy mine."}, skill=skill, expect=201)["review"]

    place = {"skill": skill, "review": review["id"]}
    assert first("editReview", {"stars": 4}, **place)["review"]["editedAt"]
    second.refused(403, "not_the_reviewer", "editReview", {"stars": 1}, **place)
    assert seller("replyToReview", {"text": "Faster since."}, **place)["review"]["reply"]["text"] == "Faster since."
    first.refused(403, "not_the_owner", "replyToReview", {"text": "No."}, **place)
    assert second("markHelpful", **place)["review"]["helpfulCount"] == 1
    assert second("unmarkHelpful", **place)["review"]["helpfulCount"] == 0
    listed = anyone("listReviews", skill=skill, query={"sort": "helpful", "limit": 1})
    assert listed["pagination"]["total"] == 2
    anyone.refused(400, "invalid_parameter", "listReviews", skill=skill, query={"sort": "best"})

    report = {"reason": "It advertises."}
    for each in (advert, review):
        seller("reportReview", report, skill=skill, review=each["id"])
    assert operator("listReportedReviews")["pagination"]["total"] == 2
    first.refused(403, "operator_only", "listReportedReviews")
    assert operator("removeReview", report, review=advert["id"])["review"]["removed"]["reason"] == report["reason"]
    operator("keepReview", review=review["id"])
    operator.refused(404, "review_not_found", "keepReview", review="none")
    assert operator("listReportedReviews")["items"] == []

    shown = anyone("showSkill", skill=skill)
    assert shown["skill"]["rating"] == 4 and [each["id"] for each in shown["reviews"]] == [review["id"]]
    terms = anyone("showReputation", agent="seller")
    assert terms["reviews"] == 1 and terms["parties"] == 2 and 0 < terms["reputation"] <= 33.4
    assert anyone("showAgent", agent="seller")["agent"]["reputation"] == terms["reputation"]
    assert operator("recountReputations")["differing"] == []

    found = anyone("listSkills", query={"search": "word stat", "network": "none", "maxPrice": "1"})
    assert skill in [each["name"] for each in found["skills"]], found.body
    anyone.refused(400, "invalid_parameter", "listSkills", query={"minPrice": "cheap"})
    related = anyone("relatedSkills", skill=skill)["items"]
    assert related and all(each["why"] and each["because"] == skill for each in related)
    wanted = [each["skill"]["name"] for each in first("recommendSkills", query={"limit": 3})["items"]]
    assert wanted and skill not in wanted
    anyone.refused(400, "invalid_parameter", "relatedSkills", skill=skill, query={"limit": 51})

    (total,) = seller("showAnalytics", query={"skillId": skill})["items"]
    assert total["ok"] >= 2 and total["buyers"] >= 2 and total["latency"]["p99"] >= total["latency"]["p50"]
    assert any(each["calls"] for each in seller("showAnalytics", query={"by": "skill"})["items"])
    first.refused(403, "not_the_owner", "showAnalytics", query={"skillId": skill})
    seller.refused(400, "invalid_parameter", "showAnalytics", query={"from": "2001-01-01T00:00:00Z"})
    market = operator("showMarketAnalytics", query={"by": "month"})
    assert market["totals"]["agents"] >= 5 and market["items"][0]["runs"] >= 2
