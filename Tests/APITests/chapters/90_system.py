"""What balancers and monitors ask."""


def tell(story):
    anyone = story.anyone
    anyone("health")
    anyone("readiness")
    assert b"http_requests_total" in anyone("metrics").body
    assert anyone("jwks")["keys"][0]["crv"] == "Ed25519"
    assert anyone("openapi")["openapi"].startswith("3.1")

    # What did not change is not sent again.
    for operation, part in (("showSkill", {"skill": "word-stats"}), ("showAgent", {"agent": "seller"})):
        tag = anyone(operation, **part).headers["etag"]
        assert anyone(operation, expect=304, headers={"If-None-Match": f'"other", {tag}'}, **part).body == b""
        anyone(operation, expect=200, headers={"If-None-Match": '"other"'}, **part)
    options = story.daemon.send("OPTIONS", "/api/v1/skills")
    assert options.status == 204 and options.headers["allow"] == "GET, HEAD, OPTIONS, POST"

    problem = anyone.refused(404, "skill_not_found", "showSkill", skill="nothing")
    page = story.daemon.send("GET", problem["type"])
    assert page["code"] == "skill_not_found" and page["remedy"]
    anyone("showProblem", code="payload_invalid")
    anyone.refused(404, "problem_not_found", "showProblem", code="nothing")
