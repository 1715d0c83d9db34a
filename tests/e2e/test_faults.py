"""The surroundings fail: database unreachable, session lost, disk full, Ctrl-C at any step."""

import os
import signal
import subprocess
import time
import unittest

from harness import Site, quiet_night


class FaultsTest(unittest.TestCase):
    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        self.night = 0
        self.expect_published()

    def prepare(self):
        self.night += 1
        rows = quiet_night(2000 + self.night % 5, night=self.night)
        self.site.set_night(rows)
        return len(rows), round(sum(score for _, score in rows), 3)

    def expect_published(self):
        expected = self.prepare()
        result = self.site.run()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(self.site.live(), expected)

    def labels(self):
        log = self.site.dir / "labels"
        self.prepare()
        self.assertEqual(self.site.run(env={"LOADGUARD_FAULT_LOG": str(log)}).returncode, 0)
        return list(dict.fromkeys(log.read_text().split()))

    def stop_at(self, label):
        process = self.site.start("run", "klout", env={"LOADGUARD_FAULT": "stop:" + label})
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            with open(f"/proc/{process.pid}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "T":
                    return process
            time.sleep(0.01)
        process.kill()
        self.fail("never came to " + label + str(process.communicate()))

    def test_an_unreachable_database_is_an_error_that_says_so(self):
        config = self.site.dir / "loadguard.yaml"
        config.write_text("store: {url: 'postgresql://nobody@127.0.0.1:1/none'}\n" + config.read_text())
        result = self.site.run()
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("127.0.0.1", result.stderr)

    def test_ctrl_c_at_every_step_leaves_old_or_new(self):
        for label in self.labels():
            with self.subTest(label=label):
                old = self.site.live()
                new = self.prepare()
                process = self.stop_at(label)
                process.send_signal(signal.SIGINT)
                process.send_signal(signal.SIGCONT)
                out, err = process.communicate(timeout=60)
                self.assertIn(process.returncode, (0, 2), out + err)
                self.assertIn(self.site.live(), (old, new))
        self.expect_published()

    def test_a_lost_lock_never_publishes(self):
        for label in ("run.ingested", "run.judged", "decide.committed", "release.waited"):
            with self.subTest(label=label):
                old = self.site.live()
                self.prepare()
                process = self.stop_at(label)
                self.site.query(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where application_name like 'loadguard run%' and pid <> pg_backend_pid()"
                )
                process.send_signal(signal.SIGCONT)
                out, err = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 2, out + err)
                self.assertEqual(self.site.live(), old)
                self.expect_published()

    def test_a_run_that_was_overtaken_is_judged_again(self):
        """The pointer moves back while a load is being released: the run notices and judges anew."""
        self.expect_published()
        self.prepare()
        process = self.stop_at("release.waited")
        rolled_back = self.site.call("rollback", "klout", "--reason", "bad")
        self.assertEqual(rolled_back.returncode, 0, rolled_back.stderr)
        live = self.site.json("status")["feeds"][0]["live"]["load"]
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, out + err)
        loads = self.site.json("loads", "klout")
        self.assertEqual(loads[0]["state"], "published")
        self.assertEqual(loads[0]["baseline"], live)

    def test_a_damaged_cache_is_made_anew(self):
        path = next((self.site.dir / "state/cache/klout").glob("*.packed"))
        data = bytearray(path.read_bytes())
        for damaged in (b"", b"garbage", bytes(data[: len(data) // 2])):
            path.write_bytes(damaged)
            self.expect_published()
            path = next((self.site.dir / "state/cache/klout").glob("*.packed"))
        data = bytearray(path.read_bytes())
        data[len(data) // 3] ^= 0xFF
        path.write_bytes(bytes(data))
        self.expect_published()
        for path in (self.site.dir / "state/cache/klout").glob("*.packed"):
            path.unlink()
        self.expect_published()


@unittest.skipUnless(os.geteuid() == 0, "mounting a small file system needs root")
class FullDiskTest(unittest.TestCase):
    def test_a_full_disk_fails_the_load_and_the_next_one_succeeds(self):
        site = Site(state=False)
        self.addCleanup(site.close)
        state = site.dir / "state"
        state.mkdir()
        state.chmod(0o755)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m,mode=755", "none", str(state)])
        if mounted.returncode != 0:
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", "-l", str(state)], check=True)
        site.set_night(quiet_night())
        first = site.run()
        self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
        good = site.live()
        ballast = state / "ballast"
        with open(ballast, "wb") as file:
            stat = os.statvfs(state)
            file.write(b"x" * max(0, stat.f_bavail * stat.f_frsize - (2 << 20)))
        site.set_score(
            "echo profile_id,score; seq 1 3000000 | sed 's/$/,1.5/'; "
            'echo \'{"complete": true, "rows": 3000000}\' >&"$LOADGUARD_MANIFEST_FD"\n'
        )
        failed = site.run()
        self.assertEqual(failed.returncode, 2, failed.stdout + failed.stderr)
        self.assertIn("space", failed.stderr.lower())
        ballast.unlink()
        self.assertEqual(site.live(), good)
        site.set_night(quiet_night(night=1))
        again = site.run()
        self.assertEqual(again.returncode, 0, again.stdout + again.stderr)


if __name__ == "__main__":
    unittest.main()
