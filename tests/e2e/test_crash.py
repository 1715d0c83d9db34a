"""kill -9 of the program at every labelled step and at random moments, and of the database server
during staging and publication. After each, readers see the old load or the new one, the next run
succeeds, and in the end nothing is left over, lost or invented."""

import os
import random
import signal
import subprocess
import time
import unittest

from harness import Receiver, Site, quiet_night

RANDOM_KILLS = int(os.environ.get("LOADGUARD_RANDOM_KILLS", "200"))
ROWS = 2000


class CrashTest(unittest.TestCase):
    def setUp(self):
        self.receiver = Receiver()
        self.addCleanup(self.receiver.close)
        self.site = Site(routes=[("oncall", self.receiver.url)])
        self.addCleanup(self.site.close)
        self.night = 0
        self.expect_published()

    def prepare(self):
        """The next night's rows; returns what readers see if it is published."""
        self.night += 1
        rows = quiet_night(ROWS + self.night % 7, night=self.night)
        self.site.set_night(rows)
        return len(rows), round(sum(score for _, score in rows), 3)

    def expect_published(self):
        expected = self.prepare()
        result = self.site.run()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(self.site.live(), expected)
        return expected

    def assert_old_or_new(self, old, new, where):
        live = self.site.live()
        self.assertIn(live, (old, new), where)
        return live

    def labels(self):
        log = self.site.dir / "labels"
        self.prepare()
        result = self.site.run(env={"LOADGUARD_FAULT_LOG": str(log)})
        self.assertEqual(result.returncode, 0, result.stderr)
        return list(dict.fromkeys(log.read_text().split()))

    def assert_nothing_left(self):
        """No unfinished load, no table without a record, no file without a table, and exactly one
        message for each thing that happened, received once or more under one id."""
        query = self.site.query
        ends = "('published', 'superseded', 'failed', 'abandoned')"
        self.assertEqual(query(f"select id, state from loadguard.load where state not in {ends}"), [])
        self.assertEqual(
            query(
                "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
                "where n.nspname = 'loadguard_data' and c.relkind = 'r' and not exists "
                "(select from loadguard.snapshot s where c.relname = s.table_name or c.relname like s.table_name || '\\_\\_%')"
            ),
            [],
        )
        self.assertEqual(
            query(
                "select l.id, l.state from loadguard.load l join loadguard.snapshot s on s.load_id = l.id "
                "where l.state in ('failed', 'abandoned')"
            ),
            [],
        )
        self.assertEqual(self.orphan_files(), [])
        expected = query(
            "select id, case when state in ('published', 'superseded') then 'load.published' else 'load.failed' end "
            "from loadguard.load order by 1"
        )
        told = query("select load_id, type from loadguard.event where type <> 'load.waiting' order by 1")
        self.assertEqual(told, expected)
        # what a killed process had claimed is free again after its lease of a minute
        delivered = self.site.call("deliver", "--for", "75s")
        self.assertEqual(delivered.returncode, 0, delivered.stderr)
        ids = {row[0] for row in query("select id from loadguard.event")}
        received = {event["id"] for event in self.receiver.events}
        self.assertLessEqual(received, ids, "invented")
        unsent = query("select count(*) from loadguard.delivery where state not in ('delivered', 'superseded')")
        self.assertEqual(unsent, [["0"]])
        delivered_ids = {
            row[0] for row in query("select event_id from loadguard.delivery where state = 'delivered'")
        }
        self.assertEqual(delivered_ids, received, "lost")
        self.assertEqual(self.receiver.problems, [])

    def orphan_files(self):
        """Relation files of the database that no catalog knows. Empty ones are of tables that were
        dropped: the server removes them at its next checkpoint."""
        folder = self.site.query("select current_setting('data_directory') || '/' || 'base/' || oid from pg_database where datname = current_database()")
        known = {row[0] for row in self.site.query("select pg_relation_filenode(oid) from pg_class where pg_relation_filenode(oid) is not null")}
        files = {name.split(".")[0].split("_")[0] for name in os.listdir(folder[0][0])
                 if name[0].isdigit() and os.path.getsize(f"{folder[0][0]}/{name}") > 0}
        return sorted(files - known)

    def test_the_program_is_killed_at_every_labelled_step(self):
        labels = self.labels()
        self.assertGreater(len(labels), 10)
        for label in labels:
            with self.subTest(label=label):
                old = self.site.live()
                new = self.prepare()
                killed = self.site.run(env={"LOADGUARD_FAULT": "kill:" + label})
                self.assertEqual(killed.returncode, -signal.SIGKILL, label + killed.stdout + killed.stderr)
                self.assert_old_or_new(old, new, label)
                self.expect_published()
        self.assert_nothing_left()

    def test_the_program_is_killed_while_recovering(self):
        for label in ("run.staging", "release.attached"):
            for second in ("recover.abandoned", "release.flipped"):
                self.prepare()
                self.site.run(env={"LOADGUARD_FAULT": "kill:" + label})
                self.prepare()
                self.site.run(env={"LOADGUARD_FAULT": "kill:" + second})
                self.expect_published()
        self.assert_nothing_left()

    def test_kills_at_random_moments(self):
        chance = random.Random(20110523)
        started = time.monotonic()
        self.expect_published()
        usual_s = time.monotonic() - started
        old = self.site.live()
        seen = {old}
        for i in range(RANDOM_KILLS):
            seen.add(self.prepare())
            process = self.site.start("run", "klout")
            try:
                process.wait(timeout=chance.uniform(0, usual_s * 1.2))
            except subprocess.TimeoutExpired:
                process.kill()
            process.communicate()
            self.assertIn(self.site.live(), seen, f"kill {i}")
        self.expect_published()
        self.assert_nothing_left()

    def kill_server(self):
        pid = self.site.server_pid()
        os.kill(pid, signal.SIGKILL)
        while os.path.exists(f"/proc/{pid}"):
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    break
            time.sleep(0.01)

    def stop_at(self, label):
        """Starts a run that stops at the label; returns the stopped process."""
        process = self.site.start("run", "klout", env={"LOADGUARD_FAULT": "stop:" + label})
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with open(f"/proc/{process.pid}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "T":
                    return process
            time.sleep(0.01)
        process.kill()
        self.fail("never came to " + label + str(process.communicate()))

    def test_the_server_is_killed_while_rows_are_staged(self):
        old = self.site.live()
        self.prepare()
        self.site.set_score('head -500 night.csv; touch half; sleep 2; tail -n +501 night.csv; cat manifest.json >&"$LOADGUARD_MANIFEST_FD"\n')
        process = self.site.start("run", "klout")
        while not (self.site.dir / "half").exists():
            time.sleep(0.02)
        time.sleep(0.5)
        self.kill_server()
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 2, out + err)
        self.assertEqual(self.site.live(), old)
        self.expect_published()
        self.assert_nothing_left()

    def test_the_server_is_killed_at_every_step_of_a_publication(self):
        labels = [label for label in self.labels() if label.startswith(("decide.", "release."))]
        self.assertGreater(len(labels), 5)
        for label in labels:
            with self.subTest(label=label):
                old = self.site.live()
                new = self.prepare()
                process = self.stop_at(label)
                self.kill_server()
                process.send_signal(signal.SIGCONT)
                out, err = process.communicate(timeout=60)
                self.assertIn(process.returncode, (0, 2), out + err)
                self.assert_old_or_new(old, new, label)
                self.expect_published()
        self.assert_nothing_left()

    def test_a_server_restart_between_runs_loses_nothing(self):
        live = self.site.live()
        self.kill_server()
        self.assertEqual(self.site.call("status").returncode, 0)
        self.assertEqual(self.site.live(), live)


if __name__ == "__main__":
    unittest.main()
