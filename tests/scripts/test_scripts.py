#!/usr/bin/env python3
"""The scripts that the demo stands on do what it tells a stranger."""
import hashlib
import importlib.machinery
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def load_receiver():
    path = str(SCRIPTS / "webhook-receiver")
    loader = importlib.machinery.SourceFileLoader("webhook_receiver", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


receiver = load_receiver()


class SignatureTest(unittest.TestCase):
    """The example that the Standard Webhooks specification publishes."""
    body = b'{"test": 2432232314}'
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }

    def refusal(self, body=None, now=1614265330, **headers):
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(SECRET + "\n")
            file.flush()
            key = receiver.read_key(file.name)
        return receiver.refusal(key, {**self.headers, **changed}, body or self.body, now)

    def test_a_right_signature_is_believed(self):
        self.assertIsNone(self.refusal())

    def test_one_right_signature_among_several_is_enough(self):
        both = "v1,AAAA " + self.headers["webhook-signature"]
        self.assertIsNone(self.refusal(webhook_signature=both))

    def test_a_changed_body_is_refused(self):
        self.assertEqual(self.refusal(body=b'{"test": 2432232315}'), "wrong signature")

    def test_a_changed_id_is_refused(self):
        self.assertEqual(self.refusal(webhook_id="msg_other"), "wrong signature")

    def test_no_signature_is_refused(self):
        self.assertEqual(self.refusal(webhook_signature=""), "wrong signature")

    def test_an_old_message_is_refused(self):
        self.assertIn("signed at", self.refusal(now=1614265330 + 301))


class ReceiverTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "secret").write_text(SECRET)
        self.process = subprocess.Popen(
            [sys.executable, SCRIPTS / "webhook-receiver", "--secret-file", self.folder / "secret",
             "--port-file", self.folder / "port", "--events", self.folder / "events"],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.terminate)
        self.process.stdout.readline()
        port = (self.folder / "port").read_text().strip()
        self.url = f"http://127.0.0.1:{port}/hook"

    def post(self, body, signature=None):
        timestamp = str(int(time.time()))
        key = receiver.read_key(self.folder / "secret")
        if signature is None:
            signed = b"msg_1." + timestamp.encode() + b"." + body
            digest = receiver.hmac.new(key, signed, hashlib.sha256).digest()
            signature = "v1," + receiver.base64.b64encode(digest).decode()
        request = urllib.request.Request(self.url, body, {
            "webhook-id": "msg_1", "webhook-timestamp": timestamp, "webhook-signature": signature})
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            return direct.open(request, timeout=30).status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def test_an_event_is_kept_and_shown_once_however_often_it_comes(self):
        event = {"type": "load.blocked", "data": {"summary": "too many at 1"}}
        body = json.dumps(event).encode()
        self.assertEqual(self.post(body), 204)
        self.assertEqual(self.post(body), 204)
        self.assertEqual(self.post(b"{}", signature="v1,AAAA"), 401)
        events = (self.folder / "events").read_text().splitlines()
        self.assertEqual([json.loads(line)["type"] for line in events], ["load.blocked"])
        self.assertIn("load.blocked (signature good): too many at 1", self.process.stdout.readline())

    def test_a_wrong_signature_is_answered_401_and_nothing_is_kept(self):
        body = b'{"type": "load.blocked", "data": {}}'
        self.assertEqual(self.post(body, signature="v1,AAAA"), 401)
        self.assertEqual((self.folder / "events").read_text(), "")

    def test_a_signed_body_that_is_no_event_is_refused(self):
        self.assertEqual(self.post(b"[]"), 400)


def scores(*arguments):
    command = [SCRIPTS / "make-scores", *arguments]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return lines[0], [line.split(",") for line in lines[1:]]


class MakeScoresTest(unittest.TestCase):
    def test_a_night_has_the_rows_that_were_asked_for_and_each_profile_once(self):
        header, rows = scores("good", "--night", "2", "--rows", "5000")
        self.assertEqual(header, "profile_id,score")
        self.assertEqual(len({profile for profile, _ in rows}), 5000)

    def test_the_same_arguments_give_the_same_scores(self):
        self.assertEqual(scores("good", "--rows", "500"), scores("good", "--rows", "500"))

    def test_a_good_night_changes_some_scores_a_little(self):
        before, after = (dict(scores("good", "--night", night)[1]) for night in ("1", "2"))
        kept = [(float(before[profile]), float(after[profile]))
                for profile in before.keys() & after.keys()]
        changed = [(old, new) for old, new in kept if old != new]
        self.assertTrue(0.2 < len(changed) / len(kept) < 0.4)
        self.assertTrue(all(abs(new - old) < 0.04 * old for old, new in changed))

    def test_four_in_five_profiles_have_a_score_of_1_in_the_klout_night(self):
        _, rows = scores("klout")
        self.assertTrue(0.78 < sum(float(score) == 1 for _, score in rows) / len(rows) < 0.82)

    def test_every_score_stays_between_1_and_100(self):
        for kind in ("good", "klout", "model"):
            _, rows = scores(kind, "--night", "9")
            self.assertTrue(all(1 <= float(score) <= 100 for _, score in rows))

    def test_an_unknown_night_is_refused(self):
        command = [SCRIPTS / "make-scores", "fine"]
        process = subprocess.run(command, capture_output=True, check=False)
        self.assertEqual((process.returncode, process.stdout), (1, b""))


if __name__ == "__main__":
    unittest.main()
