"""The main job from a first load to a rollback, as its users run it."""

import json
import unittest

from harness import Receiver, Site, SiteTest, klout_night, quiet_night
from test_commands import Page


class ThreadTest(unittest.TestCase):
    def setUp(self):
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.site = Site(routes=[("oncall", self.receiver.url)])
        self.addCleanup(self.site.close)

    def run_night(self, rows, status, **manifest):
        self.site.set_night(rows, **manifest)
        result = self.site.run()
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result

    def test_a_bad_night_is_a_non_event_for_readers(self):
        first = self.run_night(quiet_night(night=0), 0)
        self.assertIn("published: load 1", first.stdout)
        self.assertEqual(self.site.live()[0], 2000)

        self.run_night(quiet_night(night=1), 0)
        good = self.site.live()

        klout = self.run_night(klout_night(), 3)
        self.assertIn("BLOCK", klout.stdout.upper())
        self.assertIn("loadguard approve 3 --override", klout.stdout)
        self.assertEqual(self.site.live(), good)
        self.assertEqual(self.receiver.types()[-1], "load.blocked")

        refused = self.site.call("approve", "3", "--reason", "x")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("--override", refused.stderr)
        self.assertEqual(self.site.live(), good)

        released = self.site.call("approve", "3", "--override", "--reason", "the new model floors scores")
        self.assertEqual(released.returncode, 0, released.stderr)
        self.assertNotEqual(self.site.live(), good)

        back = self.site.call("rollback", "klout", "--reason", "it was no new model")
        self.assertEqual(back.returncode, 0, back.stderr)
        self.assertEqual(self.site.live(), good)

        self.run_night(quiet_night(night=2), 0)
        self.assertEqual(self.site.live()[0], 2000)
        self.assertEqual(
            self.receiver.types(),
            ["load.published", "load.published", "load.blocked", "load.published", "load.rolled_back", "load.published"],
        )
        self.assertEqual(self.receiver.problems, [])

    def test_a_held_load_can_be_rejected(self):
        self.run_night(quiet_night(night=0), 0)
        good = self.site.live()
        self.run_night([(k, 1.0 if k % 100 < 1 else s) for k, s in quiet_night(night=1)], 4)
        rejected = self.site.call("reject", "2", "--reason", "inputs were missing")
        self.assertEqual(rejected.returncode, 0, rejected.stderr)
        self.assertEqual(self.site.live(), good)
        again = self.site.call("approve", "2", "--reason", "x")
        self.assertEqual(again.returncode, 2)
        self.assertIn("rejected", again.stderr)
        self.assertEqual(self.site.query("select count(*) from pg_class where relname = 'klout__2'"), [["0"]])

    def test_show_and_status_and_loads_say_what_happened(self):
        self.run_night(quiet_night(night=0), 0)
        self.run_night(klout_night(), 3)
        shown = self.site.json("show", "2")
        self.assertEqual(shown["verdict"], "block")
        self.assertEqual(shown["state"], "blocked")
        self.assertEqual(shown["rows"]["new"], 2000)
        self.assertTrue(shown["findings"][0]["examples"])
        self.assertEqual([d["state"] for d in shown["deliveries"]], ["delivered"])
        self.assertIn("who was told", self.site.call("show", "2").stdout)
        page = Page(self, self.site.call("show", "2", "--html", "-").stdout)
        self.assertIn("the load is blocked", page.text)
        self.assertIn("Readers see load 1", page.text)
        self.assertIn("svg", page.elements)
        self.assertIn("loadguard approve 2 --override", page.text)
        status = self.site.json("status")
        self.assertEqual(status["feeds"][0]["live"]["load"], 1)
        self.assertEqual(status["feeds"][0]["waiting"], 1)
        loads = self.site.json("loads", "klout")
        self.assertEqual([(l["load"], l["state"]) for l in loads], [(2, "blocked"), (1, "published")])

    def test_an_approval_lapses_when_another_load_went_live(self):
        self.run_night(quiet_night(night=0), 0)
        self.run_night(klout_night(), 3)
        self.run_night(quiet_night(n=2001, night=1), 0)
        gone = self.site.call("approve", "2", "--override", "--reason", "late")
        self.assertEqual(gone.returncode, 2)
        self.assertIn("expired", gone.stderr)

    def test_a_load_marked_bad_is_no_longer_compared_with(self):
        self.run_night(quiet_night(night=0), 0)
        self.run_night(quiet_night(night=1), 0)
        self.assertEqual(self.site.call("mark", "2", "bad", "--reason", "wrong day").returncode, 0)
        self.run_night(quiet_night(night=2), 0)
        self.assertEqual(self.site.json("show", "3")["baseline"], 1)

    def test_the_evidence_of_an_approval_is_on_record(self):
        self.run_night(quiet_night(night=0), 0)
        self.run_night(klout_night(), 3)
        self.site.call("approve", "2", "--override", "--reason", "announced reset")
        audit = self.site.json("show", "2")["audit"]
        self.assertEqual([a["action"] for a in audit], ["blocked", "approved", "published"])
        self.assertEqual(audit[1]["details"]["reason"], "announced reset")

    def test_a_night_is_done_once(self):
        night = ["--scheduled-for", "2026-01-02T04:00:00Z"]
        self.site.set_night(quiet_night(night=0))
        self.assertEqual(self.site.run(*night).returncode, 0)
        again = self.site.run(*night)
        self.assertEqual(again.returncode, 0)
        self.assertIn("done by load 1", again.stdout)
        self.assertEqual(len(self.site.json("loads", "klout")), 1)

    def test_a_dry_run_changes_nothing(self):
        self.run_night(quiet_night(night=0), 0)
        self.site.set_night(klout_night())
        dry = self.site.run("--dry-run")
        self.assertEqual(dry.returncode, 3, dry.stderr)
        self.assertEqual(len(self.site.json("loads", "klout")), 1)

    def test_rows_from_a_file_need_somebody_who_vouches(self):
        (self.site.dir / "x.csv").write_text("profile_id,score\n1,2.5\n")
        self.assertEqual(self.site.run("--from", "x.csv").returncode, 1)
        self.assertEqual(self.site.run("--from", "x.csv", "--rows", "2").returncode, 5)
        self.assertEqual(self.site.run("--from", "x.csv", "--rows", "1").returncode, 0)
        self.assertEqual(self.site.live(), (1, 2.5))


class OtherSourcesTest(SiteTest):
    def test_a_query_is_a_scorer(self):
        self.site.run()
        config = self.site.dir / "loadguard.yaml"
        text = config.read_text().replace(
            "command: [sh, ./score]",
            "query: select g::bigint as profile_id, g * 1.5 as score from generate_series(1, 5000) g\n"
            "      complete_when: {query: select true}",
        )
        config.write_text(text)
        result = self.site.run("--json")
        self.assertIn(result.returncode, (3, 4), result.stderr)
        self.assertEqual(json.loads(result.stdout)["rows"]["new"], 5000)
        config.write_text(config.read_text().replace("as score", "as points"))
        wrong = self.site.run()
        self.assert_status(wrong, 2)
        self.assertIn("points", wrong.stderr)


if __name__ == "__main__":
    unittest.main()
