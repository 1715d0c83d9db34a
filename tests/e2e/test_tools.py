"""Commands for people who write and try rules: drill, schema, backtest, suggest."""

import copy
import json
import os
import pathlib
import pty
import random
import re
import signal
import subprocess
import tempfile
import time
import unittest

import jsonschema
import yaml

from harness import PROGRAM, SiteTest, csv, quiet_night

ROOT = pathlib.Path(__file__).parents[2]


class Yaml12(yaml.SafeLoader):
    """YAML as editors and Loadguard read it: only true and false are booleans."""


Yaml12.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", r"^(true|false)$", "tf"),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?[0-9]+\.[0-9]+$", "-+0123456789"),
    ("null", r"^(null|~|)$", ["n", "~", ""]),
):
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


def read_yaml(text):
    return yaml.load(text, Yaml12)


class FilesTest(unittest.TestCase):
    """A folder to call the program in, without a store."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="lg-tools-")
        self.addCleanup(temporary.cleanup)
        self.dir = pathlib.Path(temporary.name)

    def call(self, *arguments, status=0):
        result = subprocess.run([PROGRAM, *arguments], cwd=self.dir, capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result

    def write(self, name, text):
        (self.dir / name).write_text(text)
        return name


CONFIG = """
state_dir: state
memory: 64MiB
feeds:
  scores:
    key: [id]
    columns: {id: bigint, score: {type: double precision, allow_nonfinite: true}, seen: timestamptz}
    indexes: [score, {columns: [score, seen], unique: true}]
    keep: 10
    publish_wait: 1h30m
    scorer:
      command: [./score]
      timeout: 2h
      complete_when: {marker_file: done}
      sources: {twitter: {max_age: 26h}}
    rules:
      - include: default
      - {name: same again, off: true}
      - each: [number, seen]
        except: seen
        rules:
          - {name: nulls, hold: nulls(x) > 5, min_history: 3}
      - {name: by category, block: rows = 0, by: each category, min_rows: 10, shadow: true, where: score > 1}
routes:
  - {name: on-call, webhook: 'http://localhost:1/', secret_file: secret}
"""


class SchemaTest(FilesTest):
    def setUp(self):
        super().setUp()
        self.config = json.loads(self.call("schema").stdout)
        self.rules = json.loads(self.call("schema", "--rules").stdout)
        self.validator = jsonschema.Draft202012Validator(self.config)

    def accepts(self, document):
        self.assertEqual([e.message for e in self.validator.iter_errors(document)], [])

    def change(self, *path, to):
        document = copy.deepcopy(read_yaml(CONFIG))
        at = document
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = to
        return document

    def test_both_are_valid_schemas(self):
        for schema in (self.config, self.rules):
            jsonschema.Draft202012Validator.check_schema(schema)

    def test_what_check_accepts_the_schema_accepts(self):
        self.write("secret", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n")
        (self.dir / "secret").chmod(0o600)
        self.write("loadguard.yaml", CONFIG)
        self.call("check")
        self.accepts(read_yaml(CONFIG))

    def test_the_starter_configuration_and_the_default_rules_pass(self):
        self.call("init")
        self.accepts(read_yaml((self.dir / "loadguard.yaml").read_text()))
        jsonschema.validate(read_yaml((ROOT / "configs/rules/default.yaml").read_text()), self.rules)

    def test_every_example_of_the_documentation_passes(self):
        seen = 0
        for path in [*ROOT.glob("docs/*.md"), ROOT / "README.md"]:
            for block in re.findall(r"^```yaml\n(.*?)^```", path.read_text(), re.M | re.S):
                document = read_yaml(block)
                if isinstance(document, list):
                    jsonschema.validate(document, self.rules)
                elif "feeds" in document:
                    self.accepts(document)
                elif set(document) == {"rules"}:
                    jsonschema.validate(document, self.rules)
                else:
                    continue
                seen += 1
        self.assertGreaterEqual(seen, 5)

    def test_each_kind_of_mistake_is_found(self):
        feed = ("feeds", "scores")
        for path, wrong in (
            (("fedes",), {}),
            (("memory",), "a lot"),
            (("memory",), [1]),
            (("feeds",), []),
            (("feeds",), {}),
            ((*feed, "colunms"), {}),
            ((*feed, "columns"), {}),
            ((*feed, "columns", "score"), "dubble"),
            ((*feed, "columns", "score", "nullable"), True),
            ((*feed, "key"), {"id": 1}),
            ((*feed, "key"), []),
            ((*feed, "keep"), 1),
            ((*feed, "keep"), "many"),
            ((*feed, "indexes", 1, "unique"), "perhaps"),
            ((*feed, "publish_wait"), "soon"),
            ((*feed, "publish_wait"), 5),
            ((*feed, "scorer", "format"), "xml"),
            ((*feed, "scorer", "file"), "both.csv"),
            ((*feed, "scorer", "sources", "twitter"), {}),
            ((*feed, "scorer", "complete_when", "query"), "select true"),
            ((*feed, "rules"), "default"),
            ((*feed, "rules", 0), {"name": "nothing"}),
            ((*feed, "rules", 0), {"name": "roll", "rollback": "rows = 0"}),
            ((*feed, "rules", 2, "rules", 0, "hodl"), "rows = 0"),
            ((*feed, "rules", 3, "shadow"), "maybe"),
            ((*feed, "rules", 3, "min_rows"), 0),
            (("routes", 0, "webhook"), None),
            (("routes", 0), {"name": "nobody"}),
        ):
            document = self.change(*path, to=wrong)
            self.assertTrue(list(self.validator.iter_errors(document)), (path, wrong))

    def test_required_keys_are_required(self):
        document = read_yaml(CONFIG)
        del document["feeds"]["scores"]["columns"]
        self.assertTrue(list(self.validator.iter_errors(document)))

    def properties_at(self, path):
        """The properties of the map that a section of the reference page is about."""
        at = self.config
        for name in path:
            at = at["properties"][name] if name in at.get("properties", {}) else at
            at = at.get("items", at)
            if isinstance(at.get("additionalProperties"), dict):
                at = at["additionalProperties"]
            at = at.get("allOf", [at])[0]
            at = next((each for each in at.get("anyOf", []) if "properties" in each), at)
        return at["properties"]

    def test_every_key_that_is_read_is_there_with_its_description(self):
        section, n = [], 0
        for line in self.call("help", "--configuration").stdout.splitlines():
            if line.startswith("## "):
                section = [p.removesuffix("[]") for p in line[3:].split(".")[1:] if p != "NAME"]
            elif row := re.match(r"\| `(\w+)` \|", line):
                key = self.properties_at(section)[row[1]]
                self.assertIn("description", key)
                n += 1
        self.assertGreater(n, 35)

    def test_every_key_of_a_rule_is_there_and_no_other(self):
        self.write("loadguard.yaml", CONFIG.replace("{name: same again, off: true}", "{zzzzzzzzzzzzzz: 1}"))
        hint = re.search(r"The keys here are (.*)\.", self.call("check", status=1).stderr)
        self.assertEqual(set(hint[1].split(", ")), set(self.config["$defs"]["rule"]["properties"]))

    def test_every_word_that_is_offered_is_accepted(self):
        types = self.config["$defs"]["column"]["anyOf"][0]["enum"]
        each = self.config["$defs"]["rule"]["properties"]["each"]["anyOf"][0]["anyOf"][0]["enum"]
        self.assertIn("timestamptz", types)
        columns = ", ".join(f"c{i}: {name}" for i, name in enumerate(types))
        rules = "".join(f"      - {{name: r {name}, each: {name}, warn: nulls(x) > 1}}\n" for name in each)
        self.write(
            "loadguard.yaml",
            f"feeds:\n  f:\n    key: id\n    columns: {{id: bigint, {columns}}}\n"
            f"    scorer: {{file: f.csv}}\n    rules:\n{rules}",
        )
        self.call("check")


class DrillTest(FilesTest):
    def setUp(self):
        super().setUp()
        self.write("night.csv", csv(quiet_night(1000)))
        self.write("next.csv", csv(quiet_night(1000, night=1)))
        self.write("rules.yaml", "- {name: reset, hold: share(score = 0) > 3%}\n- {name: idle, warn: rows = 0 and kept = 1}\n")

    def test_a_file_can_be_drilled_without_configuration_or_database(self):
        out = self.call("drill", "--file", "night.csv").stdout
        self.assertRegex(out, r"score set to 1 +\d")
        self.assertRegex(out, r"rows delivered twice +0\.1 % \(1 row\) +block +block")
        self.assertIn("smallest share in %", out)
        self.assertEqual([line for line in out.splitlines() if line != line.rstrip()], [])

    def test_json_says_where_each_damage_begins_to_be_stopped(self):
        result = json.loads(self.call("drill", "--file", "night.csv", "--rules", "rules.yaml", "--json").stdout)
        damages = {d["damage"]: d for d in result["damages"]}
        self.assertEqual(damages["score set to 0"]["stops"], {"share": 0.05, "rows": 50, "verdict": "hold"})
        self.assertEqual(damages["score set to 0"]["caught_by"], [{"rule": "reset", "share": 0.05, "action": "hold"}])
        self.assertIsNone(damages["score set to 1"]["stops"])
        self.assertIn("score set to 1", result["uncaught"])
        self.assertNotIn("rows delivered twice", result["uncaught"])
        self.assertEqual(result["rules_that_caught_nothing"], ["idle"])

    def test_the_same_seed_gives_the_same_result(self):
        one, two = (self.call("drill", "--file", "night.csv", "--seed", "5").stdout for _ in range(2))
        self.assertEqual(one, two)

    def test_a_night_before_makes_rows_that_did_not_move_visible(self):
        out = self.call("drill", "--file", "next.csv", "--before", "night.csv").stdout
        self.assertIn("judged against night.csv", out)
        self.assertIn("rows that did not move", out)

    def test_wrong_usage_is_told(self):
        self.assertIn("either a feed or --file", self.call("drill", status=1).stderr)
        self.assertIn("either a feed or --file", self.call("drill", "f", "--file", "night.csv", status=1).stderr)
        self.assertIn("no column 'x'", self.call("drill", "--file", "night.csv", "--column", "x", status=1).stderr)
        self.assertIn("part of the key", self.call("drill", "--file", "night.csv", "--column", "profile_id", status=1).stderr)
        self.assertIn("nowhere.csv", self.call("drill", "--file", "nowhere.csv", status=2).stderr)
        self.assertIn("--key", self.call("drill", "f", "--key", "a", status=1).stderr)
        self.write("empty.csv", "profile_id,score\n")
        self.assertIn("no rows", self.call("drill", "--file", "empty.csv", "--key", "profile_id", status=2).stderr)

    def test_an_interrupt_leaves_no_file_behind(self):
        self.write("large.csv", csv(quiet_night(60000)))
        folder = self.dir / "temporary"
        folder.mkdir()
        process = subprocess.Popen(
            [PROGRAM, "drill", "--file", "large.csv"], cwd=self.dir, env=os.environ | {"TMPDIR": str(folder)},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 2, stderr)
        self.assertEqual(list(folder.iterdir()), [])

    def test_progress_is_shown_on_a_terminal(self):
        self.write("large.csv", csv(quiet_night(30000)))
        leader, follower = pty.openpty()
        subprocess.run([PROGRAM, "drill", "--file", "large.csv"], cwd=self.dir, stdout=subprocess.DEVNULL, stderr=follower, timeout=120, check=True)
        os.close(follower)
        self.assertIn(b"rows, ", os.read(leader, 4096))
        os.close(leader)


class DrillProofTest(FilesTest):
    """What a drill says, reckoned again: nights damaged here, by other code and on other rows."""

    columns = "id,network,score"

    def setUp(self):
        super().setUp()
        self.old, self.new = self.night(1), self.night(2)
        self.write_rows("old.csv", self.old)
        self.write_rows("new.csv", self.new)

    def night(self, nights):
        rows = []
        for key in range(1, 5001):
            rng = random.Random(key)
            score, network = rng.uniform(5, 95), rng.choice(("twitter", "twitter", "facebook", "linkedin", "linkedin"))
            for _ in range(nights):
                score += rng.choice((-0.3, 0, 0, 0, 0.3))
            rows.append((key, network, round(score, 1)))
        return rows

    def write_rows(self, name, rows):
        self.write(name, self.columns + "\n" + "".join(f"{key},{network},{score}\n" for key, network, score in rows))

    def hit(self, share, network=None):
        keys = [row[0] for row in self.new if network in (None, row[1])]
        return set(random.Random(7).sample(keys, round(share * len(keys))))

    def with_scores(self, hit, change):
        return [(key, network, change(score) if key in hit else score) for key, network, score in self.new]

    def set_to_one(self, share):
        return self.with_scores(self.hit(share), lambda score: 1)

    def halved(self, share):
        return self.with_scores(self.hit(share, "facebook"), lambda score: score / 2)

    def cut_off(self, share):
        return self.new[: len(self.new) - round(share * len(self.new))]

    def renamed(self, share):
        hit = self.hit(share)
        return [(key + 10**6 if key in hit else key, network, score) for key, network, score in self.new]

    def lost(self, share):
        hit = self.hit(share, "facebook")
        return [row for row in self.new if row[0] not in hit]

    def swapped(self, share):
        keys = sorted(self.hit(share))
        score = {key: score for key, _, score in self.new}
        taken = dict(zip(keys, keys[1:] + keys[:1]))
        return [(key, network, score[taken.get(key, key)]) for key, network, _ in self.new]

    def judge(self, rows):
        """The exit status, and the rules with a finding."""
        self.write_rows("damaged.csv", rows)
        arguments = [PROGRAM, "diff", "old.csv", "damaged.csv", "--key", "id", "--json"]
        result = subprocess.run(arguments, cwd=self.dir, capture_output=True, text=True, timeout=120)
        return result.returncode, {finding["rule"] for finding in json.loads(result.stdout)["findings"]}

    def test_the_smallest_share_of_each_damage_is_what_a_comparison_says(self):
        result = json.loads(self.call("drill", "--file", "new.csv", "--before", "old.csv", "--key", "id", "--json").stdout)
        damages = {damage["damage"]: damage for damage in result["damages"]}
        self.assertEqual(result["rules_not_counted"], [])
        self.assertEqual(self.judge(self.new), (0, set()))
        for name, damaged in (
            ("score set to 1", self.set_to_one),
            ("score halved for network=facebook", self.halved),
            ("last rows missing", self.cut_off),
            ("rows under new keys", self.renamed),
            ("rows of network=facebook missing", self.lost),
            ("score swapped between rows", self.swapped),
        ):
            with self.subTest(name):
                damage = damages[name]
                share = damage["stops"]["share"]
                self.assertLess(share, 1)
                status, rules = self.judge(damaged(share))
                self.assertEqual(status, {"hold": 4, "block": 3}[damage["stops"]["verdict"]])
                self.assertIn(rules, [{c["rule"] for c in damage["caught_by"] if c["share"] <= share}])
                self.assertEqual(self.judge(damaged(share / 5)), (0, set()))


class OddDrillTest(FilesTest):
    """Whatever the columns are, a drill ends well and its JSON is whole."""

    def drill(self, text, *arguments):
        self.write("odd.csv", text)
        self.assertIn("stopped from", self.call("drill", "--file", "odd.csv", *arguments).stdout)
        result = json.loads(self.call("drill", "--file", "odd.csv", "--json", *arguments).stdout)
        names = [damage["damage"] for damage in result["damages"]]
        self.assertEqual(len(names), len(set(names)))
        self.assertIn("rows under new keys", names)
        self.assertLessEqual(set(result["uncaught"]), set(names))
        for damage in result["damages"]:
            steps = damage["steps"]
            self.assertEqual(steps, sorted(steps, key=lambda step: -step["share"]))
            self.assertTrue(all(1 <= step["rows"] <= result["rows"] for step in steps if damage["share_of"] == "rows"), damage)
            self.assertIn(damage["stops"], [None, *steps])
            self.assertEqual(damage["damage"] in result["uncaught"], not damage["caught_by"] and "fails" not in damage)
        return names

    def test_no_value_column(self):
        names = self.drill("id\n" + "".join(f"{i}\n" for i in range(100)), "--key", "id")
        self.assertIn("last rows missing", names)

    def test_no_numbers(self):
        self.assertIn("t set to NULL", self.drill("id,t\n" + "".join(f"{i},{'abc'[i % 3]}\n" for i in range(100)), "--key", "id"))

    def test_no_text(self):
        self.assertIn("n set to 1", self.drill("id,n\n" + "".join(f"{i},{i * 7 % 50 + 5}\n" for i in range(100)), "--key", "id"))

    def test_a_key_of_text(self):
        self.drill("id,n\n" + "".join(f"k{i},{i % 50}\n" for i in range(100)), "--key", "id")

    def test_a_single_row(self):
        self.drill("a,b,c\n1,2,x\n", "--key", "a")

    def test_a_key_of_two_columns(self):
        rows = "".join(f"{i // 4},{'wxyz'[i % 4]},{i % 30}\n" for i in range(120))
        names = self.drill("a,b,n\n" + rows, "--key", "a,b")
        self.assertFalse([name for name in names if name.startswith(("a ", "b "))])

    def test_a_column_that_is_always_null(self):
        self.drill("id,n,u\n" + "".join(f"{i},{i % 50},\n" for i in range(100)), "--key", "id")

    def test_times_and_booleans(self):
        rows = "".join(f"{i},2026-03-{i % 28 + 1:02},{'true' if i % 3 else 'false'}\n" for i in range(100))
        self.drill("id,day,active\n" + rows, "--key", "id")

    def test_rows_that_stand_twice(self):
        self.drill("id,n\n1,5\n1,6\n2,7\n", "--key", "id")


class FeedDrillTest(SiteTest):
    def test_a_drill_of_a_feed_records_and_publishes_nothing(self):
        none = self.site.call("drill", "klout")
        self.assert_status(none, 2)
        self.assertIn("no live load", none.stderr)
        self.assert_status(self.site.run(), 0)
        first = self.site.json("drill", "klout")
        self.assertEqual(first["against"], "the load itself")
        self.site.set_night(quiet_night(night=1))
        self.assert_status(self.site.run(), 0)
        before = self.site.query("select count(*), (select count(*) from loadguard.measure) from loadguard.load")
        result = self.site.json("drill", "klout")
        self.assertEqual(result["against"], "load 1")
        self.assertEqual(result["rows"], 2000)
        self.assertEqual(self.site.json("drill", "klout", "--still")["against"], "the load itself")
        after = self.site.query("select count(*), (select count(*) from loadguard.measure) from loadguard.load")
        self.assertEqual(before, after)
        self.assertEqual(self.site.live()[0], 2000)

    def test_a_run_holds_what_a_drill_says_it_would_and_passes_less(self):
        night = quiet_night()
        self.site.set_night(night, as_of="2026-03-01T04:00:00Z")
        self.assert_status(self.site.run(), 0)
        damages = {d["damage"]: d for d in self.site.json("drill", "klout", "--still")["damages"]}
        for name, value in (("score set to 1", 1.0), ("score set to 123.45", 123.45)):
            share = damages[name]["stops"]["share"]
            for part, expected in ((1, damages[name]["stops"]["verdict"]), (1 / 5, None)):
                hit = set(random.Random(3).sample(range(2000), round(share * part * 2000)))
                rows = [(key, value if i in hit else score) for i, (key, score) in enumerate(night)]
                self.site.set_night(rows, as_of="2026-03-02T04:00:00Z")
                status = {"hold": 4, "block": 3, None: 0}[expected]
                self.assert_status(self.site.run("--dry-run"), status)


def walking_night(night):
    """Scores of which a third move each night, as many up as down."""
    def score(key):
        moves = (random.Random(key * 1000 + i).choice((-0.2, 0, 0, 0, 0.2)) for i in range(night))
        return round(30 + key * 7919 % 400 / 10 + sum(moves), 1)

    return [(key, score(key)) for key in range(1, 2001)]


class HistoryTest(SiteTest):
    """Ten nights of a feed, one of which was stopped."""

    site_options = {"rules": "      - {name: floor, hold: min(score) < 1}\n"}

    def setUp(self):
        super().setUp()
        for night in range(10):
            rows = walking_night(night)
            if night == 6:
                rows = [(key, 0.5 if key % 50 == 0 else score) for key, score in rows]
            self.site.set_night(rows, as_of=f"2026-03-{night + 1:02}T04:00:00Z")
            self.assert_status(self.site.run(), 4 if night == 6 else 0)

    def nights(self, result):
        return {night["as_of"][:10]: night for night in result["nights"]}

    def test_rules_are_tried_on_the_past(self):
        before = self.site.query("select count(*), sum(value) from loadguard.measure")
        own = self.site.json("backtest", "klout")
        self.assertEqual(len(own["nights"]), 10)
        for night in own["nights"]:
            self.assertEqual(night["would"], night["verdict"], night)
        self.assertEqual(self.nights(own)["2026-03-07"]["would"], "hold")
        rules = {rule["rule"]: rule for rule in own["rules"]}
        self.assertEqual(len(rules["floor"]["stopped"]), 1)
        self.assertEqual(rules["floor"]["judged"], 10)

        (self.site.dir / "new.yaml").write_text(
            "- {name: never, block: rows = 0}\n- {name: middle, hold: 'quantile(score, 0.5) > 0'}\n"
        )
        tried = self.site.json("backtest", "klout", "--rules", "new.yaml")
        rules = {rule["rule"]: rule for rule in tried["rules"]}
        self.assertEqual(rules["never"]["judged"], 10)
        self.assertEqual(rules["never"]["stopped"], [])
        # of what was never measured, only loads that are still kept can tell
        middle = rules["middle"]
        self.assertEqual(middle["judged"] + middle["not_judged"], 10)
        self.assertGreaterEqual(middle["judged"], 5)
        self.assertGreaterEqual(middle["not_judged"], 1)
        self.assertIn("not recorded", middle["why_not_judged"])
        self.assertEqual(len(middle["stopped"]), middle["judged"])
        self.assertEqual(self.site.query("select count(*), sum(value) from loadguard.measure"), before)

        text = self.site.call("backtest", "klout", "--nights", "3")
        self.assert_status(text, 0)
        self.assertEqual(text.stdout.count("2026-03-"), 3)
        self.assertIn("judged  stopped", text.stdout)
        self.assert_status(self.site.call("backtest", "klout", "--nights", "0"), 1)
        self.assert_status(self.site.call("backtest", "kluot"), 1)

        # limits from the same history, ready to be included
        out = self.site.call("suggest", "klout")
        self.assert_status(out, 0)
        self.assertIn("false alarms of all rules together of about 1 a year", out.stdout)
        self.assertRegex(out.stdout, r"# 1 to 1 in|# [\d.]+ to [\d.]+ in 9 loads; \d+ of 10 would be stopped")
        (self.site.dir / "suggested.yaml").write_text(out.stdout)
        self.site.rules += "      - include: suggested.yaml\n"
        self.site.write_config()
        checked = self.site.call("check")
        self.assert_status(checked, 0)
        self.assertEqual(self.site.call("check", "--rules").stdout.count(" usual "), out.stdout.count("- name: "))
        again = self.site.json("backtest", "klout")
        stopped = [night for night in again["nights"] if night["would"] in ("hold", "block")]
        self.assertLessEqual(len(stopped), 3)
        self.assertIn("2026-03-07", self.nights(again))

        strict = self.site.json("suggest", "klout", "--false-alarms-per-year", "100000")
        lax = self.site.json("suggest", "klout", "--false-alarms-per-year", "0.01")
        width = lambda result: [s["limits"][1] - s["limits"][0] for s in result["suggestions"] if s["kind"] == "range"]
        self.assertTrue(width(strict))
        self.assertTrue(all(a <= b for a, b in zip(width(strict), width(lax))))
        self.assertLess(sum(width(strict)), sum(width(lax)))
        self.assert_status(self.site.call("suggest", "klout", "--false-alarms-per-year", "0"), 1)
        self.assert_status(self.site.call("suggest", "klout", "--false-alarms-per-year", "few"), 1)


class ManySegmentsTest(SiteTest):
    """A rule that divides a feed into more segments than have a history."""

    site_options = {"rules": "      - {name: each, warn: 'beyond(mean(score), none, 5)', by: profile_id, min_history: 3}\n"}

    def segments(self, load):
        outcomes = self.site.json("show", str(load))["outcomes"]
        return {(o["outcome"], o["basis"]): o for o in outcomes if o["rule"] == "each"}

    def test_those_without_a_history_are_told_and_few_are_stored(self):
        for night in range(4):
            self.site.set_night(quiet_night(night=night), as_of=f"2026-03-{night + 1:02}T04:00:00Z")
            self.assert_status(self.site.run(), 0)
        stored = self.site.query("select load_id, count(*) from loadguard.measure where segment <> '' group by 1 order by 1")
        self.assertEqual(stored, [[str(load), "1000"] for load in range(1, 5)])
        self.assertEqual(self.segments(3)["not applicable", "fixed"]["segments"], 2000)
        segments = self.segments(4)
        self.assertEqual(segments["pass", "history"]["segments"], 1000)
        without = segments["not applicable", "fixed"]
        self.assertEqual(without["segments"], 1000)
        self.assertIn("has 0; only the 1000 segments with the most rows have a history", without["sentence"])


class NoHistoryTest(SiteTest):
    def test_without_loads_there_is_nothing_to_look_back_on(self):
        out = self.site.call("backtest", "klout")
        self.assert_status(out, 0)
        self.assertIn("nothing to look back on", out.stdout)
        self.assertEqual(self.site.json("backtest", "klout")["nights"], [])

    def test_too_few_loads_are_not_guessed_from(self):
        self.assert_status(self.site.run(), 0)
        out = self.site.call("suggest", "klout")
        self.assert_status(out, 0)
        self.assertIn("needs 8 loads of history and has 1", out.stdout)
        self.assertNotIn("- name:", out.stdout)
        (self.site.dir / "suggested.yaml").write_text(out.stdout)
        self.site.rules += "      - include: suggested.yaml\n"
        self.site.write_config()
        self.assert_status(self.site.call("check"), 0)
