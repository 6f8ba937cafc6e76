# SPDX-License-Identifier: Apache-2.0
"""What goes wrong around a server, on both stores: it is killed while everything is changed at once, its disk is full, the
clock of the whole machine jumps. What was acknowledged is there afterwards, with its audit entry; no nonce is accepted twice.

TPS_FAULT_KILLS=100 python3 server_faults.py TPS Kill    kills that often on each store (`make kills`); 2 unless told.
"""

import contextlib
import glob
import http.client
import json
import os
import pathlib
import random
import resource
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

import cbor2

import audit_judge
import postgresql_support
import server_support
from postgresql_support import Cluster
from server_api_support import Client
from server_postgresql import Case, Load, Node
from server_support import CORIM_TYPE, NEW_SESSION, PSA_TYPE, Server, base64url, tps, vector

KILLS = int(os.environ.get("TPS_FAULT_KILLS", 2))
GONE = (OSError, http.client.HTTPException, AssertionError)  # AssertionError: the client's, who finds no server
JSON, LUA = "application/json", "application/vnd.opentps.policy+lua"
SCOPES = "read,endorse,policy,trust,admin,audit"
NO_CLUSTER = postgresql_support.why_not()


def no_cluster(test):
    return unittest.skipIf(NO_CLUSTER, NO_CLUSTER)(test)


def make_tenant(store):
    """The tenant acme with an administrator, whose token is returned."""
    tps("tenant", "create", "acme", "--allow-unsigned", "--store", store)
    return tps("token", "create", "acme", "root", "--scopes", SCOPES, "--store", store).stdout.strip()


class Changes:
    """Administrators of a tenant who change it until the server is gone. What was answered is kept: for each resource, the
    names that are there, and those that were removed; what was asked and not answered may be either."""

    RESOURCES = "tokens", "endorsements", "policies", "revocations"

    def __init__(self, server, token):
        self.server, self.token, self.stop = server, token, threading.Event()
        self.there = {name: {} for name in self.RESOURCES}  # by its path; for a token the secret
        self.removed = {name: set() for name in self.RESOURCES}
        self.settings = set()  # session_seconds that may be in force
        self.done, self.statuses, self.threads = 0, {}, []
        self.lock = threading.Lock()
        self.corim = cbor2.loads(vector("psa-endorsements.cbor"))

    def ask(self, client, method, path, body=None, type=None):
        answer = client(method, path, body, type)
        with self.lock:
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            self.done += answer.status < 300
        if answer.status == 503:
            assert int(answer.fields["Retry-After"]) > 0, answer
        return answer

    def add(self, client, resource):
        """The path of what was added, and its secret if it is a token; None if it was refused."""
        name, path = "n" + os.urandom(6).hex(), "/api/v1/" + resource
        if resource == "tokens":
            answer = self.ask(client, "POST", path, {"name": name, "scopes": ["read"]})
            return answer.status == 201 and (f"{path}/{name}", answer.json()["token"])
        if resource == "revocations":
            answer = self.ask(client, "PUT", f"{path}/{name}", {"revoked": [{"kind": "image", "value": os.urandom(32).hex()}]})
            return answer.status in (200, 201) and (f"{path}/{name}", None)
        if resource == "policies":
            text = f'policy {{ name = "{name}", version = "1" }}\n'
            answer = self.ask(client, "POST", f"{path}?name={name}", text.encode(), LUA)
        else:
            corim = cbor2.CBORTag(self.corim.tag, {**self.corim.value, 0: name})
            answer = self.ask(client, "POST", path, cbor2.dumps(corim), CORIM_TYPE)
        return answer.status == 201 and (path + "/" + answer.fields["Location"].rsplit("/", 1)[1], None)

    def remove(self, client, resource):
        with self.lock:
            path = random.choice(list(self.there[resource]))
            self.there[resource].pop(path)  # until it is answered it may be there or not
        if self.ask(client, "DELETE", path).status == 204:
            self.removed[resource].add(path)

    def change(self, resource):
        client = Client(self.server, self.token, "acme")
        try:
            while not self.stop.is_set():
                if len(self.there[resource]) > 4 and random.random() < 0.3:
                    self.remove(client, resource)
                    continue
                made = self.add(client, resource)
                if made:
                    with self.lock:
                        self.there[resource][made[0]] = made[1]
        except GONE as gone:
            if isinstance(gone, AssertionError) and "closes every" not in str(gone):
                raise
        finally:
            client.close()

    def change_settings(self):
        client = Client(self.server, self.token, "acme")
        try:
            while not self.stop.is_set():
                seconds = random.randint(100, 80000)
                self.settings.add(seconds)
                if self.ask(client, "PATCH", "/api/v1/settings", {"session_seconds": seconds}).status == 200:
                    self.settings = {seconds}
        except GONE:
            pass
        finally:
            client.close()

    def start(self):
        self.stop.clear()
        self.threads = [threading.Thread(target=self.change, args=(name,)) for name in self.RESOURCES]
        self.threads.append(threading.Thread(target=self.change_settings))
        for thread in self.threads:
            thread.start()

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def token_names(self):
        client, names, after = Client(self.server, self.token, "acme"), set(), 0
        while after is not None:
            page = client("GET", f"/api/v1/tokens?limit=1000&after={after}").json()
            names |= {token["id"] for token in page["tokens"]}
            after = page.get("next")
        client.close()
        return names

    def check_tokens(self, test):
        """By what they open: they are not read one by one."""
        names = self.token_names()
        for path, secret in self.there["tokens"].items():
            client = Client(self.server, secret, "acme")
            test.assertEqual(client("GET", "/api/v1/endorsements").status, 200, path)
            client.close()
            test.assertIn(path.rsplit("/", 1)[1], names)
        for path in self.removed["tokens"]:
            test.assertNotIn(path.rsplit("/", 1)[1], names)

    def check(self, test):
        """All of it is there, and what was removed is not."""
        client = Client(self.server, self.token, "acme")
        self.check_tokens(test)
        for resource in self.RESOURCES[1:]:
            for path in self.there[resource]:
                test.assertEqual(client("GET", path).status, 200, path)
            for path in self.removed[resource]:
                test.assertEqual(client("GET", path).status, 404, path)
        if self.settings:
            seconds = client("GET", "/api/v1/settings").json()["settings"]["session_seconds"]
            test.assertIn(seconds, self.settings)
            self.settings = {seconds}
        client.close()

    def check_audit(self, test, store):
        """Its chain is whole by a second checker, and it tells of all that was acknowledged, and of nothing else."""
        kept = tps("audit", "checkpoint", "acme", "--store", store).stdout.split()
        lines = tps("audit", "export", "acme", "--store", store).stdout.splitlines()
        keys = self.server.request("GET", "/t/acme/.well-known/jwks.json").json()
        audit_judge.check(lines, audit_judge.keys_of(keys), kept)
        entries = [json.loads(line)["entry"] for line in lines]
        there = {"root"}
        for entry in entries:
            if entry["event"] == "token.added":
                there.add(entry["what"]["name"])
            elif entry["event"] == "token.removed":
                there.remove(entry["what"]["name"])
        test.assertEqual(self.token_names(), there)
        for resource, event in ("endorsements", "endorsement.added"), ("policies", "policy.added"), \
                               ("revocations", "revocation.added"):
            made = sum(entry["event"] == event for entry in entries)
            test.assertGreaterEqual(made, len(self.there[resource]) + len(self.removed[resource]))
        return len(entries)


class Kill(Case):
    """kill -9 while sessions are taken and everything is changed."""

    def kill_often(self, server):
        changes = Changes(server, make_tenant(server.store))
        acknowledged = entries = 0
        with server:
            for number in range(KILLS):
                before = changes.done
                with Load(server) as load:
                    changes.start()
                    load.gather(20)
                    self.within(30, lambda: changes.done > before + 10, "changes")
                    time.sleep(random.random() / 20)
                    server.kill()
                    load.ending.set()
                    changes.end()
                server.start()
                self.all_is_there(load, server)
                changes.check(self)
                acknowledged += len(load.acknowledged)
                if number % 10 == 9 or number + 1 == KILLS:
                    entries = changes.check_audit(self, server.store)
            tps("store", "check", server.store)
        self.assertEqual(set(changes.statuses) - {200, 201, 204}, set(), changes.statuses)
        print(f"{KILLS} kills: {acknowledged} results and {changes.done} changes were acknowledged and are there; "
              f"{entries} audit entries, one chain", flush=True)

    def test_on_sqlite(self):
        self.kill_often(Server(checkpoint_seconds=1))

    @no_cluster
    def test_on_postgresql(self):
        with Cluster() as cluster:
            self.kill_often(Node(cluster.url, checkpoint_seconds=1))


class FullDisk(Case):
    def small_disk(self):
        place = pathlib.Path(tempfile.mkdtemp(prefix="tps-full-"))
        self.addCleanup(os.rmdir, place)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "tmpfs", place], capture_output=True,
                                 text=True)
        if mounted.returncode != 0:
            self.skipTest("only root can mount a small disk: " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", place])
        return place

    def fill(self, place, is_full):
        """Until `is_full` says so: what a store has of its own room is used up first."""
        with open(place / "filler", "ab", buffering=0) as filler:
            def write():
                try:
                    while filler.write(bytes(4096)) > 0:
                        pass
                except OSError:
                    pass
                return is_full()
            self.within(60, write, "the disk is not full")

    def test_of_sqlite_costs_answers_and_nothing_acknowledged(self):
        place = self.small_disk()
        self.go_through(Server(folder=place), lambda server, is_full: self.fill(place, is_full),
                        lambda server: (place / "filler").unlink())

    def test_a_limit_on_the_size_of_files_is_a_full_disk(self):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)

        def limit(server, is_full):
            size = max(file.stat().st_size for file in server.folder.glob("store.db*"))
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size + 65536, limits[1]))
            self.within(60, is_full, "nothing reaches the limit")

        self.go_through(Server(), limit, lambda server: resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, limits))

    def go_through(self, server, fill, make_room):
        changes = Changes(server, make_tenant(server.store))
        with server:
            unused, _ = server.new_session()
            with Load(server) as load:
                changes.start()
                load.gather(30)
                fill(server, lambda: load.statuses.get(503) and changes.statuses.get(503))
                self.reads_go_on(server, load, changes)
                self.assertEqual(server.request("POST", unused, b"evidence", PSA_TYPE).status, 503)
                self.nothing_is_taken_again(load, server)
                make_room(server)
                self.within(10, lambda: self.serves(server), "serving again")
                load.gather(30)
                before = changes.done
                self.within(10, lambda: changes.done > before + 10, "changes again")
                changes.end()
            self.assertEqual(server.request("POST", unused, b"evidence", PSA_TYPE).status, 200)
            self.assertEqual(server.request("POST", unused, b"evidence", PSA_TYPE).status, 409)
            self.check_all(server, load, changes)
            server.kill()
            server.start()
            self.check_all(server, load, changes)
            tps("store", "check", server.store)

    def reads_go_on(self, server, load, changes):
        path, _, result = load.acknowledged[0]
        self.assertEqual(server.request("GET", path).json()["result"], result)
        self.assertEqual(server.request("GET", "/healthz").status, 200)
        self.assertEqual(server.request("GET", "/t/acme/.well-known/jwks.json").status, 200)
        self.assertEqual(server.request("POST", NEW_SESSION).status, 201)  # which writes nothing
        reader = Client(server, changes.token, "acme")
        for resource in changes.RESOURCES:
            self.assertEqual(reader("GET", "/api/v1/" + resource).status, 200)
        reader.close()

    def check_all(self, server, load, changes):
        self.assertEqual(set(load.statuses) - {200, 201, 503}, set(), load.statuses)
        self.assertEqual(set(changes.statuses) - {200, 201, 204, 503}, set(), changes.statuses)
        self.all_is_there(load, server)
        changes.check(self)
        changes.check_audit(self, server.store)


class Clock(Case):
    """The clock of the whole machine goes ahead, until what was used is pruned, and back; a server that took none of it is
    asked then, as the one that took it remembers."""

    def setUp(self):
        libraries = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
        if not libraries:
            if os.environ.get("TPS_REQUIRE_FAKETIME"):
                raise AssertionError("faketime is required, and not there")
            self.skipTest("libfaketime is not installed (Debian: faketime)")
        folder = tempfile.TemporaryDirectory(prefix="tps-clock-")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        self.clock = pathlib.Path(folder.name) / "clock"
        self.clock.write_text("+0\n")
        self.faked = {"LD_PRELOAD": libraries[0], "FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_NO_CACHE": "1",
                      "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.environment = {**os.environ, **self.faked,
                            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def test_nothing_used_is_taken_again_on_sqlite(self):
        server = Server(session_lifetime_ms=60000)
        server.environment = self.environment

        def count():
            with contextlib.closing(sqlite3.connect(f"file:{server.store}?mode=ro", uri=True)) as database:
                return database.execute("SELECT count(*) FROM sessions").fetchone()[0]

        with server:
            self.jump(server, count)

    @no_cluster
    def test_nothing_used_is_taken_again_on_postgresql(self):
        with Cluster(faked=self.faked) as cluster, \
             Node(cluster.url, session_lifetime_ms=60000, environment=self.environment) as node:
            self.jump(node, lambda: int(cluster.sql("SELECT count(*) FROM tps.sessions", database="tps")))

    def jump(self, node, count):
        with Load(node) as load:
            load.gather(30)
        before = count()
        self.assertGreaterEqual(before, 30)
        self.clock.write_text("+3600\n")
        self.within(20, lambda: self.serves(node) and count() < 10, "what is old is pruned")  # writing prunes
        self.nothing_is_taken_again(load, node)
        self.clock.write_text("+0\n")
        time.sleep(0.2)
        self.nothing_is_taken_again(load, node)
        node.stop()
        node.start()  # a node that took none of them, and remembers none
        self.nothing_is_taken_again(load, node)
        for _, nonce, _ in load.acknowledged:
            if nonce:
                self.assertEqual(node.request("POST", NEW_SESSION + "?nonce=" + nonce).status, 409)


if __name__ == "__main__":
    server_support.main()
