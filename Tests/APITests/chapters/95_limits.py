"""Every limit of docs/api.md holds at its edge: what it says is taken, one more is refused as it says."""

import json
import re
import uuid

from daemon import ROOT
from story import WALLET


def tell(story):
    limits = documented()
    edges = {name[5:]: edge for name, edge in globals().items() if name.startswith("edge_")}
    assert sorted(limits) == sorted(edges), f"only in one of them: {set(limits) ^ set(edges)}"
    for name, (most, code) in limits.items():
        for size, expected in ((most, None), (most + 1, code)):
            answer = edges[name](story, size)
            told = answer.json["code"] if answer.status >= 400 else None
            # What is asked for need not exist: all that counts is whether the size is taken.
            taken = told is None or told != code
            assert taken == (expected is None), f"{name} of {size}: {answer.status} {told}"


def documented():
    """The rows of the table: the last word of the first column in code style, the limit and the code."""
    text = (ROOT / "docs" / "api.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| .*? \| ([\d,]+) \| `(\w+)` \|$", text.partition("\n## Limits\n")[2], re.M)
    return {name: (int(most.replace(",", "")), code) for name, most, code in rows}


def send(story, method, path, body=None, actor=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if actor:
        headers["Authorization"] = f"Bearer {actor.key}"
    return story.daemon.send(method, path, None, headers, json.dumps(body).encode() if body is not None else None)


def edge_agentName(story, size):
    return register(story, name=(uuid.uuid4().hex * 3)[:size])


def edge_agentDescription(story, size):
    return register(story, description="x" * size)


def edge_avatar(story, size):
    return register(story, avatar="x" * size)


def register(story, **fields):
    return send(story, "POST", "/api/v1/agents/register", {"name": uuid.uuid4().hex, "ownerWallet": WALLET, **fields})


def edge_keyName(story, size):
    return send(
        story, "POST", "/api/v1/keys", {"name": "x" * size, "expiresAt": "2099-01-01T00:00:00Z"}, story.composer)


def edge_queryParameters(story, size):
    return story.daemon.send("GET", "/api/v1/skills", [(f"p{index}", "1") for index in range(size)])


def edge_search(story, size):
    return story.daemon.send("GET", "/api/v1/agents", {"search": "x" * size})


def edge_pageLimit(story, size):
    return story.daemon.send("GET", "/api/v1/skills", {"limit": size})


def edge_cursor(story, size):
    return story.daemon.send("GET", "/api/v1/agents", {"cursor": "x" * size})


def edge_idempotencyKey(story, size):
    return send(
        story, "POST", "/api/v1/marketplace/purchase", {"skillId": "nothing"}, story.buyer, Idempotency_Key="k" * size)


def edge_jsonDepth(story, size):
    # The body itself is the outermost level.
    payload = "[" * (size - 1) + "]" * (size - 1)
    body = '{"endpoint":"/stats","payload":' + payload + "}"
    return story.daemon.send(
        "POST", "/api/v1/skills/word-stats/execute", None, {"Authorization": f"Bearer {story.seller.key}"},
        body.encode())


def edge_requestBytes(story, size):
    head, tail = b'{"endpoint":"/stats","payload":{"text":"', b'"}}'
    body = head + b"x" * (size - len(head) - len(tail)) + tail
    return story.daemon.send(
        "POST", "/api/v1/skills/word-stats/execute", None, {"Authorization": f"Bearer {story.seller.key}"}, body)


def edge_endpoint(story, size):
    return send(
        story, "POST", "/api/v1/skills/word-stats/execute", {"endpoint": "/" + "x" * (size - 1)}, story.seller)


def edge_secret(story, size):
    return send(
        story, "PUT", "/api/v1/skills/smart-emailer/secrets/SMTP_PASSWORD", {"value": "x" * size}, story.seller)


def edge_reference(story, size):
    credit = {"agentId": "composer", "amount": "0.000001", "reference": "x" * size}
    return send(story, "POST", "/api/v1/admin/credits", credit, story.operator)


def edge_refundReason(story, size):
    return send(
        story, "POST", f"/api/v1/executions/{story.kept['run']}/refund", {"reason": "x" * size}, story.seller)


def edge_usageLimit(story, size):
    return send(
        story, "POST", "/api/v1/marketplace/purchase", {"skillId": "nothing", "usageLimit": size}, story.buyer)
