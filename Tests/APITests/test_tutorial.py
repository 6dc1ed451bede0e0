"""The tutorial of docs/api.md does what it says: its commands are run as they stand, and what they print is held against the
examples that follow them, in which `…` stands for anything."""

import re
import subprocess
import tempfile
import unittest

from daemon import ROOT, Daemon

HEADING = "## Sell your first skill"
MARK = "---- end of a step ----"


def steps():
    """The shell commands of the section, each with the answer that it shows, if any."""
    section = (ROOT / "docs" / "api.md").read_text().split(HEADING + "\n", 1)[1].split("\n## ", 1)[0]
    for block in re.finditer(r"```sh\n(.*?)```(?:\n\n```json\n(.*?)```)?", section, re.DOTALL):
        yield block.group(1), block.group(2)


def pattern(example):
    lines = "".join(line.strip() for line in example.splitlines())
    return ".*".join(re.escape(part) for part in lines.split("…"))


class TutorialTests(unittest.TestCase):
    def test_its_commands_print_what_it_says(self):
        daemon = Daemon()
        self.addCleanup(daemon.stop)
        taught = list(steps())
        self.assertGreater(len(taught), 6)
        script = f"set -eu\n" + "".join(f"{commands}\necho\necho '{MARK}'\n" for commands, _ in taught)
        script = script.replace("/tmp/claw/clawrunner.sock", daemon.socket).replace(
            "/tmp/claw/operator.key", str(daemon.data / "operator.key"))
        with tempfile.TemporaryDirectory() as folder:
            run = subprocess.run(
                ["sh", "-c", script], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout)
        printed = run.stdout.split(MARK)
        for (commands, example), output in zip(taught, printed):
            if example:
                self.assertRegex(output.strip(), pattern(example), commands)


if __name__ == "__main__":
    unittest.main()
