"""Okapi BM25: a passage counts for a rare word more than for a common one, and for a word's repetition less each time."""

import math
from collections import Counter

from words import words

SATURATION = 1.2
LENGTH = 0.75


def rank(passages, query):
    """Pairs of a passage's index and its score, best first; passages without any word of the query are left out."""
    counts = [Counter(words(passage)) for passage in passages]
    lengths = [sum(count.values()) for count in counts]
    mean = sum(lengths) / len(lengths) if any(lengths) else 1
    wanted = sorted(set(words(query)))
    rarity = {word: inverse_frequency(sum(word in count for count in counts), len(counts)) for word in wanted}
    scored = []
    for index, count in enumerate(counts):
        norm = SATURATION * (1 - LENGTH + LENGTH * lengths[index] / mean)
        score = sum(
            rarity[word] * count[word] * (SATURATION + 1) / (count[word] + norm) for word in wanted if word in count
        )
        if score > 0:
            scored.append((index, score))
    return sorted(scored, key=lambda pair: (-pair[1], pair[0]))


def inverse_frequency(having, count):
    return math.log(1 + (count - having + 0.5) / (having + 0.5))
