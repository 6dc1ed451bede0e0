"""schemathesis calls every operation of a market that is in use with what its schema allows and with what it does not, and holds
every answer against the OpenAPI document."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import unittest

from telling import tell_all
from story import SKILLS, WALLET, Actor, Story, pack

HERE = pathlib.Path(__file__).parent
SEED = os.environ.get("CLAWRUNNER_API_SEED", "1")
EXAMPLES = os.environ.get("CLAWRUNNER_API_EXAMPLES", "50")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def register(story, name):
    actor = Actor(story, name)
    actor.key = actor("registerAgent", {"name": name, "ownerWallet": WALLET}, expect=201)["apiKey"]
    return actor


def furnish(story):
    """An agent that sells and buys, and the names of what it has."""
    actor = register(story, "stranger")
    story.operator("credit", {"agentId": "stranger", "amount": "100", "reference": "stranger"}, expect=201)
    own = {'name = "smart-emailer"': 'name = "stranger-mail"'}
    story.publish(actor, pack(SKILLS / "smart-emailer", own))
    actor("setSecret", {"value": "x"}, skill="stranger-mail", name="SMTP_PASSWORD")
    story.operator("credit", {"agentId": "buyer", "amount": "5", "reference": "buyer"}, expect=201)
    mail = {"endpoint": "/preview", "payload": {"to": "ada@example.org", "subject": "A", "body": "B"}}
    sold, shown = story.buy(story.buyer, "stranger-mail")
    sale = story.buyer("execute", mail, skill="stranger-mail", headers=shown)["usage"]["id"]
    bought, token = story.buy(actor, "word-stats")
    paid, _ = story.buy(actor, "daily-stats")
    call = {"endpoint": "/stats", "payload": {"text": "a"}}
    run = actor("execute", call, skill="word-stats", headers=token)["usage"]["id"]
    spare = register(story, "spare")
    register(story, "barred")
    return actor, {
        "keys": {name: spare.key for name in ("revokeKey", "deactivateAgent")},
        "parts": {
            "agent": ["stranger", "seller"], "skill": ["stranger-mail", "word-stats"], "name": ["SMTP_PASSWORD"],
            "purchase": [bought["id"], sold["id"], paid["id"]], "execution": [run, sale],
        },
        "token": token, "call": call,
    }


class ContractTests(unittest.TestCase):
    def test_no_call_gets_an_answer_that_the_document_does_not_declare(self):
        port = free_port()
        story = Story(listen=f"127.0.0.1:{port}")
        self.addCleanup(story.close)
        tell_all(story)
        actor, known = furnish(story)
        environment = {
            **os.environ, "CLAW_AGENT_KEY": actor.key, "CLAW_OPERATOR_KEY": story.operator.key,
            "CLAW_KNOWN": json.dumps(known), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
        }
        done = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml", "run",
                f"http://127.0.0.1:{port}/openapi.json", "--seed", SEED, "--phases", "examples,coverage,fuzzing",
                "--max-examples", EXAMPLES, "--generation-database", "none", "--continue-on-failure", "--no-color",
            ],
            cwd=story.daemon.directory, env=environment, capture_output=True, text=True, timeout=900, check=False)
        self.assertEqual(done.returncode, 0, f"{done.stdout[-20000:]}\n{done.stderr[-4000:]}")
        self.assertTrue(story.operator("checkLedger")["sound"])


if __name__ == "__main__":
    unittest.main()
