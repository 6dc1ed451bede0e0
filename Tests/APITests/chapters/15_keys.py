"""An agent changes its API key without an interruption, and signs what it sends."""

import time

from signing import Signer


def tell(story):
    buyer = story.buyer
    made = buyer("addKey", {"name": "laptop", "expiresAt": "2100-01-01T00:00:00Z"}, expect=201)
    former = buyer("listKeys")["items"]
    assert [key["name"] for key in former] == ["laptop", None]
    buyer.key = made["apiKey"]
    revoked = buyer("revokeKey", key=former[1]["id"], query={"after": 60})["key"]
    assert revoked["revokedAt"] is not None
    buyer.refused(409, "last_key", "revokeKey", key=former[0]["id"])
    buyer.refused(404, "key_not_found", "revokeKey", key="none")

    signed(story)

    buyer.refused(401, "api_key_unknown", "listKeys", headers={"Authorization": f"Bearer {stranger()}"})
    buyer.refused(401, "api_key_malformed", "listKeys", headers={"Authorization": "Bearer claw_live_short"})
    buyer.refused(401, "invalid_authorization", "listKeys", headers={"Authorization": "Basic eDp5"})
    story.anyone.refused(401, "api_key_required", "listKeys")


def signed(story):
    """A key that is worth nothing without its private key, of a client that knows only the RFCs."""
    signer = Signer()
    made = story.seller("addKey", {"name": "signed", "publicKey": signer.public}, expect=201)
    signer.key_id = made["key"]["id"]
    bearer = {"Authorization": f"Bearer {made['apiKey']}"}
    path = "/api/v1/keys"

    def headers(method="GET", **options):
        return {**bearer, **signer.headers(method, path, **options)}

    story.anyone.refused(401, "signature_required", "listKeys", headers=bearer)
    # For the first seconds the daemon cannot know which signatures it saw before it started.
    end = time.monotonic() + 20
    while story.daemon.send("GET", path, None, headers(), None).status == 503 and time.monotonic() < end:
        time.sleep(0.5)
    once = headers()
    assert len(story.anyone("listKeys", headers=once)["items"]) >= 2
    story.anyone.refused(401, "signature_replayed", "listKeys", headers=once)
    story.anyone.refused(401, "signature_expired", "listKeys", headers=headers(created=int(time.time()) - 400))
    story.anyone.refused(401, "signature_malformed", "listKeys", headers={**headers(), "Signature": "sig1=x"})
    story.anyone.refused(401, "signature_wrong", "listKeys", headers={**headers(), **signer.headers("POST", path)})
    story.anyone.refused(401, "signature_incomplete", "listKeys", headers={**headers(), "Prefer": "wait=1"})
    story.seller.refused(401, "signature_unexpected", "listKeys", headers=signer.headers("GET", path))
    body = b'{"name": "further", "scopes": ["read"]}'
    typed = {**headers("POST", body=body), "Content-Type": "application/json"}
    story.anyone.refused(401, "digest_mismatch", "addKey", body.replace(b"read", b"execute"), headers=typed)
    typed = {**headers("POST", body=body), "Content-Type": "application/json"}
    further = story.anyone("addKey", body, expect=201, headers=typed)["key"]
    assert further["publicKey"] == signer.public and further["scopes"] == ["read"]
    for key in (further["id"], signer.key_id):
        story.seller("revokeKey", key=key)


def stranger():
    """A well-formed key that nobody has: 30 characters and their CRC-32 in base 62."""
    import zlib

    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    text = "claw_live_" + "x" * 30
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = alphabet[digit] + digits
    return text + digits
