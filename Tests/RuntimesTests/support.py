"""What the tests of the runners and of the example skills share: calling a skill as the contract says, unsandboxed."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKILLS = ROOT / "Examples" / "skills"
MISBEHAVING = ROOT / "Examples" / "misbehaving"
PYTHON_RUNNER = ROOT / "runtimes" / "python" / "runner.py"
NODE_RUNNER = ROOT / "runtimes" / "node" / "runner.cjs"


def request(payload=None, endpoint="/x", context=None):
    return json.dumps({"endpoint": endpoint, "payload": payload, "context": context or {}}).encode()


def command(runtime, entry, directory):
    """The command line of an entry point."""
    if runtime == "python":
        return [sys.executable, "-I", "-S", "-B", str(PYTHON_RUNNER), entry]
    if runtime == "node":
        return ["node", str(NODE_RUNNER), entry]
    words = [entry] if isinstance(entry, str) else list(entry)
    inside = pathlib.Path(directory) / words[0]
    return [str(inside) if inside.exists() else words[0], *words[1:]]


def run(runtime, entry, directory, data, seconds=20):
    """Runs an entry point in its directory; returns status, standard output and standard error."""
    return subprocess.run(
        command(runtime, entry, directory), cwd=directory, input=data, capture_output=True, timeout=seconds,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp"}, check=False)


def answer(outcome):
    """The JSON value of a run that must have succeeded."""
    assert outcome.returncode == 0, outcome.stderr.decode(errors="replace")
    return json.loads(outcome.stdout)


def contains(actual, expected, path="result"):
    """Differences between an answer and what a test expects of it; objects may have more fields than expected."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        missing = [f"{path}.{key} is missing" for key in expected if key not in actual]
        return missing + [
            each for key in expected if key in actual for each in contains(actual[key], expected[key], f"{path}.{key}")
        ]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [
            each for index, pair in enumerate(zip(actual, expected)) for each in contains(*pair, f"{path}[{index}]")
        ]
    same = actual == expected and isinstance(actual, bool) == isinstance(expected, bool)
    return [] if same else [f"{path} is {actual!r}, expected {expected!r}"]
