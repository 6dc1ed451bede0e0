"""Explains failures for runner.py; loaded only when there is one."""

import sys
import traceback

# Deeper than the host accepts; the search stops here.
DEPTH_MAX = 200


def fault(value, path, above=frozenset()):
    """Says which part of a result has no JSON form, or nothing when none was found."""
    if value is None or isinstance(value, (str, bool, int)) or len(above) > DEPTH_MAX:
        return None
    if isinstance(value, float):
        finite = value - value == 0
        return None if finite else f"{path} is {value}, which JSON cannot express; return null or a string"
    if not isinstance(value, (dict, list, tuple)):
        return f"{path} is {article(type(value).__name__)}, which has no JSON form; return dict, list, str, int, " \
            "float, bool or None"
    if id(value) in above:
        return f"{path} contains itself, which JSON cannot express"
    above = above | {id(value)}
    if isinstance(value, dict):
        for key, item in value.items():
            if not (key is None or isinstance(key, (str, bool, int, float))):
                return f"{path} has the key {key!r}, {article(type(key).__name__)}; JSON keys are strings"
            if sentence := fault(item, f"{path}.{key}", above):
                return sentence
    else:
        for index, item in enumerate(value):
            if sentence := fault(item, f"{path}[{index}]", above):
                return sentence
    return None


def article(name):
    return ("an " if name[:1] in "aeiouAEIOU" else "a ") + name


def report(error, root):
    """Writes the traceback of what the skill raised to standard error, with the frames of the skill only."""
    trace = traceback.TracebackException(type(error), error, error.__traceback__)
    keep_frames(trace, root, set())
    for line in trace.format():
        sys.stderr.write(line)


def keep_frames(trace, root, seen):
    if trace is None or id(trace) in seen:
        return
    seen.add(id(trace))
    trace.stack[:] = [frame for frame in trace.stack if frame.filename.startswith(root + "/")]
    for inner in (trace.__cause__, trace.__context__, *(getattr(trace, "exceptions", None) or ())):
        keep_frames(inner, root, seen)
