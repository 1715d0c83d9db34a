"""Commands that need no store: help, check, init, diff, and their mistakes."""

import html.parser
import json
import pathlib
import subprocess
import tempfile
import unittest

from harness import PROGRAM, csv, klout_night, quiet_night


VOID_ELEMENTS = {"meta", "br", "hr", "img", "input", "link"}


class Page(html.parser.HTMLParser):
    """A page of which every element is closed in its place; asserts what it must not have."""

    def __init__(self, test, text):
        super().__init__(convert_charrefs=True)
        self.test = test
        self.open = []
        self.ids = set()
        self.elements = set()
        self.text = ""
        self.feed(text)
        self.close()
        test.assertEqual(self.open, [])

    def handle_starttag(self, tag, attributes):
        self.elements.add(tag)
        self.test.assertNotIn(tag, {"script", "link", "iframe", "object", "embed", "img", "base", "form"})
        names = [name for name, _ in attributes]
        self.test.assertEqual(len(names), len(set(names)), f"an attribute of {tag} stands twice")
        for name, value in attributes:
            self.test.assertFalse(name.startswith("on") or name in {"src", "href", "srcset", "action"}, f"{tag} has {name}")
            if name == "id":
                self.test.assertNotIn(value, self.ids)
                self.ids.add(value)
        if tag not in VOID_ELEMENTS:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID_ELEMENTS:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        self.test.assertEqual(self.open and self.open.pop(), tag)

    def handle_data(self, data):
        self.text += data


class CommandsTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="lg-commands-")
        self.addCleanup(temporary.cleanup)
        self.dir = pathlib.Path(temporary.name)

    def call(self, *arguments, status=0, stdin=None):
        result = subprocess.run(
            [PROGRAM, *arguments], cwd=self.dir, capture_output=True, text=True, input=stdin, timeout=120
        )
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result

    def write(self, name, text):
        (self.dir / name).write_text(text)
        return name

    def test_the_starter_configuration_is_right(self):
        self.call("init")
        self.assertIn("is right", self.call("check").stdout)
        self.assertIn("exists already", self.call("init", status=2).stderr)

    def test_every_command_has_help(self):
        overview = self.call("help").stdout
        commands = [line.split()[0] for line in overview.splitlines() if line.startswith("  ") and not line.startswith("   ")]
        self.assertGreaterEqual(len(commands), 15)
        for command in commands:
            text = self.call(command, "--help").stdout
            self.assertIn(f"usage: loadguard {command}", text)
            self.assertIn("--config FILE", text)
            self.assertLessEqual(max(len(line) for line in text.splitlines()), 100)

    def test_wrong_usage_is_status_1_with_a_hint(self):
        self.assertIn("Did you mean 'status'", self.call("statsu", status=1).stderr)
        self.assertIn("--json", self.call("diff", "--jsn", "a", "b", status=1).stderr)
        self.assertIn("usage:", self.call("diff", "a", status=1).stderr)
        self.assertIn("loadguard init", self.call("status", status=1).stderr)
        self.call(status=1)

    def test_the_manual_page_renders_without_complaints(self):
        page = self.call("help", "--man").stdout
        rendered = subprocess.run(["mandoc", "-T", "lint", "-W", "warning"], input=page, capture_output=True, text=True)
        self.assertEqual(rendered.stdout, "")

    def test_completion_is_valid_shell(self):
        script = self.call("help", "--completion", "bash").stdout
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        words = subprocess.run(
            ["bash", "-c", script + '\nCOMP_WORDS=(loadguard ro); COMP_CWORD=1; _loadguard; echo "${COMPREPLY[@]}"'],
            capture_output=True, text=True, check=True,
        ).stdout
        self.assertEqual(words.strip(), "rollback")

    def test_diff_needs_no_configuration(self):
        old = self.write("old.csv", csv(quiet_night()))
        new = self.write("new.csv", csv(quiet_night(night=1)))
        bad = self.write("bad.csv", csv(klout_night()))
        self.call("diff", old, new)
        result = json.loads(self.call("diff", old, bad, "--json", status=3).stdout)
        self.assertEqual(result["verdict"], "block")
        self.assertEqual(result["rows"]["old"], 2000)
        self.assertTrue(any(f["column"] == "score" for f in result["findings"]))
        finding = result["findings"][0]
        for key in ("rule", "action", "segment", "condition", "column", "measures", "limit", "basis", "because", "examples"):
            self.assertIn(key, finding)

    def test_diff_writes_a_page_that_stands_alone(self):
        old = self.write("old.csv", csv(quiet_night()))
        bad = self.write("bad.csv", csv(klout_night()))
        self.call("diff", old, bad, "--html", "report.html", status=3)
        text = (self.dir / "report.html").read_text()
        page = Page(self, text)
        self.assertIn("Blocked", page.text)
        self.assertIn("mass reset", page.text)
        self.assertIn("default-src 'none'", text)
        self.assertLessEqual({"html", "main", "h1", "table", "caption", "figure", "svg"}, page.elements)
        self.assertEqual(self.call("diff", old, bad, "--html", "-", status=3).stdout.count("<!DOCTYPE html>"), 1)
        self.assertEqual(sorted(p.name for p in self.dir.glob("report*")), ["report.html"])

    def test_nothing_in_the_data_becomes_markup(self):
        evil = "</style></title><script>alert('1')</script>\x1b[31m\u202e&amp;"
        header = 'profile_id,"sc""ore<img src=x onerror=y>",name\n'
        old = self.write("old.csv", header + "".join(f'{i},{i % 50},"{evil}{i % 7}"\n' for i in range(3000)))
        bad = self.write("<b>bad.csv", header + "".join(f'{i},1,"{evil}"\n' for i in range(3000)))
        page = Page(self, self.call("diff", old, bad, "--html", "-", status=3).stdout)
        self.assertIn("<script>alert('1')</script>\\x1b[31m\\u202e&amp;", page.text)
        self.assertIn("<b>bad.csv", page.text)
        self.assertNotIn("\x1b", page.text)
        self.assertNotIn("\u202e", page.text)

    def test_a_page_that_cannot_be_written_is_an_error_that_names_it(self):
        old = self.write("old.csv", csv(quiet_night()))
        self.assertIn("nowhere/report.html", self.call("diff", old, old, "--html", "nowhere/report.html", status=2).stderr)

    def test_diff_names_a_file_that_is_missing(self):
        old = self.write("old.csv", csv(quiet_night()))
        self.assertIn("nowhere.csv", self.call("diff", old, "nowhere.csv", status=2).stderr)

    def test_diff_of_files_with_different_headers_says_so(self):
        old = self.write("old.csv", csv(quiet_night()))
        new = self.write("new.csv", csv(quiet_night(), header="profile_id,points"))
        self.assertIn("points", self.call("diff", old, new, status=2).stderr)

    def test_mistakes_in_the_configuration_are_all_listed_with_their_places(self):
        self.write(
            "loadguard.yaml",
            "feeds:\n  klout:\n    key: profile_id\n    colums: {profile_id: bigint}\n"
            "    columns: {profile_id: bigint, score: real}\n    scorer: {file: x}\n"
            "    rules:\n      - {name: a, hold: share(scor = 1) > 1%}\n      - {name: b, hodl: rows > 1}\n",
        )
        err = self.call("check", status=1).stderr
        self.assertIn("loadguard.yaml:4:5", err)
        self.assertIn("columns", err)
        self.write("loadguard.yaml", (self.dir / "loadguard.yaml").read_text().replace("    colums: {profile_id: bigint}\n", ""))
        err = self.call("check", status=1).stderr
        self.assertIn("loadguard.yaml:7:", err)
        self.assertIn("scor", err)
        self.assertIn("loadguard.yaml:8:", err)
        self.assertIn("hold", err)

    def test_states_are_what_the_architecture_document_says(self):
        document = pathlib.Path(__file__).parents[2] / "docs/architecture.md"
        table = document.read_text().split("<!-- states -->\n")[1].split("<!-- /states -->")[0]
        self.assertEqual(table.strip(), self.call("states", "--markdown").stdout.strip())

    def test_the_reference_of_the_configuration_is_up_to_date(self):
        document = pathlib.Path(__file__).parents[2] / "docs/configuration.md"
        self.assertEqual(document.read_text(), self.call("help", "--configuration").stdout)


if __name__ == "__main__":
    unittest.main()
