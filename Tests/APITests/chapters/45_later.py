"""The buyer does not wait for an answer: it is told where to look, and ends what takes too long."""

import json
import time


def tell(story):
    buyer, kept = story.buyer, story.kept
    token, later = kept["word-stats"][1], {"Prefer": "respond-async"}
    call = {"endpoint": "/stats", "payload": {"text": "to be or not to be"}}
    taken = buyer("execute", call, skill="word-stats", expect=202, headers={**token, **later, "Idempotency-Key": "later-1"})
    assert taken.headers["location"] == f"/api/v1/executions/{taken['execution']['id']}"
    assert taken.headers["preference-applied"] == "respond-async"
    done = wait(buyer, taken["execution"]["id"])
    assert done["result"]["words"] == 6 and done["usage"]["cost"] == "0.0005" and done["verdict"]["kind"] == "ok"
    again = buyer("execute", call, skill="word-stats", headers={**token, **later, "Idempotency-Key": "later-1"})
    assert again.status == 200 and again["usage"] == done["usage"]
    assert "result" not in story.seller("showExecution", execution=done["id"])["execution"]

    keyless = buyer("execute", call, skill="word-stats", expect=202, headers={**token, **later})
    assert wait(buyer, keyless["execution"]["id"])["result"]["words"] == 6

    # What comes of it may be followed as well, from the start or later.
    events = {"Accept": "text/event-stream"}
    followed = buyer("execute", call, skill="word-stats", expect=200, headers={**token, **events})
    states = told(followed)
    assert [state["state"] for state in states][-1] == "done" and len(states) <= 3, states
    assert states[-1]["result"]["words"] == 6
    assert followed.headers["location"] == f"/api/v1/executions/{states[-1]['id']}"
    assert told(buyer("showExecution", execution=states[-1]["id"], headers=events)) == states[-1:]
    buyer.refused(404, "execution_not_found", "showExecution", execution=token["X-Purchase-Token"][:8], headers=events)

    # What refuses a call before its hold is told at once.
    buyer.refused(422, "payload_invalid", "execute", {**call, "payload": {}}, skill="word-stats", headers={**token, **later})

    loop = buyer(
        "execute", {"endpoint": "/run"}, skill="endless-loop", expect=202,
        headers={**kept["endless-loop"][1], **later})["execution"]["id"]
    story.seller.refused(404, "execution_not_found", "cancelExecution", execution=loop)
    ended = buyer("cancelExecution", execution=loop)["execution"]
    assert ended["state"] == "done" and ended.get("verdict", ended.get("problem"))
    assert "usage" not in ended or (ended["verdict"]["kind"] == "cancelled" and ended["usage"]["cost"] == "0")
    buyer.refused(409, "execution_ended", "cancelExecution", execution=loop)
    buyer.refused(409, "execution_ended", "cancelExecution", execution=kept["run"])


def told(answer):
    """What each event of a stream says."""
    assert answer.type == "text/event-stream", answer.type
    events = [event.split("\n") for event in answer.body.decode().split("\n\n") if event and event != ":"]
    assert all(name == "event: execution" and data.startswith("data: ") for name, data in events), events
    return [json.loads(data[len("data: "):])["execution"] for _, data in events]


def wait(actor, execution):
    """The execution once it is done."""
    while True:
        shown = actor("showExecution", execution=execution)["execution"]
        if shown["state"] == "done":
            return shown
        time.sleep(0.02)
