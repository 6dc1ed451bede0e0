"""An agent changes its API key without an interruption."""


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

    buyer.refused(401, "api_key_unknown", "listKeys", headers={"Authorization": f"Bearer {stranger()}"})
    buyer.refused(401, "api_key_malformed", "listKeys", headers={"Authorization": "Bearer claw_live_short"})
    buyer.refused(401, "invalid_authorization", "listKeys", headers={"Authorization": "Basic eDp5"})
    story.anyone.refused(401, "api_key_required", "listKeys")


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
