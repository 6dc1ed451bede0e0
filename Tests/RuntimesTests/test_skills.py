"""The example skills, run as the contract says but without a sandbox: their own [[tests]], real data and bad input."""

import json
import re
import unittest

import support

try:
    import tomllib
except ImportError:
    tomllib = None


def manifest(directory):
    with open(directory / "skill.toml", "rb") as file:
        return tomllib.load(file)


def packages():
    return sorted(path.parent for folder in (support.SKILLS, support.MISBEHAVING) for path in folder.glob("*/skill.toml"))


def programs():
    """Those that are started; a workflow calls others."""
    return [directory for directory in packages() if manifest(directory)["runtime"] != "workflow"]


@unittest.skipIf(tomllib is None, "reading manifests needs Python 3.11")
class ManifestTests(unittest.TestCase):
    def test_every_package_describes_itself_in_full(self):
        self.assertEqual(len(packages()), 12)
        for directory in packages():
            with self.subTest(directory.name):
                described = manifest(directory)
                self.assertEqual(described["name"], directory.name)
                self.assertRegex(described["version"], r"^\d+\.\d+\.\d+$")
                self.assertIn("price", described["pricing"])
                if "documentation" in described:
                    self.assertTrue((directory / described["documentation"]).is_file())
                if described["runtime"] in ("python", "node"):
                    file, _, _ = described["entryPoint"].partition(":")
                    self.assertTrue((directory / file).is_file())
                for endpoint in described["endpoints"]:
                    self.assertIn("input", endpoint)

    def test_every_skill_passes_its_own_tests(self):
        count = 0
        for directory in programs():
            described = manifest(directory)
            for index, case in enumerate(described.get("tests", [])):
                with self.subTest(directory.name, test=index):
                    data = support.request(case["payload"], case["endpoint"])
                    outcome = support.run(described["runtime"], described["entryPoint"], directory, data)
                    self.assertEqual(support.contains(support.answer(outcome), case["expect"]), [])
                    count += 1
        self.assertGreaterEqual(count, 12)

    def test_a_workflow_calls_skills_and_endpoints_that_are_beside_it(self):
        workflows = [directory for directory in packages() if directory not in programs()]
        self.assertEqual([directory.name for directory in workflows], ["research-assistant"])
        for directory in workflows:
            for step in manifest(directory)["steps"]:
                called = manifest(directory.parent / step["skill"])
                self.assertIn(step["endpoint"], [each["path"] for each in called["endpoints"]])

    def test_a_mailing_skill_declares_the_very_server_that_it_uses(self):
        directory = support.SKILLS / "smart-emailer"
        settings = {}
        exec((directory / "settings.py").read_text(), settings)
        self.assertEqual(manifest(directory)["network"]["allow"], [f"{settings['HOST']}:{settings['PORT']}"])

    def test_answers_have_the_fields_that_the_output_schema_requires(self):
        for directory in programs():
            described = manifest(directory)
            for case in described.get("tests", []):
                endpoint = next(each for each in described["endpoints"] if each["path"] == case["endpoint"])
                data = support.request(case["payload"], case["endpoint"])
                value = support.answer(support.run(described["runtime"], described["entryPoint"], directory, data))
                with self.subTest(directory.name):
                    self.assertEqual(sorted(value), sorted(endpoint["output"]["required"]))


class AgentSkillTests(unittest.TestCase):
    def test_the_front_matter_keeps_the_limits_of_the_format(self):
        text = (support.SKILLS / "csv-summary" / "SKILL.md").read_text()
        front = re.match(r"---\nname: ([a-z0-9-]{1,64})\ndescription: (.{1,1024})\n---\n", text)
        self.assertIsNotNone(front)
        self.assertEqual(front[1], "csv-summary")


class WordStatsTests(unittest.TestCase):
    def call(self, payload):
        data = json.dumps({"endpoint": "/stats", "payload": payload, "context": {}}).encode()
        return self.run_bytes(data)

    def run_bytes(self, data):
        return support.run("exec", "bin/word-stats", support.SKILLS / "word-stats", data)

    def count(self, text, field):
        return support.answer(self.call({"text": text}))[field]

    def test_words_are_counted_in_any_script(self):
        for text, words in (
            ("", 0), ("  \n ", 0), ("one", 1), ("don't stop", 2), ("don’t stop", 2), ("well-known - yes", 2),
            ("3.14 and 1,000,000.", 3), ("a.b", 2), ("Größe naïve ÉTÉ", 3), ("привет мир", 2), ("你好世界", 4),
            ("カタカナ", 4), ("a😀b", 2), ("--- ... !!!", 0), ("e\u0301te\u0301", 1), ("-a- 'b'", 2),
        ):
            with self.subTest(text):
                self.assertEqual(self.count(text, "words"), words)

    def test_sentences_end_where_a_reader_pauses(self):
        for text, sentences in (
            ("One. Two! Three?", 3), ("No end", 1), ("Version 1.2.3 is out", 1), ("He said “Stop.” Then left.", 2),
            ("Wait... what?!", 2), ("... !", 0), ("A title\n\nA text.", 2), ("你好。再见。", 2), ("(Really.) Yes", 2),
        ):
            with self.subTest(text):
                self.assertEqual(self.count(text, "sentences"), sentences)

    def test_characters_are_code_points(self):
        self.assertEqual(self.count("añ€😀", "characters"), 4)
        self.assertEqual(self.count("a b\nc", "charactersWithoutSpaces"), 3)

    def test_paragraphs_are_separated_by_blank_lines(self):
        self.assertEqual(self.count("a\nb\n\n \nc\r\n\r\nd", "paragraphs"), 3)

    def test_top_words_ignore_case_and_are_sorted(self):
        top = support.answer(self.call({"text": "b B a A c Ä ä Ж ж", "top": 3}))["topWords"]
        self.assertEqual([(each["word"], each["count"]) for each in top], [("a", 2), ("b", 2), ("ä", 2)])

    def test_reading_time_follows_the_given_speed(self):
        text = "word " * 100
        self.assertEqual(support.answer(self.call({"text": text}))["readingTimeSeconds"], 26)
        self.assertEqual(support.answer(self.call({"text": text, "wordsPerMinute": 60}))["readingTimeSeconds"], 100)

    def test_a_large_text_of_distinct_words_is_quick(self):
        text = " ".join(f"w{number}" for number in range(200_000))
        self.assertEqual(self.count(text, "uniqueWords"), 200_000)

    def test_bad_input_is_refused_with_a_sentence(self):
        for payload, phrase in (
            (None, "no payload object"), ([], "no payload object"), ({}, "payload.text must be a string"),
            ({"text": 5}, "payload.text must be a string"), ({"text": "a", "top": 0}, "payload.top must be"),
            ({"text": "a", "top": 101}, "from 1 to 100"), ({"text": "a", "top": "3"}, "payload.top must be"),
            ({"text": "a", "wordsPerMinute": 1.5}, "payload.wordsPerMinute must be"),
        ):
            with self.subTest(payload):
                outcome = self.call(payload)
                self.assertEqual((outcome.returncode, outcome.stdout), (1, b""))
                self.assertIn(phrase, outcome.stderr.decode())

    def test_what_is_not_json_is_refused(self):
        for data in (b"", b"{", b"null", b'{"payload":{"text":"\xff"}}', b'{"payload":{"text":"\\ud800"}}', b"[" * 100_000):
            with self.subTest(data[:30]):
                outcome = self.run_bytes(data)
                self.assertEqual((outcome.returncode, outcome.stdout), (1, b""))
                self.assertIn(b"the request", outcome.stderr)


class CSVSummaryTests(unittest.TestCase):
    def run_payload(self, **payload):
        data = support.request(payload, "/summary")
        return support.run("python", "main.py:handler", support.SKILLS / "csv-summary", data)

    def columns(self, text, **options):
        return {each["name"]: each for each in support.answer(self.run_payload(text=text, **options))["columns"]}

    def test_the_census_adds_up_to_the_published_totals(self):
        text = (support.ROOT / "Examples" / "data" / "us-census-2020.csv").read_text()
        columns = self.columns(text, top=4)
        self.assertEqual(columns["state"]["distinct"], 51)
        self.assertEqual(round(columns["population2010"]["mean"] * 51), 308_745_538)
        self.assertEqual(round(columns["population2020"]["mean"] * 51), 331_449_281)
        self.assertEqual(round(columns["representatives"]["mean"] * 50, 6), 435)
        self.assertEqual(columns["representatives"]["missing"], 1)
        regions = {each["value"]: each["count"] for each in columns["region"]["top"]}
        self.assertEqual(regions, {"South": 17, "West": 13, "Midwest": 12, "Northeast": 9})

    def test_the_narrowest_type_is_found(self):
        for cells, kind in (
            (["1", "-2", "+3"], "integer"), (["1", "2.5"], "number"), (["1e3", ".5"], "number"),
            (["9" * 25], "number"), (["1e400"], "text"), (["yes", "No"], "boolean"), (["2024-02-29"], "date"),
            (["2023-02-29"], "text"), (["2024-01-01T10:00:00Z"], "date"), (["NA", "-", "null"], "empty"),
            (["1", "x"], "text"), (["١"], "text"), (["inf"], "text"), (["0x10"], "text"),
        ):
            with self.subTest(cells):
                self.assertEqual(self.columns("c,d\n" + "".join(f"{cell},\n" for cell in cells))["c"]["type"], kind)

    def test_numbers_are_summarised_exactly(self):
        column = self.columns("n\n2\n4\n4\n4\n5\n5\n7\n9\n")["n"]
        self.assertEqual((column["min"], column["max"], column["mean"]), (2, 9, 5))
        self.assertEqual(column["quantiles"], {"25": 4, "50": 4.5, "75": 5.5})
        self.assertAlmostEqual(column["standardDeviation"], (32 / 7) ** 0.5, places=10)
        self.assertEqual(column["top"][0], {"value": "4", "count": 3})

    def test_a_single_value_has_no_deviation(self):
        self.assertNotIn("standardDeviation", self.columns("n\n2\n")["n"])

    def test_quotes_line_breaks_and_delimiters_are_read(self):
        columns = self.columns('a;"b;c"\r\n"x;y";"line 1\nline 2"\r\n')
        self.assertEqual(columns["a"]["top"][0]["value"], "x;y")
        self.assertEqual(columns["b;c"]["top"][0]["value"], "line 1\nline 2")
        self.assertEqual(self.columns("a\tb\n1\t2\n")["b"]["max"], 2)
        self.assertEqual(self.columns("v\nx\u2028y\n")["v"]["count"], 1)
        self.assertEqual(list(self.columns("\ufeffa,a,\n1,2,3\n")), ["a", "a_2", "column3"])
        self.assertEqual(list(self.columns("1,2\n3,4\n", header=False)), ["column1", "column2"])

    def test_short_rows_are_filled_and_counted(self):
        value = support.answer(self.run_payload(text="a,b\n1\n2,3\n"))
        self.assertEqual((value["raggedRows"], value["columns"][1]["missing"]), (1, 1))

    def test_bad_tables_are_errors_that_name_the_line(self):
        for text, phrase in (
            ("a\n1,2\n", "data row 1 has more values (2)"), ('a\n"open\n', "line 2"), ("\n\n", "no rows"),
            ("," * 1_000 + "\n1\n", "1001 columns"),
        ):
            with self.subTest(phrase):
                outcome = self.run_payload(text=text)
                self.assertEqual(outcome.returncode, 1)
                self.assertIn(phrase, outcome.stderr.decode())


class MarkdownHTMLTests(unittest.TestCase):
    def convert(self, markdown):
        data = support.request({"markdown": markdown}, "/convert")
        return support.answer(support.run("node", "main.js:handler", support.SKILLS / "markdown-html", data))

    def convert_all(self, cases):
        """Converts many texts in one start of node."""
        script = (
            "const { handler } = require('./main.js');"
            "const cases = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));"
            "process.stdout.write(JSON.stringify(cases.map((markdown) => handler('/convert', { markdown }).html)));"
        )
        outcome = support.run("exec", ["node", "-e", script], support.SKILLS / "markdown-html", json.dumps(cases).encode())
        return support.answer(outcome)

    def check(self, pairs):
        for (markdown, expected), html in zip(pairs, self.convert_all([each[0] for each in pairs])):
            with self.subTest(markdown):
                self.assertEqual(html, expected)

    def test_blocks_follow_commonmark(self):
        self.check([
            ("a\nb\n\nc", "<p>a\nb</p>\n<p>c</p>\n"),
            ("# a #\n## b\nc\n===\nd\n---", "<h1>a</h1>\n<h2>b</h2>\n<h1>c</h1>\n<h2>d</h2>\n"),
            ("#no", "<p>#no</p>\n"),
            ("***\n- - -", "<hr />\n<hr />\n"),
            ("```js\na < b\n\n```", "<pre><code class=\"language-js\">a &lt; b\n\n</code></pre>\n"),
            ("~~~\n```\n", "<pre><code>```\n</code></pre>\n"),
            ("\tcode\n\n    more\n", "<pre><code>code\n\nmore\n</code></pre>\n"),
            ("> a\nb\n>\n> - c", "<blockquote>\n<p>a\nb</p>\n<ul>\n<li>c</li>\n</ul>\n</blockquote>\n"),
            ("- a\n  - b\n- c", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n<li>c</li>\n</ul>\n"),
            ("- a\n\n- b", "<ul>\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ul>\n"),
            ("3) a\n4) b", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>\n"),
            ("a\n2. b", "<p>a\n2. b</p>\n"),
            ("-\tcode\n\n\t  x", "<ul>\n<li>\n<p>code</p>\n<p>x</p>\n</li>\n</ul>\n"),
            ("", ""),
        ])

    def test_inlines_follow_commonmark(self):
        self.check([
            ("*a* **b** ***c*** _d_ a_b_c", "<p><em>a</em> <strong>b</strong> <em><strong>c</strong></em> <em>d</em> a_b_c</p>\n"),
            ("*a **b** c*", "<p><em>a <strong>b</strong> c</em></p>\n"),
            ("**a*", "<p>*<em>a</em></p>\n"),
            ("`` a`b `` `c", "<p><code>a`b</code> `c</p>\n"),
            ("\\*a\\* \\q", "<p>*a* \\q</p>\n"),
            ("a  \nb\\\nc\nd", "<p>a<br />\nb<br />\nc\nd</p>\n"),
            ("&copy; &#65;&#x42; &nope; &#0;", "<p>© AB &amp;nope; \ufffd</p>\n"),
            ("[a *b*](/u \"t\")", "<p><a href=\"/u\" title=\"t\">a <em>b</em></a></p>\n"),
            ("![a *b*](/i)", "<p><img src=\"/i\" alt=\"a b\" /></p>\n"),
            ("[x]\n\n[X]: /u 'a\nb'", "<p><a href=\"/u\" title=\"a\nb\">x</a></p>\n"),
            ("[a [b](/i) c](/o)", "<p>[a <a href=\"/i\">b</a> c](/o)</p>\n"),
            ("[a](<b c> (t))", "<p><a href=\"b%20c\" title=\"t\">a</a></p>\n"),
            ("<https://a.b/?x=1&y> <me@a.b>", "<p><a href=\"https://a.b/?x=1&amp;y\">https://a.b/?x=1&amp;y</a> "
             "<a href=\"mailto:me@a.b\">me@a.b</a></p>\n"),
        ])

    def test_nothing_of_the_input_becomes_markup_or_code(self):
        self.check([
            ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
            ("<img src=x onerror=y>", "<p>&lt;img src=x onerror=y&gt;</p>\n"),
            ("[a](javascript:x)", "<p><a href=\"\">a</a></p>\n"),
            ("[a](JAVAscript&#58;x)", "<p><a href=\"\">a</a></p>\n"),
            ("[a](java&#10;script:x)", "<p><a href=\"java%0Ascript:x\">a</a></p>\n"),
            ("<vbscript:x>", "<p><a href=\"\">vbscript:x</a></p>\n"),
            ("![a](data:text/html,x)", "<p><img src=\"\" alt=\"a\" /></p>\n"),
            ("[a]\n\n[a]: file:///etc/passwd", "<p><a href=\"\">a</a></p>\n"),
            ("[a](/x '\" onclick=\"y')", "<p><a href=\"/x\" title=\"&quot; onclick=&quot;y\">a</a></p>\n"),
            ("![\"><b>](/x)", "<p><img src=\"/x\" alt=\"&quot;&gt;&lt;b&gt;\" /></p>\n"),
            ("```\"><b>\n```", "<pre><code class=\"language-&quot;&gt;&lt;b&gt;\"></code></pre>\n"),
        ])

    def test_the_outline_lists_headings_as_plain_text(self):
        outline = self.convert("# A *b* `c` [d](/e)\n\ntext\n\n### F & G")["outline"]
        self.assertEqual(outline, [{"level": 1, "text": "A b c d"}, {"level": 3, "text": "F & G"}])

    def test_hostile_texts_take_time_in_proportion_to_their_length(self):
        count = 20_000
        texts = [
            "[" * count, "![" * count, "[a](" * count, "*a " * count, "*" * count + "a" + "*" * count, "**a *b " * count,
            "a**b" * count, "`a``b" * count, ">" * count, "- " * count, "[a]: b\n" * count, "[a](<b" * count,
            "<a:" * count, "&#" * count, "\n".join(" " * depth + "- a" for depth in range(1_000)),
        ]
        self.assertEqual(len(self.convert_all(texts)), len(texts))


class MisbehavingTests(unittest.TestCase):
    def test_the_network_attempt_reports_what_stopped_it(self):
        # Without a sandbox the attempt may succeed, so here only the refusal of the socket itself is played through.
        script = (
            "import socket, sys\n"
            "def refuse(*arguments): raise PermissionError(1, 'Operation not permitted')\n"
            "socket.socket = refuse\n"
            "sys.path.insert(0, '.')\n"
            "import main; main.handler('/run', {}, {})\n"
        )
        outcome = support.run(
            "exec", ["python3", "-B", "-c", script], support.MISBEHAVING / "network-attempt", support.request({}))
        self.assertEqual(outcome.returncode, 1)
        self.assertIn(b"PermissionError: [Errno 1] Operation not permitted", outcome.stderr)


if __name__ == "__main__":
    unittest.main()
