"""One column: its type, and what its values look like."""

import re
from collections import Counter
from datetime import date, datetime
from math import floor, fsum, sqrt

MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "?"}
BOOLEANS = {"true", "false", "yes", "no"}
INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})?)?", re.ASCII)
TEXT_SHOWN_MAX = 200
# Squares of numbers below this still fit a double.
NUMBER_MAX = 1e150


def summarise_column(name, cells, top):
    """The summary of one column; `top` is how many of its most frequent values are listed."""
    values = [cell.strip() for cell in cells]
    present = [value for value in values if value.lower() not in MISSING]
    kind = kind_of(present)
    counts = Counter(present)
    summary = {
        "name": name,
        "type": kind,
        "count": len(present),
        "missing": len(values) - len(present),
        "distinct": len(counts),
    }
    if kind == "integer":
        summary.update(statistics([int(value) for value in present]))
    elif kind == "number":
        summary.update(statistics([float(value) for value in present]))
    elif kind == "date":
        summary.update(min=min(present), max=max(present))
    elif kind == "text":
        lengths = [len(value) for value in present]
        summary.update(minLength=min(lengths), maxLength=max(lengths))
    if kind != "empty":
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:top]
        summary["top"] = [{"value": value[:TEXT_SHOWN_MAX], "count": count} for value, count in ranked]
    return summary


def kind_of(present):
    """The narrowest type that every value of a column has."""
    if not present:
        return "empty"
    if all(INTEGER.fullmatch(value) for value in present):
        return "integer"
    if all(NUMBER.fullmatch(value) and abs(float(value)) < NUMBER_MAX for value in present):
        return "number"
    if all(value.lower() in BOOLEANS for value in present):
        return "boolean"
    if all(DATE.fullmatch(value) and is_date(value) for value in present):
        return "date"
    return "text"


def is_date(value):
    try:
        date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def statistics(numbers):
    """Extremes, mean, sample standard deviation and quartiles (linear interpolation between closest ranks)."""
    ordered = sorted(numbers)
    mean = fsum(ordered) / len(ordered)
    summary = {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": significant(mean),
        "quantiles": {
            name: significant(quantile(ordered, share)) for name, share in (("25", 0.25), ("50", 0.5), ("75", 0.75))
        },
    }
    if len(ordered) > 1:
        squares = fsum((number - mean) * (number - mean) for number in ordered)
        summary["standardDeviation"] = significant(sqrt(squares / (len(ordered) - 1)))
    return summary


def quantile(ordered, share):
    position = (len(ordered) - 1) * share
    below = floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def significant(number):
    """Twelve significant digits: what a double holds without the noise of its last bits."""
    return float(f"{number:.12g}")
