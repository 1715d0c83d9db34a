"""Known incidents, night by night through the whole gate: exit status, what is said, what is live,
and that the night that repairs the data is published."""

import datetime
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from harness import Site

CONFIG = """
state_dir: state
feeds:
  accounts:
    key: id
    columns:
      id: bigint
      score: double precision
      grade: integer
      influence: double precision
      followers: bigint
      following: bigint
      price: numeric
      active: boolean
      network: text
      country: text
      name: text
      born: date
      seen: timestamptz
      rating: real
"""


class IncidentsTest(unittest.TestCase):
    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        (self.site.dir / "loadguard.yaml").write_text(CONFIG)

    def nights(self, incident, share=1, quiet=10, damaged=1, after=1, rows=3000, seed=77):
        """Name, rows and kind of the generated nights."""
        folder = self.site.dir / "nights"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        made = subprocess.run(
            [os.environ["INCIDENT_NIGHTS"], incident, folder, str(rows), str(seed), str(share),
             str(quiet), str(damaged), str(after)],
            capture_output=True, text=True, check=True)
        return [line.split() for line in made.stdout.splitlines()]

    def run_night(self, night, **options):
        name, rows, _ = night
        as_of = options.get("as_of", name.removesuffix(".csv") + "T04:00:00Z")
        return self.site.call("run", "accounts", "--from", f"nights/{name}", "--rows", rows,
                              "--as-of", as_of)

    def live_night(self):
        status = json.loads(self.site.call("status", "--json").stdout)
        return status["feeds"][0]["live"]["as_of"][:10]

    def run_all(self, nights, damaged_status):
        """Runs them; quiet nights have to be published, damaged ones end with the status."""
        results = []
        for night in nights:
            before = self.live_night() if results else None
            result = self.run_night(night)
            expected = 0 if night[2] == "quiet" else damaged_status
            self.assertEqual(result.returncode, expected,
                             f"{night}: {result.stdout}{result.stderr}")
            if expected == 0:
                self.assertEqual(self.live_night(), night[0][:10])
            else:
                self.assertEqual(self.live_night(), before)
            results.append(result)
        return results

    def test_most_scores_become_one(self):
        nights = self.nights("klout-2011-05-23", share=0.8)
        results = self.run_all(nights, 3)
        self.assertIn("moved to score = 1", results[10].stdout)

    def test_a_few_scores_become_one_for_six_nights(self):
        nights = self.nights("klout-2011-05-23", share=0.02, damaged=6, after=2)
        results = self.run_all(nights, 4)
        self.assertIn("moved to score = 1", results[10].stdout)
        self.assertIn("nights lie between", results[16].stdout)

    def test_one_row_loses_its_score(self):
        results = self.run_all(self.nights("google-2025-06-12", share=0.0001), 4)
        self.assertIn("score is NULL in 1 row", results[10].stdout)

    def test_every_row_comes_twice_every_other_night(self):
        nights = self.nights("cloudflare-2025-11-18", quiet=3, damaged=1, after=1)
        nights += [nights[3], nights[4]]
        as_of = [n[0].removesuffix(".csv") + "T04:00:00Z" for n in nights]
        day = datetime.date.fromisoformat(nights[4][0][:10])
        as_of[5] = f"{day + datetime.timedelta(days=1)}T04:00:00Z"
        as_of[6] = f"{day + datetime.timedelta(days=2)}T04:00:00Z"
        for night, at in zip(nights, as_of):
            result = self.run_night(night, as_of=at)
            self.assertEqual(result.returncode, 3 if night[2] == "damaged" else 0, result.stdout)
        self.assertEqual(self.live_night(), as_of[6][:10])

    def test_a_column_is_missing(self):
        results = self.run_all(self.nights("crowdstrike-2024-07-19", quiet=2), 2)
        self.assertIn("grade", results[2].stdout + results[2].stderr)

    def test_an_older_plan_overtakes_a_newer_one_and_leaves_nothing(self):
        nights = self.nights("aws-2025-10-19-empty", quiet=3)
        self.run_all(nights[:3], 3)
        stale = self.run_night(nights[1])
        self.assertEqual(stale.returncode, 5, stale.stdout + stale.stderr)
        self.assertEqual(self.live_night(), nights[2][0][:10])
        empty = self.run_night(nights[3])
        self.assertEqual(empty.returncode, 3, empty.stdout + empty.stderr)
        self.assertEqual(self.run_night(nights[4]).returncode, 0)

    def test_changes_on_purpose_are_held_released_and_do_not_poison_what_follows(self):
        for incident, share in (("ofqual-2020-08", 0.391), ("twitter-2018-07", 0.9),
                                ("klout-2011-10-26", 0.95)):
            for quiet in (2, 10):
                with self.subTest(incident=incident, quiet=quiet):
                    self.setUp()
                    nights = self.nights(incident, share=share, quiet=quiet, after=2)
                    held = self.run_all(nights[:-2], 4)[-1]
                    load = str(quiet + 1)
                    self.assertIn(f"loadguard approve {load}", held.stdout)
                    self.assertNotEqual(self.site.call("approve", load).returncode, 0)
                    approved = self.site.call("approve", load, "--reason", "announced in May")
                    self.assertEqual(approved.returncode, 0, approved.stdout + approved.stderr)
                    self.run_all(nights[-2:], 0)

    def test_the_document_shows_the_table_that_the_rules_are_held_to(self):
        power = pathlib.Path(os.environ["INCIDENT_NIGHTS"]).with_name("incident_power")
        table = subprocess.run([power, "table"], capture_output=True, text=True, check=True).stdout
        document = (pathlib.Path(__file__).parents[2] / "docs/incidents.md").read_text()
        shown = document.split("<!-- incidents -->\n")[1].split("<!-- /incidents -->")[0]
        self.assertEqual(shown, table)

    def test_a_replay_tells_of_each_night(self):
        nights = self.nights("phe-2020-09", share=0.2, quiet=9, damaged=2, after=2)
        files = [f"nights/{name}" for name, _, _ in nights]
        result = self.site.call("replay", "accounts", *files)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("13 nights: 11 published, 2 held, 0 blocked, 0 failed", result.stdout)


if __name__ == "__main__":
    unittest.main()
