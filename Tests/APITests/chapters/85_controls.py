"""Keys that are good for less, an agent that changes itself and leaves, and what the operator stops, bars and puts in front."""


def tell(story):
    keys(story)
    agents(story)
    pauses(story)
    bans(story)


def keys(story):
    composer = story.composer
    narrow = composer("addKey", {"scopes": ["read"], "addresses": ["unix", "127.0.0.0/8"]}, expect=201)
    with_narrow = {"Authorization": f"Bearer {narrow['apiKey']}"}
    assert narrow["key"]["scopes"] == ["read"]
    composer("listKeys", headers=with_narrow)
    refused = composer.refused(403, "scope_missing", "purchase", {"skillId": "word-stats"}, headers=with_narrow)
    assert refused["scope"] == "billing"
    composer.refused(403, "scope_missing", "addKey", {"scopes": ["read", "publish"]}, headers=with_narrow)
    elsewhere = composer("addKey", {"addresses": ["203.0.113.0/24"]}, expect=201)
    composer.refused(
        403, "address_not_allowed", "listKeys", headers={"Authorization": f"Bearer {elsewhere['apiKey']}"})
    composer.refused(422, "invalid_field", "addKey", {"addresses": ["203.0.113.7/24"]})


def agents(story):
    seller, wallet = story.seller, story.anyone("showAgent", agent="seller")["agent"]["owner"]
    changed = seller("updateAgent", {"description": "Sells small, sharp tools", "avatar": None}, agent="seller")["agent"]
    assert changed["description"] == "Sells small, sharp tools"
    story.buyer.refused(403, "not_the_agent", "updateAgent", {"description": "x"}, agent="seller")
    # A change that was made of what is there no longer is not made.
    page = {"If-Match": story.anyone("showAgent", agent="seller").headers["etag"]}
    seller("updateAgent", {"description": "Sells sharp tools"}, agent="seller", headers=page)
    seller.refused(412, "agent_changed", "updateAgent", {"avatar": "ipfs://x"}, agent="seller", headers=page)
    seller("updateAgent", {"description": "Sells small, sharp tools"}, agent="seller", headers={"If-Match": "*"})
    registration = {"name": "Se1ler", "ownerWallet": wallet}
    story.anyone.refused(409, "name_taken", "registerAgent", registration)
    story.anyone.refused(422, "invalid_field", "registerAgent", {**registration, "name": "clawos support"})

    made = story.anyone("registerAgent", {**registration, "name": "passer-by"}, expect=201)
    passer = {"Authorization": f"Bearer {made['apiKey']}"}
    story.operator("credit", {"agentId": "passer-by", "amount": "1", "reference": "passer-by"}, expect=201)
    story.anyone.refused(409, "balance_left", "deactivateAgent", agent="passer-by", headers=passer)
    left = story.anyone("deactivateAgent", agent="passer-by", headers=passer, query={"leaveBalance": "true"})["agent"]
    assert left["status"] == "deactivated"
    story.anyone.refused(403, "agent_deactivated", "listKeys", headers=passer)
    story.operator("reactivateAgent", agent="passer-by")
    assert story.anyone("listBalances", headers=passer)["items"][0]["amount"] == "1"

    payout = {"agentId": "passer-by", "amount": "1", "reference": "passer-by"}
    story.operator.refused(409, "payout_too_large", "payOut", {**payout, "amount": "2"})
    paid = story.operator("payOut", payout, expect=201)
    assert paid["payout"]["amount"] == "1" and paid["balance"]["amount"] == "0"
    assert story.operator("payOut", payout, expect=200).headers["idempotent-replayed"] == "true"
    story.operator.refused(409, "reference_reused", "payOut", {**payout, "amount": "2"})
    story.operator.refused(404, "agent_not_found", "payOut", {**payout, "agentId": "nobody"})
    seller.refused(403, "operator_only", "payOut", payout)
    assert story.anyone("deactivateAgent", agent="passer-by", headers=passer)["agent"]["status"] == "deactivated"
    assert story.operator("listAudit", query={"action": "payout"})["items"][0]["detail"]["reference"] == "passer-by"


def pauses(story):
    operator, call = story.operator, {"endpoint": "/stats", "payload": {"text": "a"}}
    paused = operator("pause", {"what": "executions", "reason": "a new disk", "retryAfter": 60})["pause"]
    assert paused["retryAfter"] == 60 and operator("listPauses")["items"] == [paused]
    assert operator("showStatus")["pauses"] == [paused]
    story.seller.refused(503, "paused", "execute", call, skill="word-stats")
    operator("resume", query={"what": "executions"})
    operator.refused(404, "pause_not_found", "resume", query={"what": "executions"})
    story.seller("execute", call, skill="word-stats")
    story.seller.refused(403, "operator_only", "pause", {"what": "executions", "reason": "x"})

    featured = operator("setFeatured", {"skills": ["word-stats"]})["skills"]
    assert story.anyone("listFeatured")["skills"] == featured and featured[0]["name"] == "word-stats"


def bans(story):
    operator = story.operator
    assert operator("banAgent", {"reason": "chargebacks"}, agent="composer")["agent"]["status"] == "banned"
    story.composer.refused(403, "agent_banned", "listKeys")
    operator("unbanAgent", agent="composer")
    story.composer("listKeys")
    acts = [each["action"] for each in operator("listAudit", query={"actor": "operator", "limit": 4})["items"]]
    assert acts == ["agent.unbanned", "agent.banned", "featured.changed", "pause.ended"]
