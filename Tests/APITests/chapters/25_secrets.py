"""The seller gives its mailing skill the password that is not in the package."""


def tell(story):
    seller, skill, name = story.seller, "smart-emailer", "SMTP_PASSWORD"
    assert [secret["set"] for secret in seller("listSecrets", skill=skill)["items"]] == [False]
    seller("setSecret", {"value": "once"}, skill=skill, name=name)
    seller("removeSecret", skill=skill, name=name)
    seller.refused(404, "secret_not_found", "removeSecret", skill=skill, name=name)
    seller("setSecret", {"value": "letmein"}, skill=skill, name=name)
    assert [secret["set"] for secret in seller("listSecrets", skill=skill)["items"]] == [True]

    seller.refused(404, "secret_not_found", "setSecret", {"value": "x"}, skill=skill, name="OTHER")
    seller.refused(422, "invalid_field", "setSecret", {"value": ""}, skill=skill, name=name)
    story.buyer.refused(403, "not_the_owner", "listSecrets", skill=skill)
    story.buyer.refused(403, "not_the_owner", "setSecret", {"value": "x"}, skill=skill, name=name)
