# SPDX-License-Identifier: Apache-2.0
"""Many nodes on one PostgreSQL: what one does counts for all; a database that is stopped, crashes, is failed over or out of
reach costs answers (503), and nothing that was acknowledged; no nonce is accepted twice. Clusters are the tests' own."""

import contextlib
import http.client
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time
import unittest

import postgresql_support
from postgresql_support import Cluster
import server_support
import skips
from server_support import CORIM_TYPE, NEW_SESSION, PSA_NONCE, PSA_TYPE, SUBMIT, Server, base64url, tiers, tps, vector

KILLS = int(os.environ.get("TPS_NODE_KILLS", 3))  # 100 take about three minutes
REFUSED = {404, 409, 410}  # a session that has taken its evidence, or that nobody knows any more


class Node(Server):
    def __init__(self, url, *flags, prefix=(), environment=None, **options):
        super().__init__(*flags, **options)
        self.store, self.prefix, self.environment = url, prefix, environment


class Load:
    """Clients that begin sessions at one node and send evidence to another, and keep what was acknowledged."""

    def __init__(self, *nodes, clients=4):
        self.nodes, self.acknowledged, self.statuses, self.begun = nodes, [], {}, []
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(i,)) for i in range(clients)]

    def ask(self, node, *words):
        try:
            answer = node.request(*words)
        except (OSError, http.client.HTTPException):
            return None
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        if answer.status == 503:
            assert int(answer.fields["Retry-After"]) > 0, answer
        return answer

    def work(self, number):
        turn = number
        while not self.ending.is_set():
            turn += 1
            first, second = self.nodes[turn % len(self.nodes)], self.nodes[(turn + number) % len(self.nodes)]
            nonce = base64url(os.urandom(32)) if turn % 3 == 0 else None
            answer = self.ask(first, "POST", NEW_SESSION + ("?nonce=" + nonce if nonce else ""))
            if answer is None or answer.status != 201:
                time.sleep(0.02)
                continue
            path = "/challenge-response/v1/" + answer.fields["Location"]
            self.begun.append(path)
            answer = self.ask(second, "POST", path, b"evidence", PSA_TYPE)
            if answer is not None and answer.status == 200:
                self.acknowledged.append((path, nonce, answer.json()["result"]))

    def gather(self, count, seconds=30):
        """Waits until so many more are acknowledged."""
        wanted, end = len(self.acknowledged) + count, time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < end, (len(self.acknowledged), wanted, self.statuses)
            time.sleep(0.01)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *failure):
        self.ending.set()
        for thread in self.threads:
            thread.join()


class Case(unittest.TestCase):
    def all_is_there(self, load, *nodes):
        """Every result that was acknowledged can be read, and neither its session nor its nonce is taken again."""
        self.assertGreater(len(load.acknowledged), 0)
        for i, (path, nonce, result) in enumerate(load.acknowledged):
            node = nodes[i % len(nodes)]
            answer = node.request("GET", path)
            self.assertEqual(answer.status, 200, path)
            self.assertEqual(answer.json()["result"], result)
            self.assertEqual(node.request("POST", path, b"evidence", PSA_TYPE).status, 409)
            if nonce:
                self.assertEqual(node.request("POST", NEW_SESSION + "?nonce=" + nonce).status, 409)

    def nothing_is_taken_again(self, load, *nodes):
        for i, (path, _, _) in enumerate(load.acknowledged):
            answer = nodes[i % len(nodes)].request("POST", path, b"evidence", PSA_TYPE)
            self.assertIn(answer.status, REFUSED, answer)

    def within(self, seconds, condition, what):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.02)

    def serves(self, node):
        """True when a whole attestation goes through."""
        try:
            answer = node.request("POST", NEW_SESSION)
            if answer.status != 201:
                return False
            path = "/challenge-response/v1/" + answer.fields["Location"]
            return node.request("POST", path, b"evidence", PSA_TYPE).status == 200
        except (OSError, http.client.HTTPException):
            return False


class TwoNodes(Case):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster()) if hasattr(cls, "enterClassContext") else Cluster().__enter__()
        cls.addClassCleanup(cls.cluster.end)
        cls.a, cls.b = Node(cls.cluster.url), Node(cls.cluster.url)
        for node in (cls.a, cls.b):
            node.start()
            cls.addClassCleanup(node.__exit__)

    def tenant(self, name, *flags):
        tps("tenant", "create", name, "--allow-unsigned", *flags, "--store", self.cluster.url)
        return "/t/" + name

    def test_a_session_begun_at_one_takes_evidence_at_the_other_once(self):
        for query in "", "?nonce=" + base64url(os.urandom(32)):
            path, _ = self.a.new_session(query)
            done = self.b.request("POST", path, b"evidence", PSA_TYPE)
            self.assertEqual(done.status, 200)
            self.assertEqual(self.a.request("GET", path).json()["result"], done.json()["result"])
            for node in (self.a, self.b):
                self.assertEqual(node.request("POST", path, b"evidence", PSA_TYPE).status, 409)
                if query:
                    self.assertEqual(node.request("POST", NEW_SESSION + query).status, 409)
            self.assertEqual(self.a.request("DELETE", path).status, 204)
            self.assertEqual(self.b.request("GET", path).status, 404)
            self.assertIn(self.b.request("POST", path, b"evidence", PSA_TYPE).status, REFUSED)

    def test_of_two_nodes_at_once_one_takes_a_sessions_evidence(self):
        for turn in range(20):
            path, _ = self.a.new_session("" if turn % 2 else "?nonce=" + base64url(os.urandom(32)))
            statuses = []
            threads = [threading.Thread(target=lambda node: statuses.append(
                node.request("POST", path, b"evidence", PSA_TYPE).status), args=(node,)) for node in (self.a, self.b)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(statuses), [200, 409])

    def test_a_tenant_and_its_tokens_are_known_everywhere_within_a_second(self):
        tenant = self.tenant("tokens")
        for node in (self.a, self.b):
            self.within(1, lambda: node.request("GET", tenant + "/.well-known/jwks.json").status == 200, "the tenant")
        token = tps("token", "create", "tokens", "mine", "--scopes", "read", "--store", self.cluster.url).stdout.strip()

        def status(node):
            return node.request("GET", tenant + "/api/v1/endorsements", fields={"Authorization": "Bearer " + token}).status

        for node in (self.a, self.b):
            self.within(1, lambda: status(node) == 200, "the token")
        tps("token", "revoke", "tokens", "mine", "--store", self.cluster.url)
        for node in (self.a, self.b):
            self.within(1, lambda: status(node) == 401, "its end")

    def appraise_at_b(self, tenant):
        answer = self.b.appraise(vector("psa-evidence.cbor"), query="?nonce=" + base64url(PSA_NONCE), tenant=tenant)
        self.assertEqual(answer.status, 200, answer)
        return set(tiers(answer).values())

    def changing(self, name):
        """A tenant whose endorsements were submitted at one node, and who asks there."""
        tenant = self.tenant(name)
        token = tps("token", "create", name, "mine", "--scopes", "read,endorse,policy,trust", "--store",
                    self.cluster.url).stdout.strip()
        self.within(1, lambda: self.a.request("GET", tenant + "/.well-known/jwks.json").status == 200, "the tenant")

        def ask(method, path, body, type):
            return self.a.request(method, tenant + path, body, type, {"Authorization": "Bearer " + token})

        self.within(1, lambda: ask("GET", "/api/v1/endorsements", None, None).status == 200, "the token")
        answer = ask("POST", SUBMIT, vector("psa-endorsements.cbor"), CORIM_TYPE)
        self.assertEqual(answer.json()["status"], "success", answer)
        return tenant, ask

    def test_endorsements_are_known_everywhere_within_a_second(self):
        tenant, _ = self.changing("endorsements")
        time.sleep(1)
        self.assertEqual(self.appraise_at_b(tenant), {"affirming"})

    def test_a_policy_counts_everywhere_within_a_second(self):
        tenant, ask = self.changing("policy")
        text = 'policy { name = "none", version = "1" }\nwarn { claim = "executables", name = "executables.never", ' \
               'cause = "nobody is good enough", next_step = "give up" }\n'
        answer = ask("POST", "/api/v1/policies?name=none&active=true", text.encode(), "application/vnd.opentps.policy+lua")
        if answer.status == 201:
            answer = ask("POST", "/api/v1/policies/" + answer.json()["id"] + "/activate", b"", None) \
                if not answer.json().get("active") else answer
        self.assertIn(answer.status, (200, 201, 202), answer)
        time.sleep(1)
        self.assertNotIn("affirming", self.appraise_at_b(tenant))

    def test_a_revocation_counts_everywhere_within_a_second(self):
        tenant, ask = self.changing("revocation")
        import cbor2
        claims = cbor2.loads(cbor2.loads(vector("psa-evidence.cbor")).value[2])
        image = next(c for c in claims[2399])[2]
        answer = ask("PUT", "/api/v1/revocations/mine",
                     json.dumps({"revoked": [{"kind": "image", "value": image.hex()}]}).encode(), "application/json")
        self.assertIn(answer.status, (200, 201, 202), answer)
        time.sleep(1)
        self.assertNotIn("affirming", self.appraise_at_b(tenant))

    def test_a_killed_node_takes_nothing_with_it(self):
        doomed = Node(self.cluster.url).start()
        try:
            for _ in range(KILLS):
                with Load(doomed, self.a, self.b) as load:
                    load.gather(20)
                    doomed.kill()
                    load.gather(10)
                self.all_is_there(load, self.a, self.b)
                doomed.start()
        finally:
            doomed.__exit__()


class Outages(Case):
    """Each with a cluster of its own."""

    def setUp(self):
        self.cluster = Cluster()
        self.addCleanup(self.cluster.end)
        self.cluster.__enter__()

    def node(self, url=None, **options):
        node = Node(url or self.cluster.url, **options).start()
        self.addCleanup(node.__exit__)
        return node

    def test_a_database_that_is_stopped_costs_503_and_no_restart(self):
        node = self.node()
        with Load(node) as load:
            load.gather(20)
            path, _ = node.new_session()
            self.cluster.stop()
            begun = time.monotonic()
            answer = node.request("POST", path, b"evidence", PSA_TYPE)
            self.assertEqual(answer.status, 503)
            self.assertLess(time.monotonic() - begun, 10)
            self.assertGreater(int(answer.fields["Retry-After"]), 0)
            self.assertEqual(answer.fields["Content-Type"], "application/problem+json")
            self.within(5, lambda: node.request("GET", "/readyz").status == 503, "not ready")
            self.assertEqual(node.request("GET", "/healthz").status, 200)
            time.sleep(2)
            self.cluster.start()
            self.within(5, lambda: self.serves(node), "serving again")
            self.within(5, lambda: node.request("GET", "/readyz").status == 200, "ready again")
            load.gather(20)
        self.assertEqual(set(load.statuses) - {200, 201, 503}, set(), load.statuses)
        self.assertEqual(node.request("POST", path, b"evidence", PSA_TYPE).status, 200)  # it was not used meanwhile
        self.all_is_there(load, node)

    def test_a_database_that_hangs_costs_503_in_bounded_time(self):
        node = self.node()
        path, _ = node.new_session()
        self.assertTrue(self.serves(node))
        self.cluster.hang()
        for _ in range(2):
            begun = time.monotonic()
            self.assertEqual(node.request("POST", path, b"evidence", PSA_TYPE).status, 503)
            self.assertLess(time.monotonic() - begun, 12)
        self.assertEqual(node.request("GET", "/healthz").status, 200)
        self.cluster.go_on()
        self.within(15, lambda: self.serves(node), "serving again")
        self.assertIn(node.request("POST", path, b"evidence", PSA_TYPE).status, {200, 409})  # it may have been committed
        self.assertEqual(node.request("POST", path, b"evidence", PSA_TYPE).status, 409)

    def test_the_database_is_reached_over_tls_and_by_its_name(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        certificate, key = server_support.make_certificate(folder.name)
        stranger, _ = server_support.make_certificate(folder.name, "stranger")
        self.cluster.speak_tls(certificate, key)

        def list_tenants(parameters, ok=True):
            return tps("tenant", "list", "--store", self.cluster.url + parameters, ok=ok)

        self.cluster.until(lambda: list_tenants("?sslmode=require", ok=False).returncode == 0, "no TLS")
        list_tenants(f"?sslmode=verify-full&sslrootcert={certificate}")
        for parameters in (f"?sslmode=verify-full&sslrootcert={stranger}", "?sslmode=disable"):
            done = list_tenants(parameters, ok=False)
            self.assertNotEqual(done.returncode, 0, parameters)
            self.assertNotIn(self.cluster.password, done.stderr)
        with Node(f"{self.cluster.url}?sslmode=verify-full&sslrootcert={certificate}") as node:
            self.assertTrue(self.serves(node))

    def test_a_database_that_crashes_under_load_loses_nothing_acknowledged(self):
        a, b = self.node(), self.node()
        with Load(a, b) as load:
            for _ in range(3):
                load.gather(30)
                self.cluster.crash()
                self.cluster.start()
        self.within(5, lambda: self.serves(a) and self.serves(b), "serving again")
        self.all_is_there(load, a, b)

    def test_a_failover_to_a_synchronous_standby_loses_nothing_acknowledged(self):
        with self.cluster.replica(synchronous=True) as standby:
            url = self.cluster.url_with(standby)
            a, b = self.node(url), self.node(url)
            with Load(a, b) as load:
                load.gather(60)
                self.cluster.crash()
                standby.promote()
                self.within(10, lambda: self.serves(a) and self.serves(b), "serving again")
                load.gather(30)
            database = standby.sql("SELECT count(*) FROM tps.sessions", database="tps")
            self.assertGreaterEqual(int(database), len(load.acknowledged))
            self.nothing_is_taken_again(load, a, b)
            self.results_are_there(load, standby)

    def results_are_there(self, load, cluster):
        """By the database's own word: sessions of before a failover are known to no node any more."""
        rows = cluster.sql("SELECT replace(id::text,'-','') || ' ' || encode(result,'hex') FROM tps.sessions", database="tps")
        kept = dict(row.split(" ") for row in rows.splitlines() if row.split(" ")[1:])
        for path, nonce, result in load.acknowledged:
            row = kept[path.split("/")[-1].replace("-", "")]
            self.assertEqual(bytes.fromhex(row).decode(), result)
        nonces = cluster.sql("SELECT encode(nonce,'hex') FROM tps.client_nonces", database="tps").splitlines()
        for _, nonce, _ in load.acknowledged:
            if nonce:
                import base64
                self.assertIn(base64.urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4)).hex(), nonces)

    def test_after_a_failover_that_lost_commits_no_session_of_before_counts(self):
        with self.cluster.replica(synchronous=False) as standby:
            url = self.cluster.url_with(standby)
            a, b, fresh = self.node(url), self.node(url), self.node(url)  # who took a session remembers it; `fresh` took none
            open_one, _ = a.new_session()
            self.cluster.sql("SELECT pg_switch_wal()")
            standby.sql("ALTER SYSTEM SET primary_conninfo=''")
            standby.sql("SELECT pg_reload_conf()")
            standby.until(lambda: standby.sql("SELECT count(*) FROM pg_stat_wal_receiver") == "0", "it still follows")
            with Load(a, b) as load:
                load.gather(40)
            lost = [path for path, _, _ in load.acknowledged]
            taken, stop = [], threading.Event()

            def replay(node, number):
                turn = number
                while not stop.is_set():
                    turn += 1
                    try:
                        if node.request("POST", lost[turn % len(lost)], b"evidence", PSA_TYPE).status == 200:
                            taken.append(lost[turn % len(lost)])
                    except (OSError, http.client.HTTPException):
                        pass

            threads = [threading.Thread(target=replay, args=(node, i)) for i, node in enumerate((a, b, fresh, fresh))]
            for thread in threads:
                thread.start()
            self.cluster.crash()
            standby.promote()
            self.within(10, lambda: self.serves(a) and self.serves(b), "serving again")
            time.sleep(1)
            stop.set()
            for thread in threads:
                thread.join()
            self.assertLess(int(standby.sql("SELECT count(*) FROM tps.sessions WHERE state=3", database="tps")), len(lost),
                            "the standby has lost nothing: this test shows nothing")
            self.assertEqual(taken, [])
            self.nothing_is_taken_again(load, a, b, fresh)
            self.assertIn(a.request("POST", open_one, b"evidence", PSA_TYPE).status, REFUSED)

    def test_what_no_standby_has_is_not_acknowledged(self):
        """Whatever the database's own settings say: they would let a commit return before it is there."""
        with self.cluster.replica(synchronous=True) as standby:
            self.cluster.sql("ALTER ROLE tps SET synchronous_commit=off")
            node = self.node()
            self.assertTrue(self.serves(node))
            path, _ = node.new_session()
            standby.stop()
            begun = time.monotonic()
            self.assertEqual(node.request("POST", path, b"evidence", PSA_TYPE).status, 503)
            self.assertLess(time.monotonic() - begun, 15)
            self.assertEqual(node.request("GET", "/healthz").status, 200)
            standby.start()
            self.within(15, lambda: self.serves(node), "serving again")
            self.assertIn(node.request("POST", path, b"evidence", PSA_TYPE).status, REFUSED)  # it was committed after all


class FullDisk(Case):
    def test_a_disk_that_is_full_costs_answers_and_nothing_acknowledged(self):
        place = tempfile.mkdtemp(prefix="tps-full-")
        self.addCleanup(os.rmdir, place)
        os.chmod(place, 0o755)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m,mode=755", "tmpfs", place], capture_output=True,
                                 text=True)
        if mounted.returncode != 0:
            self.skipTest("only root can mount a small disk: " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", place])
        with Cluster("max_wal_size = 32MB\nmin_wal_size = 32MB\nwal_keep_size = 0\n", place=place) as cluster:
            with Node(cluster.url) as node, Node(cluster.url) as other:
                with Load(node, other) as load:
                    load.gather(30)
                    filler = pathlib.Path(place) / "filler"
                    with open(filler, "wb", buffering=0) as f, contextlib.suppress(OSError):
                        while f.write(bytes(4096)) > 0:
                            pass
                    self.within(60, lambda: load.statuses.get(503), "the disk is not full")
                    self.assertEqual(node.request("GET", "/healthz").status, 200)
                    filler.unlink()
                    if cluster.process.poll() is not None:  # where its log could not be written, it ends
                        cluster.start()
                    self.within(30, lambda: self.serves(node) and self.serves(other), "serving again")
                    load.gather(30)
                self.assertEqual(set(load.statuses) - {200, 201, 503}, set(), load.statuses)
                self.all_is_there(load, other, node)


class Clocks(Case):
    LIBRARY = next((p for p in (f"/usr/lib/{m}/faketime/libfaketime.so.1" for m in
                                ("x86_64-linux-gnu", "aarch64-linux-gnu")) if os.path.exists(p)), None)

    def test_a_clock_that_jumps_lets_no_session_in_twice(self):
        if self.LIBRARY is None:
            self.skipTest("libfaketime is not installed (Debian: faketime)")
        with Cluster() as cluster:
            offset = cluster.folder / "offset"
            offset.write_text("+0\n")
            environment = {**os.environ, "LD_PRELOAD": self.LIBRARY, "FAKETIME_TIMESTAMP_FILE": str(offset),
                           "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                           "ASAN_OPTIONS": "verify_asan_link_order=0"}
            Node(cluster.url).start().__exit__()
            # The key that signs results is as old as the tenant: else it would not count yet where the clock goes back.
            cluster.sql("UPDATE tps.items SET attributes=convert_to(regexp_replace(convert_from(attributes,'UTF8'),"
                        "'\"active_from\":[0-9]+','\"active_from\":1'),'UTF8') WHERE kind=6", database="tps")
            with Node(cluster.url) as right, Node(cluster.url, environment=environment) as jumping:
                with Load(right, jumping) as load:
                    load.gather(20)
                for seconds in (-7200, 7200, -86400, 86400, 0):
                    offset.write_text(f"{seconds:+d}\n")
                    time.sleep(0.2)
                    self.nothing_is_taken_again(load, jumping)
                    self.nothing_is_taken_again(load, right)
                    self.assertTrue(self.serves(right))  # whose sessions the other has not dropped
                self.all_is_there(load, right, jumping)

                # Away from the database's clock no new connection is made.
                offset.write_text("+30\n")
                cluster.stop()
                cluster.start()
                self.within(10, lambda: self.serves(right), "serving")
                self.assertFalse(self.serves(jumping))
                self.assertEqual(jumping.request("GET", "/readyz").status, 503)
                offset.write_text("+0\n")
                self.within(10, lambda: self.serves(jumping), "serving with a clock that is right")

    def test_a_node_whose_clock_is_wrong_does_not_start(self):
        if self.LIBRARY is None:
            self.skipTest("libfaketime is not installed (Debian: faketime)")
        with Cluster() as cluster:
            environment = {**os.environ, "LD_PRELOAD": self.LIBRARY, "FAKETIME": "+1h", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                           "ASAN_OPTIONS": "verify_asan_link_order=0"}
            done = subprocess.run([server_support.PROGRAM, "serve", "--store", cluster.url, "--listen", "127.0.0.1:0"],
                                  env=environment, capture_output=True, text=True, timeout=30)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("clock", done.stderr)
            self.assertNotIn(cluster.password, done.stderr)


class CutOff(Case):
    """A node in a network namespace, whose link to the database is taken away."""

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("only root can make network namespaces")
        self.name = f"tps{os.getpid()}"
        made = subprocess.run(["ip", "netns", "add", self.name], capture_output=True, text=True)
        if made.returncode != 0:
            self.skipTest("no network namespace can be made: " + made.stderr.strip())
        self.addCleanup(subprocess.run, ["ip", "netns", "del", self.name])
        self.outer, self.inner = self.name + "o", self.name + "i"
        made = subprocess.run(["ip", "link", "add", self.outer, "type", "veth", "peer", "name", self.inner],
                              capture_output=True, text=True)
        if made.returncode != 0:
            self.skipTest("no pair of interfaces can be made: " + made.stderr.strip())
        self.addCleanup(subprocess.run, ["ip", "link", "del", self.outer], capture_output=True)
        for words in (["ip", "link", "set", self.inner, "netns", self.name],
                      ["ip", "addr", "add", "10.213.77.1/30", "dev", self.outer], ["ip", "link", "set", self.outer, "up"],
                      [*self.within_it(), "ip", "addr", "add", "10.213.77.2/30", "dev", self.inner],
                      [*self.within_it(), "ip", "link", "set", self.inner, "up"],
                      [*self.within_it(), "ip", "link", "set", "lo", "up"]):
            subprocess.run(words, check=True)

    def within_it(self):
        return ["ip", "netns", "exec", self.name]

    def ask(self, node, method, path, body=None):
        """By a client beside the node."""
        words = [*self.within_it(), "curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}%header{location}",
                 "--max-time", "30", "-X", method, f"http://127.0.0.1:{node.port}{path}"]
        if body is not None:
            words += ["-H", "Content-Type: " + PSA_TYPE, "--data-binary", body]
        code, _, location = subprocess.run(words, capture_output=True, text=True).stdout.partition(" ")
        return int(code), location.strip()

    def begin(self, node):
        status, location = self.ask(node, "POST", NEW_SESSION)
        self.assertEqual(status, 201)
        return location if location.startswith("/") else "/challenge-response/v1/session/" + location.split("/")[-1]

    def test_a_node_that_is_cut_off_refuses_and_the_others_go_on(self):
        settings = "listen_addresses = '127.0.0.1,10.213.77.1'\n"
        with Cluster(settings, address="10.213.77.1") as cluster:
            with open(cluster.data / "pg_hba.conf", "a") as f:
                f.write("host all all 10.213.77.0/30 scram-sha-256\n")
            cluster.sql("SELECT pg_reload_conf()")
            near = cluster.url.replace("10.213.77.1", "127.0.0.1")
            with Node(near) as other, Node(cluster.url, prefix=self.within_it()) as cut:
                used, unused = self.begin(cut), self.begin(cut)
                self.assertEqual(self.ask(cut, "POST", used, "evidence")[0], 200)
                subprocess.run(["ip", "link", "set", self.outer, "down"], check=True)

                for path, expected in ((unused, {503}), (used, {503, 409}), (unused, {503})):
                    begun = time.monotonic()
                    self.assertIn(self.ask(cut, "POST", path, "evidence")[0], expected)
                    self.assertLess(time.monotonic() - begun, 12)
                self.within(15, lambda: self.ask(cut, "GET", "/readyz")[0] == 503, "not ready")
                self.assertEqual(self.ask(cut, "GET", "/healthz")[0], 200)
                self.assertTrue(self.serves(other))
                self.assertEqual(other.request("POST", unused, b"evidence", PSA_TYPE).status, 200)

                subprocess.run(["ip", "link", "set", self.outer, "up"], check=True)
                self.within(30, lambda: self.ask(cut, "GET", "/readyz")[0] == 200, "ready again")
                for path in (unused, used):
                    self.assertEqual(self.ask(cut, "POST", path, "evidence")[0], 409)
                self.assertEqual(self.ask(cut, "POST", self.begin(cut), "evidence")[0], 200)


if __name__ == "__main__":
    if postgresql_support.why_not():
        skips.all_of_it(postgresql_support.why_not())
    server_support.main()
