"""The seller packs and publishes the example skills; the market shows them."""

from story import MISBEHAVING, SKILLS, pack


def tell(story):
    seller, anyone = story.seller, story.anyone
    archive = pack(SKILLS / "word-stats")
    first = seller("uploadPackage", archive, expect=201, headers={"Content-Type": "application/gzip"})
    again = seller("uploadPackage", archive, expect=200, headers={"Content-Type": "application/gzip"})
    assert first["digest"] == again["digest"] and first["manifest"]["name"] == "word-stats"
    seller.refused(400, "malformed_package", "uploadPackage", b"no archive")
    story.buyer.refused(403, "package_not_yours", "uploadPackage", archive)

    answer = seller("publishSkill", {"code": {"package": first["digest"]}, "displayName": "Word Stats"}, expect=201)
    assert answer["deploymentUrl"] == "/api/v1/skills/word-stats/execute"
    seller.refused(409, "version_exists", "publishSkill", {"code": {"package": first["digest"]}})
    story.buyer.refused(403, "package_not_yours", "publishSkill", {"code": {"package": first["digest"]}})
    seller.refused(404, "package_not_found", "publishSkill", {"code": {"package": "sha256:" + "0" * 64}})
    newer = pack(SKILLS / "word-stats", {'version = "1.0.0"': 'version = "1.1.0"'})
    assert story.publish(seller, newer, expect=200)["skill"]["version"] == "1.1.0"

    for name in ("csv-summary", "smart-emailer"):
        story.publish(seller, pack(SKILLS / name))
    story.publish(story.composer, pack(SKILLS / "markdown-html"))
    story.publish(seller, pack(MISBEHAVING / "endless-loop"))
    subscription = {
        'name = "word-stats"': 'name = "daily-stats"',
        'type = "usage"\nprice = "0.0005"\ncurrency = "USDC"\nunit = "text"':
            'type = "subscription"\nprice = "0.1"\ncurrency = "USDC"\ninterval = "daily"',
    }
    story.publish(seller, pack(SKILLS / "word-stats", subscription))

    names = [skill["name"] for skill in anyone("listSkills", query={"category": "analysis", "limit": 2})["skills"]]
    assert names == ["daily-stats", "csv-summary"], names
    assert anyone("listSkills", query={"search": "markdown"})["pagination"]["total"] == 1
    anyone.refused(400, "invalid_parameter", "listSkills", query={"sort": "cheapest"})

    shown = anyone("showSkill", skill="word-stats")
    assert shown["skill"]["displayName"] == "Word Stats" and len(shown["examples"]) == 3
    anyone.refused(404, "skill_not_found", "showSkill", skill="nothing")
