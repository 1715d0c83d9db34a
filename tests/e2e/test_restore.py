"""pg_dump the store, restore into an empty server: Loadguard goes on there."""

import os
import subprocess
import unittest

from harness import Site, klout_night, quiet_night


class RestoreTest(unittest.TestCase):
    def dump_and_restore(self, old, new):
        """Copies the database of one private cluster into the empty one of another."""
        source = old.psql_command().replace("psql", "pg_dump -Fc", 1)
        target = new.psql_command().replace("psql ", "pg_restore --exit-on-error -d ", 1)
        dump = subprocess.run(source, shell=True, check=True, capture_output=True).stdout
        new.query("drop schema if exists loadguard_data cascade; drop schema if exists loadguard cascade")
        subprocess.run(target, shell=True, check=True, input=dump, capture_output=True)

    def test_loadguard_goes_on_as_if_nothing_had_happened(self):
        old = Site()
        self.addCleanup(old.close)
        new = Site()
        self.addCleanup(new.close)
        lives = []
        for night in range(3):
            old.set_night(quiet_night(night=night))
            self.assertEqual(old.run().returncode, 0)
            lives.append(old.live())
        old.set_night(klout_night())
        self.assertEqual(old.run().returncode, 3)

        self.assertEqual(new.call("status").returncode, 0)
        self.dump_and_restore(old, new)
        self.assertEqual(new.live(), lives[2])
        self.assertEqual(
            [(l["load"], l["state"]) for l in new.json("loads", "klout")],
            [(l["load"], l["state"]) for l in old.json("loads", "klout")],
        )

        back = new.call("rollback", "klout", "--reason", "try it")
        self.assertEqual(back.returncode, 0, back.stderr)
        self.assertEqual(new.live(), lives[1])

        new.set_night(quiet_night(night=4))
        result = new.run()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(new.json("show", str(new.json("loads", "klout")[0]["load"]))["baseline"], 2)

        released = new.call("approve", "4", "--override", "--reason", "late")
        self.assertIn(released.returncode, (0, 2), released.stderr)


class ReplayTest(unittest.TestCase):
    def test_nights_run_in_order_and_a_bad_one_stays_out(self):
        site = Site()
        self.addCleanup(site.close)
        files = []
        for night in range(4):
            rows = klout_night() if night == 2 else quiet_night(night=night)
            path = site.dir / f"2026-01-0{night + 1}.csv"
            path.write_text("profile_id,score\n" + "".join(f"{k},{s}\n" for k, s in rows))
            files.append(path.name)
        result = site.call("replay", "klout", *files)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        lines = result.stdout.splitlines()
        self.assertEqual(len(lines), 5)
        self.assertIn("blocked", lines[2])
        for i in (0, 1, 3):
            self.assertIn("published", lines[i])
            self.assertTrue(lines[i].startswith(f"2026-01-0{i + 1}"))
        self.assertEqual(lines[4], "4 nights: 3 published, 0 held, 1 blocked, 0 failed")
        self.assertEqual([p for p in os.listdir(site.dir / "state") if p.startswith("scratch")], [])

    def test_a_night_that_failed_is_an_error_of_the_replay(self):
        site = Site()
        self.addCleanup(site.close)
        (site.dir / "2026-01-01.csv").write_text("profile_id,score\n1,none\n")
        result = site.call("replay", "klout", "2026-01-01.csv")
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        self.assertIn("1 nights: 0 published, 0 held, 0 blocked, 1 failed", result.stdout)


if __name__ == "__main__":
    unittest.main()
