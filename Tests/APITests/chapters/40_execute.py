"""The buyer runs what it bought; the sandbox, the schema and the licence each say no once."""

import json


def tell(story):
    buyer, kept = story.buyer, story.kept
    call = {"endpoint": "/stats", "payload": {"text": "to be or not to be"}, "maxCost": "0.01"}
    token = kept["word-stats"][1]
    first = buyer("execute", call, skill="word-stats", headers={**token, "Idempotency-Key": '"run-1"'})
    assert first["result"]["words"] == 6 and first["usage"]["cost"] == "0.0005"
    again = buyer("execute", call, skill="word-stats", headers={**token, "Idempotency-Key": "run-1"})
    assert again.body == first.body and again.headers["idempotent-replayed"] == "true"
    kept["run"] = first["usage"]["id"]

    short = buyer("executeShort", call, skill="word-stats", headers={"X-License-Token": token["X-Purchase-Token"]})
    assert short["result"] == first["result"]
    table = buyer(
        "execute", {"endpoint": "/summary", "payload": {"text": "a,b\n1,2\n"}}, skill="csv-summary",
        headers=kept["csv-summary"][1])
    assert table["result"]["rows"] == 1 and table["usage"]["cost"] == "0"
    preview = {"to": "ada@example.org", "subject": "Report", "body": "Ready."}
    own = story.seller("execute", {"endpoint": "/preview", "payload": preview}, skill="smart-emailer")
    assert own["result"]["text"].startswith("Dear ada") and own["usage"]["purchaseId"] is None
    page = story.composer(
        "execute", {"endpoint": "/convert", "payload": {"markdown": "# Hi"}}, skill="markdown-html")
    assert page["result"]["html"] == "<h1>Hi</h1>\n"

    shown = buyer("showExecution", execution=kept["run"])["execution"]
    assert shown["verdict"]["kind"] == "ok" and "stderr" not in shown
    assert "stderr" in story.seller("showExecution", execution=kept["run"])["execution"]
    story.composer.refused(404, "execution_not_found", "showExecution", execution=kept["run"])

    def refused(status, code, body, actor=buyer, skill="word-stats", headers=token):
        return actor.refused(status, code, "execute", body, skill=skill, headers=headers)

    refused(422, "payload_invalid", {**call, "payload": {"txt": "x"}})
    refused(404, "endpoint_not_found", {**call, "endpoint": "/x"})
    refused(402, "max_cost_exceeded", {**call, "maxCost": "0.0001"})
    refused(402, "purchase_required", call, headers={})
    refused(403, "token_of_another_agent", call, actor=story.composer)
    refused(403, "token_invalid", call, headers={"X-Purchase-Token": "x.y.z"})
    refused(400, "malformed_json", b"{")
    refused(413, "body_too_large", json.dumps({"endpoint": "/stats", "payload": {"text": "x" * (5 << 20)}}).encode())
    late = refused(504, "cpu_limit", {"endpoint": "/run"}, skill="endless-loop", headers=kept["endless-loop"][1])
    assert late["usage"]["cost"] == "0" and late["receipt"]
