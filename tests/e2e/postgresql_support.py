# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL clusters of the tests' own: in a temporary folder, on a free port of the loopback, never the system's.

    with Cluster() as primary:
        primary.url                   # what --store takes; of a role that is no superuser
        primary.stop(), .crash(), .start(), .sql("SELECT 1")
        with primary.replica(synchronous=True) as standby: standby.promote()

A cluster ends with the test, however that ends: at the end of `with`, and when the test's process dies.
"""

import glob
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = '%(folder)s'
port = %(port)d
shared_buffers = 16MB
max_connections = 40
max_wal_size = 128MB
min_wal_size = 32MB
wal_keep_size = 64MB
wal_retrieve_retry_interval = 200ms
autovacuum_naptime = 10s
log_line_prefix = '%%m [%%p] '
"""


def programs():
    """The folder of the newest server's programs; None if there is none."""
    folders = [f for f in glob.glob("/usr/lib/postgresql/*/bin") if os.path.exists(f + "/initdb") and os.path.exists(f + "/postgres")]
    return max(folders, key=lambda f: float(f.split("/")[-2]), default=None)


def why_not():
    """Why there can be no cluster here; None if there can."""
    if programs() is None:
        return "PostgreSQL's server is not installed (Debian: postgresql)"
    if os.geteuid() == 0 and user() is None:
        return "root may not run PostgreSQL, and there is no user 'postgres' or 'nobody' to run it as"
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return "there is no setpriv to run PostgreSQL as another user with (Debian: util-linux)"
    return None


def user():
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    return None


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Cluster:
    def __init__(self, settings="", address="127.0.0.1", place=None, faked=None):
        self.settings, self.address, self.faked = settings, address, faked or {}  # faked: environment for another clock
        self.password, self.process, self.primary = secrets.token_hex(16), None, None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tps-postgresql-", dir=place))
        self.data, self.log = self.folder / "data", self.folder / "log"
        self.port = free_port()
        if os.geteuid() == 0:
            os.chown(self.folder, user().pw_uid, user().pw_gid)

    # ---- its programs ----

    def command(self, name, *arguments):
        words = [os.path.join(programs(), name), *map(str, arguments)]
        if name == "postgres" and self.faked:  # not for setpriv: who makes libfaketime's memory must be who uses it
            words = ["env", *(f"{variable}={value}" for variable, value in self.faked.items()), *words]
        if os.geteuid() == 0:
            who = user()
            words = ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups",
                     "--pdeathsig", "QUIT", "--", *words]
        return words

    def environment(self):
        return {**os.environ, "PGPASSWORD": self.password, "LC_ALL": "C", "HOME": str(self.folder)}

    def run(self, name, *arguments):
        done = subprocess.run(self.command(name, *arguments), capture_output=True, text=True, cwd=self.folder,
                              env=self.environment(), timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"{name} {arguments}: {done.stderr}{done.stdout}")
        return done.stdout

    # ---- making it ----

    def make(self):
        secret = self.folder / "secret"
        secret.write_text(self.password)
        os.chmod(secret, 0o644)
        self.run("initdb", "--no-sync", "--encoding=UTF8", "--locale=C", "--username=postgres",
                 "--auth=scram-sha-256", f"--pwfile={secret}", "-D", self.data)
        secret.unlink()
        self.configure(SETTINGS % {"folder": self.folder, "port": self.port} + self.settings)
        self.start()
        self.sql(f"CREATE ROLE tps LOGIN PASSWORD '{self.password}'")
        self.sql("CREATE DATABASE tps OWNER tps")
        return self

    def configure(self, text):
        """Adds settings; they count from the next start or reload on."""
        with open(self.data / "postgresql.conf", "a") as f:
            f.write(text + "\n")

    def replica(self, synchronous=True):
        """A streaming standby of this one, started; every commit waits for it if synchronous."""
        standby = Cluster()
        standby.password, standby.primary = self.password, self
        where = f"host={self.folder} port={self.port} user=postgres password={self.password} application_name=standby"
        standby.run("pg_basebackup", "--no-sync", "--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf",
                    "-D", standby.data, "-d", where)
        standby.configure(f"port = {standby.port}\nunix_socket_directories = '{standby.folder}'\n"
                          "synchronous_standby_names = ''")
        standby.start()
        if synchronous:
            self.synchronous("standby")
        return standby

    def synchronous(self, names):
        self.sql(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self.sql("SELECT pg_reload_conf()")
        self.until(lambda: not names or self.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state='sync'") == "1",
                   "no standby becomes synchronous")

    # ---- running it ----

    def until(self, condition, failure, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"{failure}: {self.log.read_text()[-2000:]}")
            time.sleep(0.02)

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("the database does not start: " + self.log.read_text()[-2000:])
        return subprocess.run(self.command("pg_isready", "-q", "-h", self.folder, "-p", self.port)).returncode == 0

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command("postgres", "-D", self.data), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.folder, env={"LC_ALL": "C", "TZ": "UTC"})
        self.until(self.answers, "the database does not start")
        return self

    def stop(self, how=FAST):
        if self.process is not None and self.process.poll() is None:
            self.go_on()
            self.process.send_signal(how)
            self.process.wait(timeout=60)

    def crash(self):
        """Ends it as a power cut would: nothing is written any more."""
        self.stop(IMMEDIATE)

    def processes(self):
        """The server's own and those that it started."""
        def parent(pid):
            try:
                return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                return None
        return [self.process.pid, *(int(p) for p in os.listdir("/proc") if p.isdigit() and parent(p) == self.process.pid)]

    def hang(self):
        """From now on it is there and says nothing."""
        for pid in self.processes():
            os.kill(pid, signal.SIGSTOP)

    def go_on(self):
        for pid in self.processes():
            os.kill(pid, signal.SIGCONT)

    def speak_tls(self, certificate, key):
        """And nothing else over TCP. The files are copied."""
        for source, name, mode in ((certificate, "server.crt", 0o644), (key, "server.key", 0o600)):
            target = self.data / name
            target.write_bytes(pathlib.Path(source).read_bytes())
            os.chmod(target, mode)
            os.chown(target, self.data.stat().st_uid, self.data.stat().st_gid)
        hba = self.data / "pg_hba.conf"
        hba.write_text(hba.read_text().replace("\nhost ", "\nhostssl "))
        self.sql("ALTER SYSTEM SET ssl=on")
        self.sql("SELECT pg_reload_conf()")

    def promote(self):
        self.run("pg_ctl", "promote", "-D", self.data, "-t", "30")
        self.until(lambda: self.sql("SELECT pg_is_in_recovery()") == "f", "it is not promoted")

    def sql(self, text, database="postgres", role="postgres"):
        return self.run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p", self.port, "-U", role,
                        "-d", database, "-c", text).strip()

    @property
    def url(self):
        return f"postgresql://tps:{self.password}@{self.address}:{self.port}/tps"

    def url_with(self, *others):
        """For nodes that go on with another cluster when this one is gone."""
        hosts = ",".join(f"{c.address}:{c.port}" for c in (self, *others))
        return f"postgresql://tps:{self.password}@{hosts}/tps"

    def __enter__(self):
        try:
            return self if self.process else self.make()
        except BaseException:
            self.end()
            raise

    def __exit__(self, *failure):
        self.end()

    def end(self):
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)
