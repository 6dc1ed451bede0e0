"""text-digest: the sentences that say most of what several texts say."""

import re
from collections import Counter

SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])")
WORD = re.compile(r"\w{4,}")


def handler(endpoint, payload, context):
    """Answers `/digest`; see README.md for the fields of the payload and of the answer."""
    sentences = [(each["source"], text) for each in payload["texts"] for text in split(each["text"])]
    chosen = choose([text for _, text in sentences], payload.get("sentences", 3))
    return {
        "sentences": [{"source": sentences[index][0], "text": sentences[index][1]} for index in sorted(chosen)],
        "of": len(sentences),
    }


def split(text):
    """The sentences of a text, each on one line."""
    return [sentence for sentence in SENTENCE_END.split(" ".join(text.split())) if sentence]


def choose(sentences, count):
    """The indices of the sentences whose words are the most frequent ones. What a chosen sentence has said counts no more, so
    that no two of them say the same."""
    words = [set(WORD.findall(sentence.casefold())) for sentence in sentences]
    weights = Counter(word for each in words for word in each)
    chosen = []
    while len(chosen) < min(count, len(sentences)):
        rest = (index for index in range(len(sentences)) if index not in chosen)
        best = max(rest, key=lambda index: (sum(weights[word] for word in words[index]) / (len(words[index]) + 3), -index))
        chosen.append(best)
        for word in words[best]:
            weights[word] = 0
    return chosen
