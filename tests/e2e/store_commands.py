# SPDX-License-Identifier: Apache-2.0
"""`tps store`: copies that are killed and go on, from files to databases and back; backups of a store at work; restored
stores; versions; what a check finds."""

import os
import pathlib
import pty
import random
import re
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest
import uuid

import postgresql_support
import server_support
from server_support import PSA_TYPE, Server, tps

SESSIONS, NONCES, ITEMS = 20000, 3000, 300


def fill(path):
    """Much of everything, as the store itself would write it."""
    tps("tenant", "create", "acme", "--store", path)
    tps("tenant", "create", "default", "--store", path)
    db = sqlite3.connect(path)
    revision, = db.execute("SELECT value FROM state WHERE name='revision'").fetchone()
    row = lambda i: (4000000000 + i // 100 << 22) + i % 100 + 1
    db.executemany("INSERT INTO sessions VALUES(?,?,?,?,0,5,0,x'','a/b',?,?,x'')", (
        (row(i), os.urandom(16), 1 + i % 2, 3 + i % 2, os.urandom(32), os.urandom(random.randrange(300, 1500))) for i in range(SESSIONS)))
    db.executemany("INSERT INTO client_nonces VALUES(?,?)", ((1 + i % 2, os.urandom(32)) for i in range(NONCES)))
    db.executemany("INSERT INTO items VALUES(?,?,2,?,7,'{}',?)", (
        (revision + 1 + i, 1 + i % 2, f"item-{i}", os.urandom(random.randrange(10, 30000))) for i in range(ITEMS)))
    db.execute("UPDATE state SET value=? WHERE name='revision'", (revision + ITEMS,))
    db.commit()
    db.close()


def digest(store):
    return re.search("sha-256 ([0-9a-f]{64})", tps("store", "check", store).stdout).group(1)


class Store(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="tps-store-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.source = self.folder / "source.db"

    def copy_with_kills(self, source, target, expected):
        """Kills the copy at moments of its work until it has been killed often, or is done."""
        kills, last = 0, ""
        wait = 0.15
        while True:
            process = subprocess.Popen([server_support.PROGRAM, "store", "copy", str(source), str(target)],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                last, errors = process.communicate(timeout=wait if kills < 8 else 120)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                kills += 1
                wait *= 1.4
                continue
            break
        self.assertGreaterEqual(kills, 2)
        if "it is not empty" in errors:  # it was killed when all was done, and before it could say so
            self.assertEqual(digest(target), expected)
        else:
            self.assertEqual(process.returncode, 0, errors)
            self.assertIn(expected, last)

    def test_a_copy_that_is_killed_goes_on_and_is_equal(self):
        fill(self.source)
        expected, target = digest(self.source), self.folder / "target.db"
        self.copy_with_kills(self.source, target, expected)
        self.assertEqual(digest(target), expected)
        self.assertEqual(tps("store", "copy", self.source, target, ok=False).returncode, 2)  # it is not empty

    def test_from_a_file_into_a_database_and_back(self):
        if why := postgresql_support.why_not():
            self.skipTest(why)
        fill(self.source)
        expected, back = digest(self.source), self.folder / "back.db"
        with postgresql_support.Cluster() as cluster:
            self.copy_with_kills(self.source, cluster.url, expected)
            self.assertEqual(digest(cluster.url), expected)
            self.assertIn("version 3", tps("store", "migrate", cluster.url).stdout)
            self.copy_with_kills(cluster.url, back, expected)
            self.assertIn(expected, tps("store", "backup", cluster.url, self.folder / "backup.db").stdout)
        self.assertEqual(digest(back), expected)
        self.assertEqual(digest(self.folder / "backup.db"), expected)

    def test_a_half_filled_store_serves_nobody_and_takes_no_other_source(self):
        fill(self.source)
        other, target = self.folder / "other.db", self.folder / "target.db"
        tps("tenant", "create", "other", "--store", other)
        process = subprocess.Popen([server_support.PROGRAM, "store", "copy", str(self.source), str(target)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while not self.is_begun(target) and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        refused = tps("store", "copy", other, target, ok=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("half filled", refused.stderr)
        server = subprocess.Popen([server_support.PROGRAM, "serve", "--store", str(target), "--listen", "127.0.0.1:0",
                                   "--port-file", str(self.folder / "port")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(server.kill)
        try:
            output, _ = server.communicate(timeout=60)
            self.assertNotEqual(server.returncode, 0)
            self.assertIn("the store cannot be read", output)
        finally:
            server.kill()

    def is_begun(self, path):
        try:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
                return db.execute("SELECT count(*) FROM tenants").fetchone()[0] > 0
        except sqlite3.Error:
            return False

    def test_a_backup_of_a_store_at_work_has_all_that_was_acknowledged_before(self):
        with Server() as server:
            acknowledged, stop = [], threading.Event()

            def work():
                while not stop.is_set():
                    path, _ = server.new_session()
                    if server.request("POST", path, b"evidence", PSA_TYPE).status == 200:
                        acknowledged.append(path)

            threads = [threading.Thread(target=work) for _ in range(3)]
            for thread in threads:
                thread.start()
            try:
                for i in range(3):
                    while len(acknowledged) < 20 * (i + 1):
                        time.sleep(0.01)
                    before, backup = list(acknowledged), self.folder / f"backup-{i}.db"
                    tps("store", "backup", server.store, backup)
                    with sqlite3.connect(backup) as db:
                        kept = {uuid.UUID(bytes=row[0]) for row in db.execute("SELECT session FROM sessions WHERE state=3")}
                    self.assertTrue({uuid.UUID(path.rsplit("/", 1)[1]) for path in before} <= kept)
                    self.assertIn("all is well", tps("store", "check", backup).stdout)
                    self.assertEqual(backup.stat().st_mode & 0o777, 0o600)
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
        self.assertEqual([f.name for f in self.folder.iterdir() if "part" in f.name], [])
        self.assertEqual(tps("store", "backup", self.folder / "backup-0.db", self.folder / "backup-1.db", ok=False).returncode, 2)

    def test_a_restored_store_serves_and_refuses_sessions_that_were_given_out_before(self):
        with Server() as server:
            waiting, _ = server.new_session()
            keys = server.request("GET", "/.well-known/jwks.json").body
            tps("store", "backup", server.store, self.folder / "backup.db")
        folder = self.folder / "restored"
        folder.mkdir()
        self.assertIn("restored 1 tenants", tps("store", "restore", self.folder / "backup.db", folder / "store.db").stdout)
        with Server(folder=folder) as server:
            self.assertEqual(server.request("POST", waiting, b"evidence", PSA_TYPE).status, 404)
            path, _ = server.new_session()
            self.assertEqual(server.request("POST", path, b"evidence", PSA_TYPE).status, 200)
            self.assertEqual(server.request("GET", "/.well-known/jwks.json").body, keys)
        self.assertIn("store.restored", tps("audit", "export", "default", "--store", folder / "store.db").stdout)

    def test_a_check_says_what_was_changed(self):
        tps("tenant", "create", "acme", "--store", self.source)
        with sqlite3.connect(self.source) as db:
            db.execute("UPDATE audit SET entry='{}' WHERE sequence=1")
        found = tps("store", "check", self.source, ok=False)
        self.assertEqual(found.returncode, 1)
        self.assertIn("tenant acme: entry 1 of the audit log was changed", found.stderr)

    def test_a_check_finds_a_damaged_file(self):
        fill(self.source)
        with open(self.source, "r+b") as f:
            f.seek(8192 * 20)
            f.write(b"\xff" * 8192 * 4)
        found = tps("store", "check", self.source, ok=False)
        self.assertEqual(found.returncode, 1)
        self.assertIn("is damaged", found.stderr)

    def test_going_down_loses_nothing_unasked(self):
        tps("tenant", "create", "acme", "--store", self.source)
        before = self.source.read_bytes()
        refused = tps("store", "migrate", self.source, "--to", "1", ok=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("cannot hold", refused.stderr)
        self.assertEqual(self.source.read_bytes(), before)
        self.assertIn("version 1", tps("store", "migrate", self.source, "--to", "1", "--lose").stdout)
        self.assertIn("version 3", tps("store", "migrate", self.source).stdout)
        self.assertIn("acme", tps("tenant", "list", "--store", self.source).stdout)

    def test_a_store_of_version_1_is_served_under_the_keys_that_it_had(self):
        text = (server_support.ROOT / "tests/unit/store_version_1.h").read_text().partition("{")[2]
        statements = "".join(literal or "\n" for literal, _ in re.findall(r'"((?:[^"\\]|\\.)*)"|(,)', text))
        server = Server(folder=self.folder)
        db = sqlite3.connect(server.store)
        db.executescript(statements.replace('\\"', '"'))
        db.close()
        os.chmod(server.store, 0o644)
        self.assertEqual(tps("store", "check", server.store, ok=False).returncode, 2)
        with server:
            for tenant, kid in (("", "UFKSzgfgX_cHV_NrsVEGjV4R0TYp6vjK85--uA4TAQE"), ("/t/acme", "muwsF0kUXNpT7v1ck10ZNt3FRULaLPohHS9E12U7pM4")):
                keys = server.request("GET", tenant + "/.well-known/jwks.json").json()["keys"]
                self.assertEqual([key["kid"] for key in keys], [kid])
            self.assertEqual(server.appraise(b"evidence").status, 200)
            self.assertEqual(server.request("POST", "/challenge-response/v1/newSession?nonce=" + server_support.base64url(b"n" * 32)).status, 201)
            used = server.request("POST", "/t/acme/challenge-response/v1/newSession?nonce=" + server_support.base64url(b"n" * 32))
            self.assertEqual(used.status, 409)  # in version 1, too
        self.assertIn("all is well", tps("store", "check", server.store).stdout)
        self.assertEqual(server.store.stat().st_mode & 0o777, 0o600)

    def test_a_terminal_sees_a_bar_and_a_file_does_not(self):
        fill(self.source)
        leader, follower = pty.openpty()
        process = subprocess.Popen([server_support.PROGRAM, "store", "copy", str(self.source), str(self.folder / "a.db")],
                                   stdout=subprocess.DEVNULL, stderr=follower)
        os.close(follower)
        seen = b""
        while True:
            try:
                piece = os.read(leader, 4096)
            except OSError:
                break
            if not piece:
                break
            seen += piece
        os.close(leader)
        self.assertEqual(process.wait(timeout=60), 0)
        self.assertRegex(seen, rb"copying +\[#+ *\] +\d+ %")
        self.assertTrue(seen.endswith(b"\r\x1b[K"))
        self.assertNotIn("\r", tps("store", "copy", self.source, self.folder / "b.db").stderr)

    def test_no_password_of_a_database_is_printed(self):
        tps("tenant", "create", "acme", "--store", self.source)
        url = f"postgresql://someone:hidden-word@127.0.0.1:{postgresql_support.free_port()}/x"
        for words in (["copy", self.source, url], ["check", url], ["migrate", url], ["backup", url, self.folder / "b"],
                      ["restore", self.source, url]):
            done = tps("store", *words, ok=False)
            self.assertEqual(done.returncode, 2)
            self.assertNotIn("hidden-word", done.stdout + done.stderr)
        self.assertFalse((self.folder / "b").exists())
        for url in ("postgresql://someone:hidden-word@[::1/x", "postgresql://someone:hidden-word/@127.0.0.1:1/x",
                    "postgresql://someone:hidden-word%zz@127.0.0.1:1/x", "postgresql://someone:a@hidden-word@127.0.0.1/x"):
            done = tps("store", "check", url, ok=False)
            self.assertEqual(done.returncode, 2)
            self.assertNotIn("hidden-word", done.stdout + done.stderr)


if __name__ == "__main__":
    server_support.main()
