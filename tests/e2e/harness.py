"""What the end-to-end tests share: a configuration in a folder of its own, the program, psql as a
reader, and a receiver of webhooks that checks every signature by itself."""

import atexit
import base64
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

PROGRAM = os.environ["LOADGUARD"]
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
TIMEOUT_S = 120


def csv(rows, header="profile_id,score"):
    return header + "\n" + "".join(f"{key},{value}\n" for key, value in rows)


def quiet_night(n=2000, night=0, first=1):
    """Scores that move a little from night to night: a third up, a third down, a third not at all.
    So do any two nights, however many lie between them."""

    def step(i):
        mixed = (i * 2654435761 + night * 2246822519) & 0xFFFFFFFF
        mixed = (mixed ^ mixed >> 15) * 2146121005 & 0xFFFFFFFF
        return (mixed >> 13) % 3 * 0.1

    return [(i, 20 + (i * 7919) % 600 / 10 + step(i)) for i in range(first, first + n)]


def klout_night(n=2000, share=0.8):
    return [(i, 1.0 if (i * 31) % 100 < share * 100 else s) for i, s in quiet_night(n)]


class Receiver:
    """Keeps every webhook that came, in order. answer(n, event) may return another status."""

    def __init__(self, answer=None):
        self.events = []
        self.problems = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                message = {
                    "id": self.headers["webhook-id"],
                    "timestamp": self.headers["webhook-timestamp"],
                    "body": json.loads(body),
                    "at": time.time(),
                }
                signed = f"{message['id']}.{message['timestamp']}.".encode() + body
                key = base64.b64decode(SECRET.removeprefix("whsec_"))
                expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
                if "v1," + expected not in self.headers["webhook-signature"].split(" "):
                    receiver.problems.append("wrong signature of " + message["id"])
                status = answer(len(receiver.events), message) if answer else 204
                message["status"] = status
                receiver.events.append(message)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def types(self):
        """Types of the events that were accepted, each id once."""
        seen, types = set(), []
        for event in self.events:
            if 200 <= event["status"] < 300 and event["id"] not in seen:
                seen.add(event["id"])
                types.append(event["body"]["type"])
        return types

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def stop_server(state, how):
    """Ends the private cluster of a state folder and waits for it."""
    try:
        pid = int((state / "pg/data/postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, how)
        for _ in range(500):
            # a server whose parent is gone may stay a zombie where nobody collects those
            if pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return
            time.sleep(0.02)
    except (OSError, ValueError, IndexError):
        pass


class Template:
    """A private cluster that was created once and is copied for each site of a test process."""

    folder = None

    @classmethod
    def copy_to(cls, state):
        if cls.folder is None:
            cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="lg-template-"))
            cls.folder.chmod(0o755)
            atexit.register(shutil.rmtree, cls.folder, ignore_errors=True)
            site = Site(folder=cls.folder, state=False)
            created = site.call("status")
            assert created.returncode == 0, created.stderr
            stop_server(cls.folder / "state", signal.SIGINT)
        subprocess.run(["cp", "-a", cls.folder / "state", state], check=True)


class Site:
    """A configuration with one feed `klout` whose scorer prints a file, and its store."""

    def __init__(self, feed_extra="", rules="", routes=(), config_extra="", columns=None, key=None, folder=None, state=True):
        self.dir = folder or pathlib.Path(tempfile.mkdtemp(prefix="lg-e2e-"))
        # the account of the private cluster has to reach the folder
        self.dir.chmod(0o755)
        self.columns = columns or "{profile_id: bigint, score: double precision}"
        self.key = key or "profile_id"
        self.feed_extra, self.rules, self.config_extra = feed_extra, rules, config_extra
        self.routes = list(routes)
        self.scorer = "[sh, ./score]"
        (self.dir / "secret").write_text(SECRET + "\n")
        (self.dir / "secret").chmod(0o600)
        self.write_config()
        self.set_night(quiet_night())
        if state:
            Template.copy_to(self.dir / "state")

    def write_config(self):
        routes = "".join(
            f"  - {{name: {name}, webhook: '{url}', secret_file: secret}}\n" for name, url in self.routes
        )
        text = f"""state_dir: state
{self.config_extra}
feeds:
  klout:
    view: public.klout_scores
    key: {self.key}
    columns: {self.columns}
    scorer:
      command: {self.scorer}
      timeout: 60s
      drain: 1s
      grace: 1s
{self.feed_extra}
    rules:
      - include: default
{self.rules}
""" + (f"routes:\n{routes}" if routes else "")
        (self.dir / "loadguard.yaml").write_text(text)

    def set_score(self, script):
        (self.dir / "score").write_text(script)

    def set_night(self, rows, as_of=None, **manifest):
        """The next load's rows, with a manifest that vouches for them."""
        rows = list(rows)
        (self.dir / "night.csv").write_text(csv(rows))
        manifest = {"complete": True, "rows": len(rows)} | manifest
        if as_of:
            manifest["as_of"] = as_of
        (self.dir / "manifest.json").write_text(json.dumps(manifest) + "\n")
        self.set_score('cat night.csv; cat manifest.json >&"$LOADGUARD_MANIFEST_FD"\n')

    def start(self, *arguments, env=None, **kwargs):
        return subprocess.Popen(
            [PROGRAM, *arguments],
            cwd=self.dir,
            env=os.environ | (env or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            **kwargs,
        )

    def call(self, *arguments, env=None, timeout=TIMEOUT_S):
        process = self.start(*arguments, env=env)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def run(self, *arguments, env=None, deliver_for="5s"):
        return self.call("run", "klout", "--deliver-for", deliver_for, *arguments, env=env)

    def json(self, *arguments):
        result = self.call(*arguments, "--json")
        return json.loads(result.stdout)

    def psql_command(self):
        for line in self.call("status").stdout.splitlines():
            if "psql " in line:
                return line[line.index("psql ") :].strip()
        raise AssertionError("status does not say how to connect")

    def query(self, sql):
        """Runs SQL as any reader would; rows as lists of texts."""
        if not hasattr(self, "_psql"):
            self._psql = self.psql_command()
        out = subprocess.run(
            f'{self._psql} -XAtq -F "|" -v ON_ERROR_STOP=1 -f -',
            shell=True,
            input=sql,
            check=True,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        ).stdout
        return [line.split("|") for line in out.splitlines()]

    def live(self):
        """Row count and sum of what readers see."""
        rows, total = self.query("select count(*), round(coalesce(sum(score), 0)::numeric, 3) from klout_scores")[0]
        return int(rows), float(total)

    def server_pid(self):
        return int((self.dir / "state/pg/data/postmaster.pid").read_text().splitlines()[0])

    def close(self):
        stop_server(self.dir / "state", signal.SIGQUIT)
        shutil.rmtree(self.dir, ignore_errors=True)


class SiteTest(unittest.TestCase):
    """A test case with a fresh site for each test."""

    site_options = {}

    def setUp(self):
        self.site = Site(**self.site_options)
        self.addCleanup(self.site.close)

    def assert_status(self, result, status):
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
