"""Messages are sent once each, in order within an incident, whatever else is dead."""

import socket
import unittest

from harness import Receiver, Site, klout_night, quiet_night


def dead_url():
    """An address on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/dead"


class MessagesTest(unittest.TestCase):
    def site_with(self, *routes):
        site = Site(routes=routes)
        self.addCleanup(site.close)
        site.set_night(quiet_night())
        return site

    def receiver(self, answer=None):
        receiver = Receiver(answer)
        self.addCleanup(receiver.close)
        return receiver

    def night(self, site, rows, status):
        site.set_night(rows)
        result = site.run()
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result

    def test_a_dead_endpoint_does_not_keep_the_other_from_trigger_and_resolve(self):
        alive = self.receiver()
        site = self.site_with(("dead", dead_url()), ("alive", alive.url))
        self.night(site, quiet_night(), 0)
        self.night(site, klout_night(), 3)
        self.night(site, quiet_night(night=1), 0)
        self.assertEqual(alive.types(), ["load.published", "load.blocked", "load.published"])
        self.assertEqual(alive.problems, [])
        states = dict(site.query("select endpoint, count(*) from loadguard.delivery where state = 'delivered' group by 1"))
        self.assertEqual(states, {"alive": "3"})

    def test_a_trigger_is_never_overtaken_by_its_resolve_and_nothing_stale_follows(self):
        down = {"until": 3}

        def flaky(n, event):
            return 503 if n < down["until"] else 204

        flaky_receiver = self.receiver(flaky)
        site = self.site_with(("flaky", flaky_receiver.url))
        site.run()
        site.call("deliver", "--for", "20s")
        down["until"] = len(flaky_receiver.events) + 2
        self.night(site, klout_night(), 3)
        self.night(site, quiet_night(night=1), 0)
        site.call("deliver", "--for", "60s")
        seen = [e["body"]["type"] for e in flaky_receiver.events[3:] if e["status"] == 204]
        self.assertIn("load.published", seen)
        self.assertEqual(seen[-1], "load.published")
        if "load.blocked" in seen:
            self.assertLess(seen.index("load.blocked"), seen.index("load.published", seen.index("load.blocked")))

    def test_a_retry_has_the_same_id_and_a_new_timestamp(self):
        receiver = self.receiver(lambda n, event: 500 if n == 0 else 204)
        site = self.site_with(("oncall", receiver.url))
        site.run()
        self.assertEqual([e["status"] for e in receiver.events], [500, 204])
        self.assertEqual(receiver.events[0]["id"], receiver.events[1]["id"])
        self.assertNotEqual(receiver.events[0]["timestamp"], receiver.events[1]["timestamp"])
        self.assertEqual(receiver.problems, [])

    def test_the_message_says_what_is_wrong_what_is_live_and_what_to_do(self):
        receiver = self.receiver()
        site = self.site_with(("oncall", receiver.url))
        site.run()
        self.night(site, klout_night(), 3)
        body = receiver.events[-1]["body"]
        self.assertEqual(body["type"], "load.blocked")
        self.assertTrue(body["timestamp"].endswith("Z"))
        data = body["data"]
        self.assertEqual((data["feed"], data["load"], data["live"]["load"]), ("klout", 2, 1))
        self.assertEqual(data["live"]["rows"], 2000)
        self.assertIn("score", data["summary"])
        self.assertIn("loadguard approve 2 --override --reason TEXT", data["actions"])

    def test_gone_is_final(self):
        receiver = self.receiver(lambda n, event: 410)
        site = self.site_with(("oncall", receiver.url))
        site.run()
        site.call("deliver")
        self.assertEqual(len(receiver.events), 1)
        self.assertEqual(site.query("select state from loadguard.delivery"), [["dead"]])

    def test_a_failed_load_is_told(self):
        receiver = self.receiver()
        site = self.site_with(("oncall", receiver.url))
        site.set_score("echo no inputs >&2; exit 3\n")
        self.assertEqual(site.run().returncode, 2)
        self.assertEqual(receiver.types(), ["load.failed"])
        self.assertIsNone(receiver.events[0]["body"]["data"]["live"])


if __name__ == "__main__":
    unittest.main()
