# SPDX-License-Identifier: Apache-2.0
"""How `tps serve` is run: logs, metrics, traces, its configuration, reloads and ends under load."""

import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import unittest

import server_support
from server_support import NEW_SESSION, PSA_TYPE, Server, make_certificate, tps

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def until(check, seconds=20):
    """Waits until `check` gives something, and gives that."""
    end = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"{check}: nothing came in {seconds} s")
        time.sleep(0.02)


def log_lines(server):
    """The log's lines, each of which must be a strict JSON object; the line of standard output stands beside them."""
    def no_duplicates(pairs):
        assert len({name for name, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    text = server.log_text()
    assert text == "" or text.endswith("\n")
    return [json.loads(line, object_pairs_hook=no_duplicates) for line in text.splitlines() if not line.startswith("listening on ")]


# ---- a strict reader of Prometheus's text, 0.0.4 ----

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')


def read_labels(text):
    labels, at = {}, 0
    while text and at < len(text):
        match = LABEL.match(text, at)
        assert match, text
        assert match[1] not in labels, text
        labels[match[1]] = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], match[2])
        at = match.end()
    return tuple(sorted(labels.items()))


def read_metrics(text):
    """{(name, labels): number}. Families are whole, helped and typed once; histograms add up."""
    assert text.endswith("\n")
    samples, types, helps, family, seen = {}, {}, {}, None, set()
    for line in text.splitlines():
        comment = re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (.+)", line)
        if comment:
            kind, family, rest = comment.groups()
            into = helps if kind == "HELP" else types
            assert family not in into, line
            into[family] = rest
            assert kind == "HELP" or rest in ("counter", "gauge", "histogram"), line
            assert kind == "TYPE" or family not in seen, f"{family} comes twice"
            seen.add(family)
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        name, labels, value = match[1], read_labels(match[2]), float(match[3])
        ends = ("_bucket", "_sum", "_count") if types[family] == "histogram" else ("",)
        assert name in [family + end for end in ends], f"{name} stands in {family}"
        assert (name, labels) not in samples, line
        assert types[family] == "gauge" or value >= 0, line
        samples[name, labels] = value
    for name in types:
        assert name in helps and re.match(r"(tps|process)_", name), name
        if types[name] == "counter":
            assert name.endswith("_total"), name
        if types[name] == "histogram":
            check_histogram(name, samples)
    return samples


def check_histogram(name, samples):
    series = {labels for sample, labels in samples if sample == name + "_count"}
    for labels in series:
        buckets = [(dict(found)["le"], number) for (sample, found), number in samples.items()
                   if sample == name + "_bucket" and tuple(l for l in found if l[0] != "le") == labels]
        bounds = [float(le.replace("+Inf", "inf")) for le, _ in buckets]
        counts = [number for _, number in buckets]
        assert bounds == sorted(set(bounds)) and bounds[-1] == float("inf"), name
        assert counts == sorted(counts) and counts[-1] == samples[name + "_count", labels], name
        assert (name + "_sum", labels) in samples, name


def metrics_of(server, port=None):
    connection = http.client.HTTPConnection("127.0.0.1", port or server.port, timeout=20)
    connection.request("GET", "/metrics")
    response = connection.getresponse()
    assert response.status == 200, response.status
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    text = response.read().decode()
    connection.close()
    return read_metrics(text)


def of(samples, name, **labels):
    return samples.get((name, tuple(sorted(labels.items()))), 0)


class Logs(unittest.TestCase):
    def test_requests_that_fail_do_not_fill_it(self):
        header = base64.urlsafe_b64encode(b'{"alg":"RS256","kid":"k"}').rstrip(b"=")
        claims = base64.urlsafe_b64encode(b'{"iss":"http://127.0.0.1:1","sub":"b","exp":9999999999}').rstrip(b"=")
        token = b".".join((header, claims, b"A" * 342))
        with Server() as server:
            tps("administrator", "add", "default", "x", "--scopes", "read", "--issuer", "http://127.0.0.1:1", "--audience", "a",
                "--subject", "b", "--store", server.store)
            until(lambda: server.request("GET", "/api/v1/anchors", fields={"Authorization": b"Bearer " + token}).status == 503)
            one = b"GET /api/v1/anchors HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + token + b"\r\n"
            self.assertGreater(server.raw((one + b"\r\n") * 200 + one + b"Connection: close\r\n\r\n").count(b"HTTP/1.1 503"), 200)
            self.assertLess(server.log_text().count(" request: "), 30)

    def test_say_what_happened_and_no_secret(self):
        secrets = ["tps_" + "S" * 43, "dXNlcjpoZWltbGljaGVz", "bm9uY2VvZm1pbmVub25jZW9mbWluZW5vbmNlb2Y", "geheimes-in-der-abfrage",
                   "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJnZWhlaW0ifQ.c2lnbmF0dXI"]
        with Server("--log-requests", log_format="json", log_level="debug") as server:
            for value in (f"Bearer {secrets[0]}", f"Basic {secrets[1]}", f"Bearer {secrets[4]}"):
                server.request("GET", "/api/v1/tokens", fields={"Authorization": value})
            answer = server.request("POST", NEW_SESSION + f"?nonce={secrets[2]}")
            session = answer.fields.get("Location", "session/x")
            server.request("POST", "/challenge-response/v1/" + session, b"geheime Evidenz", PSA_TYPE)
            server.request("GET", f"/nowhere?{secrets[3]}\x01".replace("\x01", "%01"))
            server.raw(b"GET /\x00 HTTP/1.1\r\nAuthorization: " + secrets[0].encode() + b"\r\n\r\n")
            server.request("GET", "/.well-known/jwks.json")
            text = until(lambda: "jwks.json" in server.log_text() and server.log_text())
            lines = log_lines(server)
        for secret in [*secrets, "geheime Evidenz", session.split("/")[-1]]:
            self.assertNotIn(secret, text)
        requests = [line for line in lines if line["message"] == "request"]
        self.assertTrue(requests)
        for line in requests:
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertIn(line["level"], ("info", "warning", "error"))
            self.assertLessEqual({"status", "duration_us", "bytes_in", "bytes_out"}, set(line))
        self.assertIn("/challenge-response/v1/session/{id}", {line.get("route") for line in requests})

    def test_are_for_people_unless_asked_otherwise(self):
        with Server("--log-requests") as server:
            server.request("GET", "/healthz")
            until(lambda: re.search(r"^\d{4}-\d\d-\d\dT[\d:.]+Z info: request: .*route=/healthz status=200 ", server.log_text(), re.M))

    def test_a_pipe_that_nobody_reads_holds_nobody_up(self):
        reader, writer = os.pipe()
        with Server("--log-requests", log_format="json") as server:
            server.stop()
            server.log = open(server.folder / "log2", "ab")
            port_file = server.folder / "port"
            port_file.unlink()
            server.process = subprocess.Popen([server_support.PROGRAM, "serve", "--store", server.store, "--listen", "127.0.0.1:0",
                                               "--port-file", port_file, "--log-requests", "--log-format", "json", "--metrics"],
                                              stdout=server.log, stderr=writer)
            os.close(writer)
            until(lambda: port_file.exists() and port_file.read_text().strip())
            server.port = int(port_file.read_text())
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            start = time.monotonic()
            for _ in range(2500):  # some 350 bytes of log each: more than pipe and ring take
                connection.request("GET", "/healthz")
                self.assertEqual(connection.getresponse().read(), b'{"status":"ok"}\n')
            self.assertLess(time.monotonic() - start, 30)
            connection.close()
            self.assertGreater(of(metrics_of(server), "tps_log_lines_dropped_total"), 0)
            server.stop()  # within its time
            data = b""
            while piece := os.read(reader, 65536):
                data += piece
            os.close(reader)
            for line in data.decode().splitlines():
                json.loads(line)  # whole lines only


class Traces(unittest.TestCase):
    def test_a_callers_trace_is_followed_and_each_request_has_an_id(self):
        with Server("--log-requests", log_format="json") as server:
            followed = server.request("POST", NEW_SESSION, fields={"traceparent": PARENT, "tracestate": "a=1"})
            own = server.request("GET", "/healthz", fields={"traceparent": PARENT.upper()})
            lines = until(lambda: [line for line in log_lines(server) if line["message"] == "request"][1:] and log_lines(server))
        lines = {line["span_id"]: line for line in lines if line["message"] == "request"}
        self.assertRegex(followed.fields["X-Request-Id"], "^[0-9a-f]{16}$")
        self.assertEqual(lines[followed.fields["X-Request-Id"]]["trace_id"], PARENT[3:35])
        self.assertNotEqual(followed.fields["X-Request-Id"], PARENT[36:52])
        self.assertNotEqual(lines[own.fields["X-Request-Id"]]["trace_id"], PARENT[3:35])


    def test_who_samples_sees_what_a_request_waited_for(self):
        with Server("--log-requests", log_format="json") as server:
            for flags in ("00", "01"):
                path, _ = server.new_session()
                server.request("POST", path, b"\xd2\x84\x40\xa0\x40\x40", PSA_TYPE, fields={"traceparent": PARENT[:-2] + flags})
            request = until(lambda: [line for line in log_lines(server) if line["message"] == "request"][3:])[0]
            spans = [line for line in log_lines(server) if line["message"] == "span"]
        self.assertEqual([span["name"] for span in spans], ["appraise", "commit"])
        for span in spans:
            self.assertEqual((span["trace_id"], span["parent_id"]), (PARENT[3:35], request["span_id"]))
            self.assertLessEqual(span["duration_us"], request["duration_us"])


class Metrics(unittest.TestCase):
    def test_count_what_was_done(self):
        with Server("--metrics") as server:
            tps("tenant", "create", "acme", "--store", server.store)
            until(lambda: server.request("POST", "/t/acme" + NEW_SESSION).status == 201)
            before = metrics_of(server)
            for _ in range(7):
                self.assertEqual(server.request("POST", "/t/acme" + NEW_SESSION).status, 201)
            for _ in range(2):
                self.assertEqual(server.appraise(b"no evidence", tenant="/t/acme").status, 200)
            for _ in range(3):
                self.assertEqual(server.request("GET", "/nowhere").status, 404)
            self.assertEqual(server.request("GET", "/api/v1/tokens").status, 401)
            time.sleep(1.2)  # what the server itself is asked for comes each second
            after = metrics_of(server)

        def grew(name, **labels):
            return of(after, name, **labels) - of(before, name, **labels)

        route = {"method": "POST", "route": NEW_SESSION}
        self.assertEqual(grew("tps_http_requests_total", **route, **{"class": "2xx"}), 9)
        self.assertEqual(grew("tps_http_request_duration_seconds_count", **route), 9)
        self.assertEqual(grew("tps_http_requests_total", method="other", route="other", **{"class": "4xx"}), 3)
        self.assertEqual(grew("tps_sessions_begun_total", tenant="acme"), 9)
        self.assertEqual(grew("tps_auth_failures_total", reason="missing"), 1)
        self.assertEqual(grew("tps_appraisals_total", tenant="acme", tier="contraindicated"), 2)
        self.assertEqual(grew("tps_appraisal_duration_seconds_count"), 2)
        self.assertGreaterEqual(grew("tps_commit_group_size_sum"), 2)
        self.assertEqual(grew("tps_commits_total", result="ok"), grew("tps_commit_duration_seconds_count"))
        self.assertEqual(grew("tps_endorsements_submitted_total", result="failed"), 0)
        self.assertGreaterEqual(of(after, "tps_loads_total", result="ok"), 2)
        self.assertEqual(of(after, "tps_http_requests_in_progress"), 1)  # this one
        self.assertGreaterEqual(grew("tps_http_connections_total"), 11)
        self.assertGreater(grew("tps_http_sent_bytes_total"), 11 * 50)
        self.assertEqual(of(after, "tps_store_up"), 1)
        self.assertEqual(of(after, "tps_tenants"), 2)
        self.assertLess(abs(of(after, "tps_knowledge_timestamp_seconds") - time.time()), 10)
        self.assertGreater(of(after, "process_resident_memory_bytes"), 1 << 20)
        self.assertEqual(sum(number for (name, _), number in after.items() if name == "tps_build_info"), 1)

    def test_are_the_operators_unless_said_otherwise(self):
        with Server() as server:
            self.assertEqual(server.request("GET", "/metrics").status, 401)
            self.assertEqual(server.request("GET", "/t/default/metrics").status, 404)
            for scopes, status in (("read", 403), ("operator", 200)):
                token = tps("token", "create", "default", "watch-" + scopes, "--scopes", scopes, "--store", server.store).stdout.strip()
                bearer = {"Authorization": "Bearer " + token}
                until(lambda: server.request("GET", "/metrics", fields=bearer).status == status)

    def test_have_a_listener_of_their_own(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with Server(metrics_listen=f"127.0.0.1:{port}") as server:
            self.assertEqual(server.request("GET", "/metrics").status, 401)
            metrics_of(server, port)
            for path, status in (("/healthz", 200), ("/readyz", 200), ("/api/v1/tenants", 404), (NEW_SESSION, 404)):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request("GET", path)
                self.assertEqual(connection.getresponse().status, status, path)
                connection.close()

    def test_are_openmetrics_for_who_asks(self):
        with Server("--metrics") as server:
            answer = server.request("GET", "/metrics", fields={
                "Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"})
        self.assertEqual(answer.fields["Content-Type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
        self.assertTrue(answer.body.endswith(b"\n# EOF\n"))

    def test_alerts_name_metrics_that_there_are(self):
        text = (server_support.ROOT / "packaging" / "alerts.md").read_text()
        named = set(re.findall(r"\b(?:tps|process)_[a-z_]+", text))
        with Server("--metrics") as server:
            told = set(re.findall(r"^# TYPE (\S+)", server.request("GET", "/metrics").body.decode(), re.M))
        self.assertEqual({name for name in named if re.sub("_bucket$", "", name) not in told}, set())


class Load:
    """Threads that ask without end; what was answered, and what was not."""

    def __init__(self, server, threads=4):
        self.server, self.stopping, self.answered, self.failures = server, False, 0, []
        self.names = set()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.ask) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def ask(self):
        while not self.stopping:
            try:
                name = self.one()
            except Exception as failure:  # pylint: disable=broad-except
                with self.lock:
                    self.failures.append(failure)
                if self.stopping or len(self.failures) > 100:
                    return
            else:
                with self.lock:
                    self.answered += 1
                    self.names.add(name)

    def one(self):
        """One connection, one request over it; gives the name in the server's certificate."""
        if self.server.context is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        else:
            connection = http.client.HTTPSConnection("127.0.0.1", self.server.port, timeout=20, context=self.server.context)
        try:
            connection.request("POST", NEW_SESSION)
            name = None
            if self.server.context is not None:
                name = dict(pair[0] for pair in connection.sock.getpeercert()["subject"])["commonName"]
            response = connection.getresponse()
            body = response.read()
            assert response.status == 201 and json.loads(body)["nonce"], response.status
            return name
        finally:
            connection.close()

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()


class Reloads(unittest.TestCase):
    def test_a_new_certificate_is_taken_under_load(self):
        with Server("--metrics", tls=True, log_format="json") as server:
            certificate, key = server.folder / "localhost.pem", server.folder / "localhost.key"
            make_certificate(server.folder, "renewed")
            server.context = ssl.create_default_context(cafile=certificate)
            server.context.load_verify_locations(server.folder / "renewed.pem")
            load = Load(server)
            until(lambda: load.answered > 20)
            shutil.copy(server.folder / "renewed.pem", certificate)
            shutil.copy(server.folder / "renewed.key", key)
            server.process.send_signal(signal.SIGHUP)
            until(lambda: "renewed" in load.names)
            # One that is none is refused, and the last good one serves on.
            key.write_text("nonsense")
            server.process.send_signal(signal.SIGHUP)
            until(lambda: any(line["level"] == "error" for line in log_lines(server)))
            count = load.answered
            until(lambda: load.answered > count + 20)
            load.stop()
            self.assertEqual(load.failures, [])
            self.assertEqual(load.names, {"localhost", "renewed"})
            told = read_metrics(server.request("GET", "/metrics").body.decode())
            self.assertEqual(of(told, "tps_config_reloads_total", result="failed"), 1)
            self.assertGreater(of(told, "tps_tls_certificate_expiry_timestamp_seconds"), time.time())

    def test_what_may_change_does_and_the_rest_is_named(self):
        with Server(log_format="json") as server:
            config = server.folder / "serve.conf"
            config.write_text("log-level = info\nqueue-max = 100\n")
            server.stop()
            server.flags += ["--config", config]
            server.start()
            config.write_text("log-level = info\nqueue-max = 200\nlog-requests = yes\n")
            server.process.send_signal(signal.SIGHUP)
            until(lambda: [line for line in log_lines(server) if line.get("option") == "queue-max"])
            server.request("GET", "/healthz")
            until(lambda: [line for line in log_lines(server) if line["message"] == "request"])
            config.write_text("log-level = loud\n")
            server.process.send_signal(signal.SIGHUP)
            failed = until(lambda: [line for line in log_lines(server) if "cannot be read again" in line["message"]])
            self.assertIn("serve.conf:1: log-level", failed[0]["cause"])
            self.assertEqual(server.request("GET", "/healthz").status, 200)


class Ends(unittest.TestCase):
    def test_what_was_begun_is_answered(self):
        with Server() as server:
            load = Load(server)
            until(lambda: load.answered > 50)
            server.stop()
            load.stop()
            # Refused or closed before the request was taken; never half an answer.
            for failure in load.failures:
                self.assertIsInstance(failure, (ConnectionRefusedError, ConnectionResetError, BrokenPipeError,
                                                http.client.RemoteDisconnected), repr(failure))
            self.assertRegex(server.log_text(), r"info: stopped\n$")
            self.assertNotIn("error", server.log_text())

    def test_a_request_under_way_is_finished(self):
        with Server() as server:
            slow = server.connect()
            slow.sendall(b"POST /challenge-response/v1/newSession HTTP/1.1\r\nHost: x\r\nContent-Le")
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)
            until(lambda: "stopping" in server.log_text())
            slow.sendall(b"ngth: 0\r\n\r\n")
            self.assertTrue(server_support.read_to_end(slow).startswith(b"HTTP/1.1 201"))
            slow.close()
            server.stop()

    def test_the_service_manager_is_told(self):
        with Server() as server:
            server.stop()
            path = str(server.folder / "notify")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind(path)
                manager.settimeout(20)
                os.environ.update({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "2000000"})
                try:
                    server.start()
                finally:
                    del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]

                def next_state():
                    while True:
                        text = manager.recv(4096).decode()
                        if text != "WATCHDOG=1":
                            return text

                self.assertEqual(next_state().splitlines()[0], "READY=1")
                self.assertEqual(manager.recv(4096), b"WATCHDOG=1")
                server.process.send_signal(signal.SIGHUP)
                reloading = next_state().splitlines()
                self.assertEqual(reloading[0], "RELOADING=1")
                self.assertRegex(reloading[1], r"^MONOTONIC_USEC=\d+$")
                self.assertEqual(next_state().splitlines()[0], "READY=1")
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(next_state(), "STOPPING=1")
                server.stop()


class Workers(unittest.TestCase):
    def workers(self, server):
        """The processes under the one that watches, which has no other children."""
        out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(server.process.pid)], capture_output=True, text=True, check=False)
        return sorted(map(int, out.stdout.split()))

    def test_serve_as_one_and_are_replaced(self):
        with Server("--metrics", log_format="json", workers=3) as server:
            first = self.workers(server)
            self.assertEqual(len(first), 3)
            load = Load(server, threads=6)
            until(lambda: load.answered > 100)
            os.kill(first[0], signal.SIGKILL)
            until(lambda: len(self.workers(server)) == 3 and first[0] not in self.workers(server))
            until(lambda: load.answered > 300)
            load.stop()
            # Only what had reached the process that died may have failed.
            self.assertLessEqual(len(load.failures), 20)
            for failure in load.failures:
                self.assertIsInstance(failure, (ConnectionResetError, http.client.RemoteDisconnected), repr(failure))
            time.sleep(1.2)
            told = metrics_of(server)
            self.assertEqual(of(told, "tps_workers"), 3)
            self.assertEqual(of(told, "tps_worker_restarts_total"), 1)
            self.assertGreaterEqual(of(told, "tps_sessions_begun_total", tenant="default"), load.answered)
            self.assertLessEqual(of(told, "tps_sessions_begun_total", tenant="default"), load.answered + len(load.failures))
            self.assertEqual({line.get("worker") for line in log_lines(server) if "died" in line["message"]}, {1})

    def test_a_session_of_one_is_known_to_all(self):
        with Server(workers=4) as server:
            for _ in range(12):  # each on a connection of its own
                path, _ = server.new_session()
                self.assertEqual(server.request("GET", path).status, 200)
                self.assertEqual(server.request("DELETE", path).status, 204)
                self.assertEqual(server.request("GET", path).status, 404)

    def test_share_a_database(self):
        import postgresql_support
        if postgresql_support.why_not():
            self.skipTest(postgresql_support.why_not())
        with postgresql_support.Cluster() as cluster:
            checked = tps("serve", "--check-config", "--store", cluster.url, "--listen", "127.0.0.1:0")
            self.assertRegex(checked.stdout, r"(?m)^store +PostgreSQL, whose tables are made at the start$")
            with Server("--metrics", workers=3, store=cluster.url) as server:
                load = Load(server, threads=4)
                until(lambda: load.answered > 60)
                load.stop()
                self.assertEqual(load.failures, [])
                time.sleep(1.2)
                self.assertEqual(of(metrics_of(server), "tps_store_up"), 1)
            checked = tps("serve", "--check-config", "--store", cluster.url, "--listen", "127.0.0.1:0")
            self.assertRegex(checked.stdout, r"(?m)^store +PostgreSQL, schema version (\d+); this program's is \1$")

    def test_what_keeps_one_from_serving_is_told_once_and_ends_all(self):
        with Server() as server:
            server.stop()
            done = tps("serve", "--store", "/nowhere/store.db", "--listen", "127.0.0.1:0", "--workers", "3", ok=False)
            self.assertEqual(done.returncode, 2)
            self.assertNotIn("listening", done.stdout)


class Configuration(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.temporary.cleanup)
        self.folder = self.server.folder
        self.certificate, self.key = make_certificate(self.folder)
        make_certificate(self.folder, "other")

    def check(self, text, *flags):
        config = self.folder / "serve.conf"
        config.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tps("serve", "--check-config", "--config", config, *flags, ok=False)

    def good(self, **values):
        lines = {"store": self.folder / "store.db", "listen": "127.0.0.1:0", **values}
        return "".join(f"{name.replace('_', '-')} = {value}\n" for name, value in lines.items() if value is not None)

    def test_what_is_good_is_told_and_nothing_is_made(self):
        before = set(self.folder.iterdir()) | {self.folder / "serve.conf"}
        done = self.check(self.good(tls_certificate=self.certificate, tls_key=self.key, log_format="json", demo="no"),
                          "--connections-max", "7")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("good: tps serve would start", done.stdout)
        self.assertRegex(done.stdout, r"(?m)^connections-max +7$")
        self.assertRegex(done.stdout, r"(?m)^log-format +json   \(.*serve.conf:5\)$")
        self.assertRegex(done.stdout, r"(?m)^queue-max +10000   \(unless given\)$")
        self.assertEqual(set(self.folder.iterdir()), before)

    def test_the_command_line_wins(self):
        done = self.check(self.good(log_format="json"), "--log-format", "text")
        self.assertRegex(done.stdout, r"(?m)^log-format +text$")

    def test_a_store_is_looked_at(self):
        tps("tenant", "create", "acme", "--store", self.folder / "store.db")
        self.assertRegex(self.check(self.good()).stdout, r"(?m)^store +SQLite, schema version (\d+); this program's is \1$")
        (self.folder / "store.db").write_text("this is no store, and not empty either" * 100)
        self.assertEqual(self.check(self.good()).returncode, 2)

    def test_what_is_wrong_is_named_with_its_line(self):
        one_line = [
            ("lisen = 1", "no option of this name"), ("config = x", "command line only"), ("listen 127.0.0.1:1", "name = value"),
            ("url =", "missing"), ("demo = true", "yes or no"), ("connections-max = 0", "from 1 to"), ("queue-max = -1", "from 1 to"),
            ("grace-ms = 10s", "from 1 to"), ("header-timeout-ms = 99999999999999999999", "from 1 to"), ("ear = 2024", "2023, 2025 or 2026"),
            ("log-level = loud", "error, warning"), ("log-format = xml", "text or json"), ("[serve]", "name = value"),
            ("listen = 127.0.0.1:2", "already, on line 2"), ("url = \x07", "control"), (b"url = \xff", "UTF-8"),
            ("tls-key = credential:../x", "LoadCredential"),
        ]
        for line, why in one_line:
            line = line if isinstance(line, bytes) else line.encode()
            extra = f"tls-certificate = {self.certificate}\n".encode() if line.startswith(b"tls-key") else b"# nothing\n"
            done = self.check(self.good().encode() + extra + line + b"\n")
            self.assertEqual(done.returncode, 2, (line, done.stdout, done.stderr))
            self.assertIn("serve.conf:4", done.stderr, line)
            self.assertIn(why, done.stderr, line)

    def test_what_cannot_be_used_is_named(self):
        cases = [
            (dict(tls_certificate=self.certificate), "--tls-key"), (dict(tls_key=self.key), "--tls-certificate"),
            (dict(client_ca=self.certificate), "needs TLS"),
            (dict(tls_certificate=self.certificate, tls_key=self.folder / "other.key"), "key"),
            (dict(tls_certificate=self.folder / "nowhere.pem", tls_key=self.key), "nowhere.pem"),
            (dict(listen="localhost:1"), "no address"), (dict(listen="127.0.0.1"), "no address"),
            (dict(listen="192.0.2.1:8080"), "cannot be listened on"), (dict(metrics_listen="x"), "--metrics-listen"),
            (dict(store="/nowhere/store.db"), "cannot be made"), (dict(store=None), "--store is missing"),
        ]
        for values, why in cases:
            done = self.check(self.good(**values))
            self.assertEqual(done.returncode, 2, (values, done.stdout))
            self.assertIn(why, done.stderr, values)
            self.assertNotIn("good:", done.stdout)

    def test_no_file_and_a_folder_are_named(self):
        for path in (self.folder / "nowhere.conf", self.folder):
            done = tps("serve", "--check-config", "--config", path, ok=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn(str(path), done.stderr)

    def test_credentials_of_the_service_manager_are_found(self):
        (self.folder / "credentials").mkdir()
        shutil.copy(self.key, self.folder / "credentials" / "key")
        (self.folder / "credentials" / "store").write_text(f"{self.folder}/store.db\n")
        os.environ["CREDENTIALS_DIRECTORY"] = str(self.folder / "credentials")
        self.addCleanup(os.environ.pop, "CREDENTIALS_DIRECTORY")
        done = self.check(self.good(tls_certificate=self.certificate, tls_key="credential:key", store="credential:store"))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_password_is_not_repeated(self):
        done = self.check(self.good(store="postgresql://tps:heimlich@127.0.0.1:1/tps"))
        self.assertEqual(done.returncode, 2)
        self.assertNotIn("heimlich", done.stdout + done.stderr)


if __name__ == "__main__":
    server_support.main()
