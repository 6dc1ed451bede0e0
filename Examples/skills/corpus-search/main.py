"""corpus-search: the passages of given documents that answer a question best."""

from ranking import rank
from words import paragraphs


def handler(endpoint, payload, context):
    """Answers `/search`; see README.md for the fields of the payload and of the answer."""
    passages = [
        (document["id"], text) for document in payload["documents"] for text in paragraphs(document["text"])
    ]
    best = rank([text for _, text in passages], payload["query"])[: payload.get("limit", 5)]
    return {
        "passages": [
            {"source": passages[index][0], "text": passages[index][1], "score": round(score, 3)}
            for index, score in best
        ],
        "searched": len(passages),
    }
