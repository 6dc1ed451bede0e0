"""Reads the event stream of Swift Testing: one JSON object a line."""

import json


class Outcome:
    """How the tests of one round ended."""

    def __init__(self, lines):
        self.passed, self.failed, self.skipped = [], [], []
        self.issues = []
        # Tests that began and never ended: the guest hung or died there.
        self.unfinished = []
        self.ended = False
        names, began, troubled = {}, [], set()
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                # Cut off with the guest.
                continue
            payload = record["payload"]
            identity = payload.get("id") or payload.get("testID")
            if record["kind"] == "test":
                if payload["kind"] == "function":
                    names[identity] = payload.get("displayName") or payload["name"]
                continue
            kind = payload["kind"]
            if kind == "runEnded":
                self.ended = True
            if kind == "issueRecorded" and not payload.get("issue", {}).get("isKnown"):
                troubled.add(identity)
                texts = [message["text"] for message in payload.get("messages", [])]
                self.issues.append(": ".join([names.get(identity, "?"), *texts]))
            if identity not in names:
                continue
            if kind == "testStarted":
                began.append(identity)
            elif kind == "testSkipped":
                self.skipped.append(names[identity])
            elif kind == "testEnded":
                began.remove(identity)
                (self.failed if identity in troubled else self.passed).append(names[identity])
        self.unfinished = [names[identity] for identity in began]
