"""Runs one handler of a Python skill: `python3 -I -S -B runner.py main.py:handler`; or of a skill that is not known
yet: `runner.py --parked`, to which descriptor 3 tells, when it is known, which.

The working directory is the skill's directory (/skill in a sandbox). The request, one JSON object
`{"endpoint", "payload", "context"}`, comes on standard input; `handler(endpoint, payload, context)` answers; its
result goes to standard output as one JSON value. Whatever the handler prints goes to standard error.

Exit status: 0 answered, 1 the skill raised, 64 wrong use of this program, 65 the request is not what it should be,
74 the response could not be written, 76 the result has no JSON form, 78 there is no such handler.

Start-up is what a caller waits for, so this file imports nothing that a good run does not need: `json` alone
(it imports `re` and `enum`) costs as much as the bare interpreter.
"""

import os
import sys

FAILED, USAGE, BAD_REQUEST, BAD_OUTPUT, BAD_RESULT, NO_HANDLER = 1, 64, 65, 74, 76, 78


class Refusal(Exception):
    """The run cannot go on: an exit status and a sentence for the log."""

    def __init__(self, status, sentence):
        super().__init__(sentence)
        self.status = status


class Channel:
    """The request and response pipes, moved away from descriptors 0 and 1 so that the skill cannot disturb them."""

    def __init__(self):
        # os.dup gives descriptors that programs started by the skill do not inherit.
        self.request = os.dup(0)
        self.response = os.dup(1)
        nothing, writer = os.pipe()
        os.close(writer)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        # A new stream, because the old one remembers whether the old descriptor could seek.
        sys.stdout = sys.__stdout__ = open(
            1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)

    def read(self):
        """All bytes of the request, until the writer closes its end."""
        parts = []
        while part := os.read(self.request, 1 << 20):
            parts.append(part)
        return b"".join(parts)

    def write(self, data):
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self.response, view) :]
        except OSError as error:
            raise Refusal(BAD_OUTPUT, f"the response could not be written: {error.strerror}") from None


# MARK: Waiting for the skill

PARKED_ORDER = 3


def await_order():
    """The entry point, once there is a skill at /skill; with the variables of its run.

    Comes as texts ended by NUL: `ARGUMENTS VARIABLES`, a program, the arguments, the variables as `NAME=VALUE`."""
    # What every run needs and nothing before it has loaded.
    from _json import encode_basestring, make_encoder, make_scanner  # noqa: F401

    parts = []
    while part := os.read(PARKED_ORDER, 1 << 16):
        parts.append(part)
    os.close(PARKED_ORDER)
    if not parts:
        # Whoever parked us is gone.
        leave(0)
    counts, _, *texts = b"".join(parts).split(b"\0")
    arguments, variables = (int(count) for count in counts.split())
    os.environb.clear()
    for variable in texts[arguments : arguments + variables]:
        name, _, value = variable.partition(b"=")
        os.environb[name] = value
    # It was an empty directory when this process began in it.
    os.chdir("/skill")
    return os.fsdecode(texts[arguments - 1])


# MARK: Loading the skill


def set_import_path(root, file):
    """Lets the skill import its own files, what it vendors and the standard library, and nothing of the host."""
    standard = [path for path in sys.path if not path.endswith(("site-packages", "dist-packages"))]
    own = [os.path.join(root, os.path.dirname(file)).rstrip("/"), root, os.path.join(root, "vendor")]
    sys.path[:] = list(dict.fromkeys(own)) + standard


def load(entry, root):
    """Imports the file of an entry point such as `main.py:handler` and returns the function it names."""
    file, colon, name = entry.rpartition(":")
    if not colon or not file.endswith(".py") or not name.isidentifier():
        raise Refusal(USAGE, f"the entry point {entry!r} is not of the form FILE.py:FUNCTION")
    file = os.path.normpath(file)
    path = os.path.join(root, file)
    if file.startswith(("/", "..")) or not os.path.isfile(path):
        raise Refusal(NO_HANDLER, f"the file {file} of the entry point {entry} is not in the package")
    set_import_path(root, file)
    module = import_file(file, path)
    handler = getattr(module, name, None)
    if handler is None:
        raise Refusal(NO_HANDLER, f"{file} has no function {name}; the entry point is {entry}")
    if not callable(handler):
        raise Refusal(NO_HANDLER, f"{name} in {file} is not a function but {faults().article(type(handler).__name__)}")
    return handler


def import_file(file, path):
    name = file[: -len(".py")].replace("/", ".")
    __import__(name)
    module = sys.modules[name]
    if os.path.realpath(getattr(module, "__file__", None) or "") != os.path.realpath(path):
        raise Refusal(NO_HANDLER, f"the name of {file} is taken by another Python module {name}; rename the file")
    return module


# MARK: One request


def parse(data):
    """The three arguments of the handler."""
    try:
        request = decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refusal(BAD_REQUEST, f"the request is not JSON: {error}") from None
    if not isinstance(request, dict) or not isinstance(request.get("endpoint"), str) or "payload" not in request:
        raise Refusal(BAD_REQUEST, "the request is not an object with the fields endpoint, payload and context")
    return request["endpoint"], request["payload"], request.get("context", {})


def call(handler, arguments):
    """The handler's result, awaited when it is a coroutine or another awaitable."""
    result = handler(*arguments)
    if hasattr(type(result), "__await__"):
        import asyncio

        async def settled():
            return await result

        result = asyncio.run(settled())
    return result


def encode(result):
    """The JSON text of a result, as bytes."""
    try:
        return dump(result).encode("utf-8")
    except UnicodeEncodeError:
        sentence = "the result holds a string with half of a surrogate pair, which UTF-8 cannot carry"
    except RecursionError:
        sentence = "the result is nested too deeply for JSON"
    except (TypeError, ValueError) as error:
        sentence = faults().fault(result, "result") or f"the result has no JSON form: {error}"
    raise Refusal(BAD_RESULT, sentence)


# MARK: JSON without importing `json`


def decode(text):
    """As `json.loads`, through the same C scanner."""
    try:
        from _json import make_scanner

        value, end = make_scanner(ScannerOptions)(text, 0)
        if not text[end:].strip(" \t\r\n"):
            return value
    except (ImportError, StopIteration, SystemError, ValueError):
        pass
    # Whatever it was, `json` says what is wrong; the scanner alone cannot.
    import json

    return json.loads(text, parse_constant=ScannerOptions.parse_constant)


class ScannerOptions:
    """What the C scanner asks of a decoder."""

    strict, object_hook, object_pairs_hook, parse_float, parse_int, memo = True, None, None, float, int, {}

    @staticmethod
    def parse_constant(name):
        raise ValueError(f"{name} is not a JSON value")


def dump(value):
    """As `json.dumps(value, ensure_ascii=False, allow_nan=False)`, compact, through the same C encoder."""
    try:
        from _json import encode_basestring, make_encoder
    except ImportError:
        import json

        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))

    def refuse(part):
        raise TypeError(f"{type(part).__name__} is not serialisable")

    return "".join(make_encoder({}, refuse, encode_basestring, None, ":", ",", False, False, False)(value, 0))


# MARK: What went wrong


def faults():
    """What explains failures, in a file of its own: Python compiles this one at every start."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    try:
        import runner_faults
    finally:
        del sys.path[0]
    return runner_faults


def leave(status):
    """Ends at once: what the interpreter would still tidy up goes with the sandbox."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    os._exit(status)


def main():
    root = os.getcwd()
    try:
        if len(sys.argv) != 2:
            raise Refusal(USAGE, "usage: runner.py FILE.py:FUNCTION, or runner.py --parked")
        entry = sys.argv[1]
        if entry == "--parked":
            entry, root = await_order(), "/skill"
        # A skill that is started ahead waits here, in its first read, with its handler loaded.
        channel = Channel()
        handler = load(entry, root)
        arguments = parse(channel.read())
        channel.write(encode(call(handler, arguments)))
    except Refusal as refusal:
        sys.stderr.write(f"{refusal}\n")
        leave(refusal.status)
    except SystemExit as stop:
        sys.stderr.write(f"the skill called sys.exit({stop.code!r}) instead of returning a result\n")
        leave(FAILED)
    except BaseException as error:
        faults().report(error, root)
        leave(FAILED)
    leave(0)


if __name__ == "__main__":
    main()
