"""Texts as paragraphs and words."""

import re

WORD = re.compile(r"\w+")
# Words that say nothing about what a text is about.
COMMON = frozenset(
    "a an and are as at be been but by can do does for from had has have how i if in into is it its not of on or "
    "that the their there these they this to was were what when where which who why will with would you".split()
)


def paragraphs(text):
    """The paragraphs of a text, each on one line."""
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", text) if part.strip()]


def words(text):
    """The words of a text that may tell what it is about, without the commonest endings."""
    return [stem(word) for word in WORD.findall(text.casefold()) if word not in COMMON]


def stem(word):
    for ending in ("ies", "es", "s", "ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
