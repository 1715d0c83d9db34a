"""Real nights: GitHub's most starred repositories as https://github.com/EvanLi/Github-Ranking kept
them, one CSV a night (docs/real-nights.md). Not part of the project: LOADGUARD_REAL_NIGHTS names the
folder with DATE.csv.gz; without it these tests are skipped."""

import csv
import datetime
import gzip
import io
import json
import os
import pathlib
import unittest

from harness import Site

FOLDER = os.environ.get("LOADGUARD_REAL_NIGHTS", "")
CONFIG = """
state_dir: state
feeds:
  ranking:
    key: [list, username, repo_name]
    columns:
      list: text
      username: text
      repo_name: text
      stars: integer
      forks: integer
      issues: integer
      language: text
      last_commit: timestamptz
"""
MAX_STOPPED = 3


def every(rows, share, seed):
    """Rows to damage, spread over all."""
    step = max(1, round(1 / share))
    return [row for i, row in enumerate(rows) if (i + seed) % step == 0]


def set_column(column, value, share):
    def damage(rows, seed):
        for row in every(rows, share, seed):
            row[column] = value
        return rows
    return damage


def fall(rows, seed):
    for row in every(rows, 0.01, seed):
        row["stars"] = str(int(row["stars"]) * 36 // 100)
    return rows


def set_back(rows, seed):
    for row in every(rows, 0.05, seed):
        at = datetime.datetime.fromisoformat(row["last_commit"].replace("Z", "+00:00"))
        row["last_commit"] = (at - datetime.timedelta(days=40)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return rows


def lose_language(rows, seed):
    return [row for row in rows if row["list"] != sorted({r["list"] for r in rows})[seed % 20]] \
        if seed % 2 else rows[: len(rows) * 9 // 10]


DAMAGES = [
    ("stars become 1", set_column("stars", "1", 0.01)),
    ("forks become 0", set_column("forks", "0", 0.02)),
    ("stars become NULL", set_column("stars", "", 0.0005)),
    ("issues become 123", set_column("issues", "123", 0.02)),
    ("stars fall to a third", fall),
    ("commits go back", set_back),
    ("rows are lost", lose_language),
    ("rows come twice", lambda rows, seed: rows + rows),
    ("languages become one", set_column("language", "C", 0.2)),
    ("no rows", lambda rows, seed: []),
]


@unittest.skipUnless(FOLDER, "LOADGUARD_REAL_NIGHTS names no folder of nights")
class RealNightsTest(unittest.TestCase):
    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        (self.site.dir / "loadguard.yaml").write_text(CONFIG)
        self.files = sorted(pathlib.Path(FOLDER).glob("*.csv.gz"))

    def replay(self, files):
        result = self.site.call("replay", "ranking", "--json", *files, timeout=900)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_hardly_a_night_is_stopped(self):
        nights = self.replay([str(f) for f in self.files])
        stopped = [n for n in nights if n["state"] != "published"]
        self.assertLessEqual(len(stopped), MAX_STOPPED, stopped)

    def test_damage_to_forty_nights_is_caught_and_the_nights_between_are_not(self):
        chosen = range(12, 172, 4)
        files = [str(f) for f in self.files]
        for n, night in enumerate(chosen):
            with gzip.open(self.files[night], "rt", newline="") as source:
                reader = csv.DictReader(source)
                rows = DAMAGES[n % len(DAMAGES)][1](list(reader), n)
            out = io.StringIO()
            writer = csv.DictWriter(out, reader.fieldnames, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
            path = self.site.dir / self.files[night].name.removesuffix(".gz")
            path.write_text(out.getvalue())
            files[night] = str(path)
        nights = self.replay(files)
        for n, night in enumerate(chosen):
            self.assertIn(nights[night]["state"], ("held", "blocked"),
                          f"{DAMAGES[n % len(DAMAGES)][0]}: {nights[night]}")
        between = [n for i, n in enumerate(nights) if i not in chosen and n["state"] != "published"]
        self.assertLessEqual(len(between), MAX_STOPPED, between)


if __name__ == "__main__":
    unittest.main()
