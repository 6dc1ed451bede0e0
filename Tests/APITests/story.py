"""What the chapters share: who acts, how they call, and the packages that they sell.

    story.seller("publishSkill", {"code": {"package": digest}}, expect=201)
    story.anyone("showSkill", skill="word-stats")
    story.buyer("execute", {...}, skill="word-stats", headers={"X-Purchase-Token": token})

A call names an operation of /openapi.json. It fails unless the status is the expected one (without `expect` one of the
operation's successes) and the answer is what the document declares.
"""

import gzip
import io
import json
import pathlib
import tarfile

from contract import Contract
from daemon import ROOT, Daemon

SKILLS = ROOT / "Examples" / "skills"
MISBEHAVING = ROOT / "Examples" / "misbehaving"
WALLET = "11111111111111111111111111111111"

CONFIGURATION = """
topUp = "/bin/true"
"""


class Actor:
    """Somebody who calls the API, with a key or without one."""

    def __init__(self, story, name, key=None):
        self.story = story
        self.name = name
        self.key = key
        self.id = None

    def __call__(self, operation, body=None, expect=None, query=None, headers=None, **parts):
        method, path = self.story.contract.request(operation, parts)
        fields = dict(headers or {})
        if self.key:
            fields.setdefault("Authorization", f"Bearer {self.key}")
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            fields.setdefault("Content-Type", "application/json")
        answer = self.story.daemon.send(method, path, query, fields, body)
        expected = [expect] if expect else self.story.contract.success(operation)
        assert answer.status in expected, (
            f"{self.name}: {operation} answers {answer.status}, not {expected}: {answer.body[:1000]!r}")
        self.story.contract.check(operation, answer)
        return answer

    def refused(self, status, problem, operation, *arguments, **options):
        """A call that must get this problem."""
        answer = self(operation, *arguments, expect=status, **options)
        assert answer["code"] == problem, f"{self.name}: {operation} answers {answer['code']}, not {problem}"
        return answer


class Story:
    """The stage: a daemon, three agents, an operator and anybody without a key. Chapters leave in `kept` what later ones use."""

    def __init__(self, listen=None, daemon=None):
        self.daemon = daemon or Daemon(CONFIGURATION, listen)
        self.contract = Contract(
            self.daemon.send("GET", "/openapi.json").json, lambda path: self.daemon.send("GET", path).json)
        self.anyone = Actor(self, "anyone")
        self.operator = Actor(self, "operator", self.daemon.operator_key)
        self.seller = Actor(self, "seller")
        self.buyer = Actor(self, "buyer")
        self.composer = Actor(self, "composer")
        self.kept = {}

    def publish(self, actor, package, expect=201, **fields):
        """Uploads a package and publishes it; returns the answer."""
        digest = actor("uploadPackage", package, headers={"Content-Type": "application/gzip"})["digest"]
        return actor("publishSkill", {"code": {"package": digest}, **fields}, expect=expect)

    def buy(self, actor, skill, **fields):
        """Buys a licence; returns the purchase and the header that shows it."""
        answer = actor("purchase", {"skillId": skill, **fields}, expect=201)
        return answer["purchase"], {"X-Purchase-Token": answer["purchaseToken"]}

    def close(self):
        self.daemon.stop()


def with_files(package, files):
    """The same archive with more files, by their names."""
    data = io.BytesIO(gzip.decompress(package))
    with tarfile.open(fileobj=data, mode="a") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(data.getvalue(), mtime=0)


def pack(directory, edits=None):
    """The archive of a skill's folder; `edits` are replacements in its skill.toml, each of which must apply."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(pathlib.Path(directory).rglob("*")):
            if not path.is_file():
                continue
            content = path.read_bytes()
            if path.name == "skill.toml":
                text = content.decode()
                for old, new in (edits or {}).items():
                    assert old in text, f"{path} has no {old}"
                    text = text.replace(old, new)
                content = text.encode()
            entry = tarfile.TarInfo(str(path.relative_to(directory)))
            entry.size = len(content)
            entry.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(data.getvalue(), mtime=0)
