"""What balancers and monitors ask."""


def tell(story):
    anyone = story.anyone
    anyone("health")
    anyone("readiness")
    assert b"http_requests_total" in anyone("metrics").body
    assert anyone("jwks")["keys"][0]["crv"] == "Ed25519"
    assert anyone("openapi")["openapi"].startswith("3.1")
