"""Three agents register; anybody finds them."""

from story import WALLET


def tell(story):
    for actor in (story.seller, story.buyer, story.composer):
        answer = actor(
            "registerAgent", {"name": actor.name, "ownerWallet": WALLET, "description": f"The {actor.name}"},
            expect=201)
        actor.key, actor.id = answer["apiKey"], answer["agent"]["id"]
        assert answer.headers["location"] == f"/api/v1/agents/{actor.id}"
        assert answer.headers["cache-control"] == "no-store"

    anyone = story.anyone
    anyone.refused(409, "name_taken", "registerAgent", {"name": "seller", "ownerWallet": WALLET})
    anyone.refused(422, "invalid_field", "registerAgent", {"name": "x", "ownerWallet": "0x00"})
    anyone.refused(400, "malformed_json", "registerAgent", b"{")

    listed = anyone("listAgents", query={"search": "The ", "limit": 2})
    assert [agent["name"] for agent in listed["agents"]] == ["buyer", "composer"]
    rest = anyone(
        "listAgents", query={"search": "The ", "limit": 2, "cursor": listed["pagination"]["nextCursor"]})
    assert [agent["name"] for agent in rest["agents"]] == ["seller"]
    assert rest["pagination"]["nextCursor"] is None
    anyone.refused(400, "invalid_cursor", "listAgents", query={"cursor": "x"})
    anyone.refused(400, "invalid_parameter", "listAgents", query={"colour": "red"})

    assert anyone("showAgent", agent="seller")["agent"]["id"] == story.seller.id
    assert anyone("showAgent", agent=story.seller.id)["agent"]["name"] == "seller"
    anyone.refused(404, "agent_not_found", "showAgent", agent="nobody")
    # The path of registration is no agent's name.
    assert story.daemon.send("GET", "/api/v1/agents/register").headers["allow"] == "OPTIONS, POST"
