"""The two runners: the same contract, checked in both languages, and what is special to each."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import support

PYTHON_SKILL = '''
import asyncio, os, sys
print("loading")

def echo(endpoint, payload, context): return [endpoint, payload, context]
async def later(endpoint, payload, context):
    await asyncio.sleep(0.001)
    return payload
def loud(endpoint, payload, context):
    print("printed", flush=True)
    os.write(1, b"written\\n")
    os.system("echo from a child")
    return "quiet"
def raises(endpoint, payload, context):
    raise ValueError("no such city")
def chained(endpoint, payload, context):
    try:
        raises(endpoint, payload, context)
    except ValueError as error:
        raise RuntimeError("lookup failed") from error
async def raises_later(endpoint, payload, context): raise KeyError("late")
def leaves(endpoint, payload, context): sys.exit(0)
def nan(endpoint, payload, context): return {"rows": [1, float("nan")]}
def odd(endpoint, payload, context): return {"rows": [{1, 2}]}
def loop(endpoint, payload, context):
    value = []
    value.append(value)
    return value
def deep(endpoint, payload, context):
    value = []
    for _ in range(100_000): value = [value]
    return value
def surrogate(endpoint, payload, context): return "\\ud800"
def nothing(endpoint, payload, context): return None
def large(endpoint, payload, context): return "x" * 3_000_000
def reads_stdin(endpoint, payload, context): return sys.stdin.read()
number = 5
'''

NODE_SKILL = '''
const { spawnSync } = require('node:child_process');
console.log('loading');
const sleep = () => new Promise((resolve) => setTimeout(resolve, 1));
exports.echo = (endpoint, payload, context) => [endpoint, payload, context];
exports.later = async (endpoint, payload) => { await sleep(); return payload; };
exports.loud = () => {
    console.log('printed'); process.stdout.write('written\\n');
    console.error(spawnSync('echo', ['from a child']).stdout.toString());
    return 'quiet';
};
exports.raises = () => { throw new Error('no such city'); };
exports.chained = () => {
    try { exports.raises(); } catch (cause) { throw new Error('lookup failed', { cause }); }
};
exports.raises_later = async () => { await sleep(); throw new Error('late'); };
exports.leaves = () => process.exit(0);
exports.nan = () => ({ rows: [1, NaN] });
exports.odd = () => ({ rows: [new Set([1])] });
exports.loop = () => { const value = []; value.push(value); return value; };
exports.deep = () => { let value = []; for (let i = 0; i < 100000; i += 1) value = [value]; return value; };
exports.surrogate = () => '\\ud800';
exports.nothing = () => null;
exports.large = () => 'x'.repeat(3000000);
exports.never = () => new Promise(() => {});
exports.undef = () => undefined;
exports.big = () => 10n;
exports.timer = () => new Promise(() => setTimeout(() => { throw new Error('in a timer'); }, 1));
exports.number = 5;
'''


class RunnerCase(unittest.TestCase):
    """Runs handlers of one skill that is written for the class."""

    runtime = file = source = None

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = pathlib.Path(os.path.realpath(temporary.name))
        if self.file:
            self.write(self.file, self.source)

    def write(self, name, text):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run_entry(self, entry, payload=None, data=None):
        return support.run(self.runtime, entry, self.directory, data if data is not None else support.request(payload))

    def call(self, function, payload=None):
        return self.run_entry(f"{self.file}:{function}", payload)

    def refused(self, outcome, status, *phrases):
        self.assertEqual(outcome.returncode, status, outcome.stderr)
        self.assertEqual(outcome.stdout, b"")
        for phrase in phrases:
            self.assertIn(phrase, outcome.stderr.decode())


class Contract:
    """What both runners promise."""

    def test_the_handler_gets_endpoint_payload_and_context(self):
        data = b'{"endpoint":"/sum","payload":{"n":[1,2.5,null,"\xc3\xbc\xe2\x82\xac"]},"context":{"agent":"a"}}'
        value = support.answer(self.run_entry(f"{self.file}:echo", data=data))
        self.assertEqual(value, ["/sum", {"n": [1, 2.5, None, "ü€"]}, {"agent": "a"}])

    def test_an_async_handler_is_awaited(self):
        self.assertEqual(support.answer(self.call("later", {"a": 1})), {"a": 1})

    def test_prints_go_to_standard_error_and_only_the_result_to_standard_output(self):
        outcome = self.call("loud")
        self.assertEqual(outcome.stdout, b'"quiet"')
        for line in (b"loading", b"printed", b"written", b"from a child"):
            self.assertIn(line, outcome.stderr)

    def test_null_is_a_result(self):
        self.assertEqual(self.call("nothing").stdout, b"null")

    def test_a_result_larger_than_a_pipe_arrives_whole(self):
        self.assertEqual(len(support.answer(self.call("large"))), 3_000_000)

    def test_a_request_larger_than_a_pipe_arrives_whole(self):
        self.assertEqual(len(support.answer(self.call("echo", "y" * 3_000_000))[1]), 3_000_000)

    def test_an_exception_is_reported_with_the_frames_of_the_skill_only(self):
        outcome = self.call("raises")
        self.refused(outcome, 1, "no such city", str(self.directory / self.file))
        self.assertNotIn("runner", outcome.stderr.decode())

    def test_the_cause_of_an_exception_is_reported_too(self):
        self.refused(self.call("chained"), 1, "lookup failed", "no such city")

    def test_an_exception_of_an_async_handler_is_reported(self):
        self.refused(self.call("raises_later"), 1, "late")

    def test_leaving_without_a_result_is_a_failure(self):
        self.refused(self.call("leaves"), 1, "instead of returning a result")

    def test_results_without_json_form_are_refused_with_their_place(self):
        self.refused(self.call("nan"), 76, "result.rows[1] is", "JSON cannot express")
        self.refused(self.call("odd"), 76, "result.rows[0] is a", "no JSON form")
        self.refused(self.call("loop"), 76, "contains itself")
        self.refused(self.call("deep"), 76, "nested too deeply")
        self.refused(self.call("surrogate"), 76, "surrogate")

    def test_a_handler_that_is_not_there_is_named(self):
        self.refused(self.call("absent"), 78, "no function absent")
        self.refused(self.call("number"), 78, "number in", "is not a function")
        self.refused(self.run_entry(self.file.replace("main", "other") + ":x"), 78, "is not in the package")

    def test_an_entry_point_outside_the_package_is_refused(self):
        for name in (f"../{self.directory.name}/{self.file}", str(self.directory / self.file)):
            self.refused(self.run_entry(f"{name}:echo"), 78, "is not in the package")

    def test_a_malformed_entry_point_is_refused(self):
        for entry in (self.file, f"{self.file}:", ":echo", "main.rb:echo", f"{self.file}:a b", ""):
            self.refused(self.run_entry(entry), 64, "is not of the form")

    def test_a_malformed_request_is_refused(self):
        for data in (b"", b"{", b"[]", b"5", b'{"endpoint":1,"payload":2}', b'{"endpoint":"/x"}', b'{"endpoint":"/x"} {}'):
            self.refused(self.run_entry(f"{self.file}:echo", data=data), 65, "the request is not")

    def test_a_response_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "wb") as full:
            outcome = subprocess.run(
                support.command(self.runtime, f"{self.file}:nothing", self.directory), cwd=self.directory,
                input=support.request(), stdout=full, stderr=subprocess.PIPE, timeout=20, check=False)
        self.assertEqual(outcome.returncode, 74, outcome.stderr)
        self.assertIn(b"could not be written", outcome.stderr)


class PythonRunnerTests(Contract, RunnerCase):
    runtime, file, source = "python", "main.py", PYTHON_SKILL

    def test_vendored_and_own_modules_are_found_and_the_hosts_are_not(self):
        self.write("vendor/dependency/__init__.py", "value = 7")
        self.write("src/helper.py", "value = 8")
        self.write("shared.py", "value = 9")
        self.write(
            "src/app.py",
            "import dependency, helper, shared, sys\n"
            "def handler(e, p, c): return [dependency.value, helper.value, shared.value, sys.path]")
        *values, path = support.answer(self.run_entry("src/app.py:handler"))
        self.assertEqual(values, [7, 8, 9])
        self.assertEqual(path[:3], [str(self.directory / "src"), str(self.directory), str(self.directory / "vendor")])
        self.assertFalse([each for each in path if "-packages" in each])

    def test_the_request_cannot_be_read_from_standard_input(self):
        self.assertEqual(support.answer(self.call("reads_stdin")), "")

    def test_an_error_while_loading_is_reported(self):
        self.write("broken.py", "import absent_module\n")
        self.refused(self.run_entry("broken.py:handler"), 1, "absent_module", "broken.py")
        self.write("syntax.py", "def handler(:\n")
        self.refused(self.run_entry("syntax.py:handler"), 1, "SyntaxError", "syntax.py")

    def test_a_file_named_like_a_module_of_the_interpreter_is_refused(self):
        self.write("sys.py", "def handler(e, p, c): return 1")
        self.refused(self.run_entry("sys.py:handler"), 78, "rename the file")

    def test_keys_that_are_no_strings_are_refused(self):
        self.write("keys.py", "def handler(e, p, c): return {(1, 2): 3}")
        self.refused(self.run_entry("keys.py:handler"), 76, "has the key (1, 2)")

    def test_numbers_and_text_survive_both_ways(self):
        payload = [0, -1, 2**63, 1e-7, 1.5e300, "\u2028", "\\ \" \t", {"": []}]
        self.assertEqual(support.answer(self.call("echo", payload))[1], payload)

    def test_modules_that_a_good_run_does_not_need_are_not_imported(self):
        self.write("slim.py", "import sys\ndef handler(e, p, c): return sorted(sys.modules)")
        loaded = support.answer(self.run_entry("slim.py:handler"))
        self.assertFalse({"re", "json", "asyncio", "traceback", "enum"} & set(loaded))


class NodeRunnerTests(Contract, RunnerCase):
    runtime, file, source = "node", "main.js", NODE_SKILL

    def test_es_modules_are_loaded(self):
        self.write("esm.mjs", "export async function handler(e, p) { return [e, p]; }")
        self.assertEqual(support.answer(self.run_entry("esm.mjs:handler", 1)), ["/x", 1])
        self.write("package/package.json", '{"type": "module"}')
        self.write("package/main.js", "import { sep } from 'node:path'; export default { handler: () => sep };")
        self.assertEqual(support.answer(self.run_entry("package/main.js:handler")), "/")

    def test_commonjs_is_loaded(self):
        self.write("plain.cjs", "module.exports = { handler: () => module.children.length };")
        self.assertEqual(support.answer(self.run_entry("plain.cjs:handler")), 0)

    def test_dependencies_next_to_the_file_are_found_and_the_hosts_are_not(self):
        self.write("node_modules/dependency/index.js", "exports.value = 7;")
        self.write("one.js", "const { value } = require('dependency'); exports.handler = () => value;")
        self.write("two.mjs", "import dependency from 'dependency'; export const handler = () => dependency.value;")
        for entry in ("one.js:handler", "two.mjs:handler"):
            self.assertEqual(support.answer(self.run_entry(entry)), 7)
        self.write("paths.js", "exports.handler = () => require.resolve.paths('absent');")
        for path in support.answer(self.run_entry("paths.js:handler")):
            self.assertTrue(path.startswith(str(self.directory)), path)

    def test_a_promise_that_never_settles_is_a_failure(self):
        self.refused(self.call("never"), 1, "never settled")

    def test_an_error_outside_the_handlers_own_promise_is_a_failure(self):
        self.refused(self.call("timer"), 1, "in a timer")

    def test_undefined_and_bigint_are_refused(self):
        self.refused(self.call("undef"), 76, "returned undefined")
        self.refused(self.call("big"), 76, "BigInt")

    def test_an_error_while_loading_is_reported(self):
        self.write("broken.js", "require('absent-module');\n")
        self.refused(self.run_entry("broken.js:handler"), 1, "absent-module", "broken.js")
        for name in ("syntax.js", "syntax.mjs"):
            self.write(name, "function (\n")
            self.refused(self.run_entry(f"{name}:handler"), 1, "SyntaxError", name)


if __name__ == "__main__":
    unittest.main()
