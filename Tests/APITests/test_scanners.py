"""Bandit and ClamAV, the programs themselves, look at packages that are written to get past them."""

import gzip
import hashlib
import os
import pathlib
import shutil
import tempfile
import time
import unittest

from daemon import PLACES, ROOT, Daemon
from story import SKILLS, WALLET, Story, pack, with_files

PYTHON = pathlib.Path(os.environ.get("PYTHONPATH", ROOT / ".build" / "python-api").split(":")[0])
CLAMAV = ROOT / ".build" / "clamav"
MARKER = b"what the signatures of this test know"
# Two texts of one MD5: Wang and Yu, "How to Break MD5 and Other Hash Functions", 2005.
TWIN = bytes.fromhex(
    "d131dd02c5e6eec4693d9a0698aff95c2fcab58712467eab4004583eb8fb7f89"
    "55ad340609f4b30283e488832571415a085125e8f7cdc99fd91dbdf280373c5b"
    "d8823e3156348f5bae6dacd436c919c6dd53e2b487da03fd02396306d248cda0"
    "e99f33420f577ee8ce54b67080a80d1ec69821bcb6a8839396f9652b6ff72a70")
OTHER_TWIN = bytes(byte ^ 0x80 if at in (19, 45, 59, 83, 109, 123) else byte for at, byte in enumerate(TWIN))

SHELL = b"""import subprocess


def listing(place, password="hunter2-of-mine"):
    subprocess.call("ls " + place, shell=True)  # nosec
"""


def profile(signatures):
    """The shipped profile `scanner`, with the programs of these tests on its PATH."""
    libraries = [f"/opt/clamav-root/{place}/{machine}-linux-gnu"
                 for place in ("usr/lib", "lib") for machine in ("x86_64", "aarch64")]
    return f"""
extends = "shipped"
description = "The scanners of these tests"

[env]
PATH = "/opt/python/bin:/opt/clamav-root/usr/bin:/usr/local/bin:/usr/bin:/bin"
PYTHONPATH = "/opt/python"
LD_LIBRARY_PATH = "{":".join(libraries)}"

[[mounts]]
source = "{PYTHON}"
path = "/opt/python"

[[mounts]]
source = "{CLAMAV}"
path = "/opt/clamav-root"
optional = true

[[mounts]]
source = "{signatures}"
path = "/opt/clamav"
"""


class ScannerTests(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="claw-scanners-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.signatures = self.folder / "signatures"
        self.signatures.mkdir()
        (self.signatures / "test.ndb").write_text(f"Test.Marker:0:*:{MARKER.hex()}\n")
        profiles = self.folder / "profiles"
        shutil.copytree(PLACES["CLAWRUNNER_PROFILES"], profiles)
        (profiles / "scanner.toml").rename(profiles / "shipped.toml")
        (profiles / "scanner.toml").write_text(profile(self.signatures))
        self.profiles = profiles

    def market(self, *scanners):
        """A market whose versions these scanners must look at."""
        story = Story(daemon=Daemon(scanners=scanners or None, profiles=self.profiles))
        self.addCleanup(story.close)
        story.seller.key = story.seller("registerAgent", {"name": "seller", "ownerWallet": WALLET}, expect=201)["apiKey"]
        return story

    def review(self, story, name, files, expect=201):
        """Publishes a skill with these files besides; returns its report."""
        package = with_files(pack(SKILLS / "csv-summary", {'name = "csv-summary"': f'name = "{name}"'}), files)
        story.publish(story.seller, package, expect=expect)
        return story.operator("showAnyReview", skill=name, version="1.0.0")["report"]

    def found(self, report, scanner):
        return {(finding["rule"], finding["file"]): finding
                for finding in report["findings"] if finding["rule"].startswith(scanner + ":")}

    def test_bandit_reads_all_python_whatever_a_package_tells_it_to_leave_out(self):
        report = self.review(self.market("bandit"), "quiet", {
            "listing.py": SHELL, "lib/__pycache__/listing.py": SHELL, "vendor/listing.py": SHELL,
            ".bandit": b"[bandit]\nskips: B602,B404\nexclude: /skill\ntargets: /skill/main.py\n",
            "torn.py": b"def torn(:\n", "deep.py": b"x = " + b"-" * 5000 + b"1\n",
            "mode.py": b"import os\nos.chmod('hunter2-in-a-path', 0o777)\npassword = 'hunter2'\nf(password='hunter2')\n",
            "torn-rule.py": b"import tarfile\ntarfile.open('x').extractall('.', members=a.b())\n",
        })
        self.assertEqual(report["scanners"][0]["run"], True, report["scanners"])
        found = self.found(report, "bandit")
        self.assertEqual(found["bandit:B602", "listing.py"]["severity"], "medium")
        self.assertEqual(found["bandit:B602", "listing.py"]["line"], 5)
        self.assertIn(("bandit:B602", "lib/__pycache__/listing.py"), found)
        self.assertEqual(found["bandit:B602", "vendor/listing.py"]["severity"], "low")
        for file in ("torn.py", "deep.py", None):
            self.assertEqual(found["bandit:unread", file]["severity"], "medium")
        for rule, file in (("B107", "listing.py"), ("B103", "mode.py"), ("B105", "mode.py"), ("B106", "mode.py")):
            self.assertIn((f"bandit:{rule}", file), found)
        self.assertNotIn("hunter2", str(report), "no report shows a secret")

    def test_a_package_that_floods_bandit_waits_for_the_operator(self):
        report = self.review(self.market("bandit"), "flood", {"flood.py": b"eval(input())\n" * 60_000})
        self.assertEqual(report["state"], "review")
        self.assertEqual(self.found(report, "bandit")["bandit:failed", None]["severity"], "high")
        self.assertEqual(report["scanners"], [{"name": "bandit", "run": False, "detail": "output_limit"}])

    def test_clamav_knows_what_its_signatures_know_in_archives_too(self):
        story = self.market("clamav")
        self.require_clamav(story)
        report = self.review(story, "clean", {})
        self.assertEqual(report["state"], "passed")
        self.assertRegex(report["scanners"][0]["detail"], r"^0 findings in \d+ files, by 1 signatures and engine \d")
        for name, file, content in (
                ("plain", "a: Heuristics.b\u0d4e", MARKER), ("buried", "d/" * 30 + "x.txt", MARKER),
                ("packed", "notes.txt.gz", gzip.compress(b"see " + MARKER))):
            with self.subTest(name):
                report = self.review(story, name, {file: content}, expect=422)
                self.assertEqual(report["state"], "rejected")
                finding = self.found(report, "clamav")["clamav:Test.Marker.UNOFFICIAL", file]
                self.assertEqual(finding["severity"], "critical")
        self.assertEqual(hashlib.md5(TWIN).digest(), hashlib.md5(OTHER_TWIN).digest())
        with (self.signatures / "test.ndb").open("a") as signatures:
            signatures.write(f"Test.Twin:0:*:{OTHER_TWIN[16:48].hex()}\n")
        report = self.review(story, "twins", {"a.bin": TWIN, "b.bin": OTHER_TWIN}, expect=422)
        self.assertEqual(list(self.found(report, "clamav")), [("clamav:Test.Twin.UNOFFICIAL", "b.bin")])
        nested = MARKER
        for _ in range(40):
            nested = gzip.compress(nested)
        report = self.review(story, "nested", {"nested.gz": nested})
        self.assertEqual(report["state"], "review")
        self.assertIn(("clamav:Heuristics.Limits.Exceeded.MaxRecursion", "nested.gz"), self.found(report, "clamav"))

        # New signatures, and all that passed is looked at again.
        (self.signatures / "more.ndb").write_text(f"Test.Summary:0:*:{b'Summarises the columns'.hex()}\n")
        story.operator("rescan", query={"reviewedBefore": "2999-01-01T00:00:00Z"})
        end = time.monotonic() + 60
        while report["state"] != "rejected" and time.monotonic() < end:
            time.sleep(0.05)
            report = story.operator("showAnyReview", skill="clean", version="1.0.0")["report"]
        self.assertEqual(report["state"], "rejected", report)
        story.anyone.refused(404, "skill_not_found", "showSkill", skill="clean")

    def test_a_scanner_that_is_installed_and_does_not_work_holds_what_is_published(self):
        story = self.market()
        self.require_clamav(story)
        (self.signatures / "test.ndb").unlink()
        report = self.review(story, "held", {})
        self.assertEqual(report["state"], "review")
        self.assertIn(
            "No supported database files found in /opt/clamav",
            self.found(report, "clamav")["clamav:failed", None]["why"])

    def test_a_scanner_that_must_look_and_is_not_there_holds_what_is_published(self):
        (self.profiles / "scanner.toml").write_text('extends = "shipped"\ndescription = "Nothing is there"\n\n[env]\nPATH = "/nowhere"\n')
        report = self.review(self.market("bandit", "clamav"), "held", {})
        self.assertEqual(report["state"], "review")
        self.assertIn(("bandit:missing", None), self.found(report, "bandit"))
        self.assertIn(("clamav:missing", None), self.found(report, "clamav"))
        report = self.review(self.market(), "passed", {})
        self.assertEqual(report["state"], "passed", "without being told, it goes on with what is there, and says so")
        self.assertEqual(
            report["scanners"], [{"name": name, "run": False, "detail": "not on this host"} for name in ("bandit", "clamav")])

    def require_clamav(self, story):
        """ClamAV is on the PATH of the profile on Debian and Ubuntu; elsewhere it says so and leaves out the rest."""
        places = [CLAMAV / "usr/bin/clamscan", pathlib.Path("/usr/local/bin/clamscan"), pathlib.Path("/usr/bin/clamscan")]
        if not any(os.access(place, os.X_OK) for place in places):
            print("skipped: there is no clamscan below /usr or .build/clamav")
            self.skipTest("there is no clamscan")


if __name__ == "__main__":
    unittest.main()
