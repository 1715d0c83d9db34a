"""Scorers that fail in every way they can: what they produced is never published."""

import pathlib
import signal
import time
import unittest

from harness import Site, quiet_night


class BadScorerTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.addClassCleanup(cls.site.close)
        first = cls.site.run()
        assert first.returncode == 0, first.stdout + first.stderr
        cls.good = cls.site.live()

    def score(self, script, status, *parts):
        self.site.set_night(quiet_night(night=1))
        self.site.set_score(script)
        result = self.site.run()
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        self.assertEqual(self.site.live(), self.good)
        for part in parts:
            self.assertIn(part, result.stderr)
        return result

    def test_a_non_zero_exit_fails_the_load_and_shows_its_last_words(self):
        self.score("cat night.csv; echo no inputs from twitter >&2; exit 7\n", 2, "7", "no inputs from twitter")

    def test_a_killed_scorer_fails_the_load(self):
        self.score("cat night.csv; kill -9 $$\n", 2, "SIGKILL")

    def test_a_hanging_scorer_is_stopped(self):
        config = self.site.dir / "loadguard.yaml"
        text = config.read_text()
        config.write_text(text.replace("timeout: 60s", "timeout: 2s"))
        self.addCleanup(config.write_text, text)
        self.score("trap '' TERM; cat night.csv; while :; do sleep 1; done\n", 2, "longer than 2.0 s")

    def test_half_the_rows_with_exit_0_are_not_complete(self):
        self.score("head -1000 night.csv\n", 4)

    def test_half_the_rows_with_a_manifest_for_all_are_incomplete(self):
        self.score('head -1000 night.csv; cat manifest.json >&"$LOADGUARD_MANIFEST_FD"\n', 5, "2000", "999")

    def test_a_lie_about_the_row_count_is_incomplete(self):
        self.score('cat night.csv; echo \'{"complete": true, "rows": 75000000}\' >&"$LOADGUARD_MANIFEST_FD"\n', 5, "75000000")

    def test_a_manifest_that_says_incomplete_is_believed(self):
        self.score('cat night.csv; echo \'{"complete": false, "rows": 2000}\' >&"$LOADGUARD_MANIFEST_FD"\n', 5)

    def test_flooding_standard_error_neither_blocks_nor_fills_the_report(self):
        self.score(
            'yes "warning: something" | head -c 50000000 >&2; cat night.csv; exit 1\n', 2, "warning: something"
        )

    def test_garbage_on_the_manifest_is_incomplete(self):
        self.score('cat night.csv; head -c 1000 /dev/urandom >&"$LOADGUARD_MANIFEST_FD"\n', 5, "manifest")

    def test_a_grandchild_that_holds_the_pipe_does_not_hold_the_load(self):
        started = time.monotonic()
        self.score('cat night.csv; cat manifest.json >&"$LOADGUARD_MANIFEST_FD"; sleep 300 & exit 0\n', 5)
        self.assertLess(time.monotonic() - started, 60)

    def test_a_program_that_does_not_exist_is_named(self):
        config = self.site.dir / "loadguard.yaml"
        text = config.read_text()
        config.write_text(text.replace("[sh, ./score]", "[./no-such-scorer]"))
        self.addCleanup(config.write_text, text)
        self.score("", 2, "no-such-scorer")

    def test_a_stale_as_of_is_refused(self):
        self.site.set_night(quiet_night(night=1), as_of="2001-01-01T00:00:00Z")
        result = self.site.run()
        self.assertEqual(result.returncode, 5, result.stderr)
        self.assertEqual(self.site.live(), self.good)

    def test_inputs_that_are_not_ready_are_not_started_from(self):
        config = self.site.dir / "loadguard.yaml"
        text = config.read_text()
        config.write_text(text.replace("      timeout:", "      ready: [select false]\n      timeout:"))
        self.addCleanup(config.write_text, text)
        self.score("touch started; cat night.csv\n", 5, "select false")
        self.assertFalse((self.site.dir / "started").exists())

    def test_a_source_that_is_too_old_is_incomplete(self):
        config = self.site.dir / "loadguard.yaml"
        text = config.read_text()
        config.write_text(text.replace("      timeout:", "      sources: {twitter: {max_age: 26h}}\n      timeout:"))
        self.addCleanup(config.write_text, text)
        self.site.set_night(quiet_night(night=1), sources={"twitter": {"as_of": "2001-01-01T00:00:00Z"}})
        result = self.site.run()
        self.assertEqual(result.returncode, 5, result.stderr)
        self.assertIn("twitter", result.stderr)

    def test_ctrl_c_stops_the_scorer_and_keeps_the_last_good_load(self):
        self.site.set_score("echo $$ > pid; cat night.csv; sleep 300\n")
        (self.site.dir / "pid").unlink(missing_ok=True)
        process = self.site.start("run", "klout")
        while not (self.site.dir / "pid").exists() or not (self.site.dir / "pid").read_text().strip():
            time.sleep(0.05)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 2, out + err)
        self.assertIn("Ctrl-C", err)
        scorer = int((self.site.dir / "pid").read_text())
        self.assertFalse(pathlib.Path(f"/proc/{scorer}").exists())
        self.assertEqual(self.site.live(), self.good)
        self.assertEqual(self.site.json("loads", "klout")[0]["state"], "failed")

    def test_two_runs_at_once_are_one_run(self):
        self.site.set_score("sleep 5; exit 1\n")
        first = self.site.start("run", "klout")
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if self.site.json("loads", "klout")[0]["state"] == "running":
                break
        second = self.site.run()
        self.assertEqual(second.returncode, 2)
        self.assertIn("loadguard run", second.stderr)
        first.communicate(timeout=60)


if __name__ == "__main__":
    unittest.main()
