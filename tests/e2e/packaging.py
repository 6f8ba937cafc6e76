# SPDX-License-Identifier: Apache-2.0
"""The service's unit and the Debian package: what they hold, and that a package comes and goes without leaving anything.

The package is installed below a folder of its own, with maintainer scripts that are told so (DPKG_ROOT): this system is not
touched. packaging.py BUILD-FOLDER
"""

import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

import skips

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
BUILD = None  # set below
EXPOSURE_MAX = 20  # 2.0, as systemd-analyze counts


# Where a tool comes from that is not on each Debian machine.
PACKAGES = {"systemd-analyze": "systemd", "systemd-sysusers": "systemd", "dpkg-shlibdeps": "dpkg-dev", "strip": "binutils"}


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            raise unittest.SkipTest(f"{tool} is not installed (Debian: {PACKAGES.get(tool, tool)})")


def run(*command, ok=True, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=180, **more)
    if ok and done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode}: {done.stdout}{done.stderr}")
    return done


class Unit(unittest.TestCase):
    def test_exposes_at_most_2_0(self):
        need("systemd-analyze")
        done = run("systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={EXPOSURE_MAX}",
                   PACKAGING / "tps.service", ok=False)
        self.assertEqual(done.returncode, 0, done.stdout[-400:] + done.stderr)
        self.assertIn("Overall exposure level", done.stdout)

    def test_has_no_line_that_the_manager_does_not_know(self):
        need("systemd-analyze")
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / "tps.service"
            text = (PACKAGING / "tps.service").read_text()
            unit.write_text(text.replace("/usr/bin/tps", "/bin/true").replace("man:tps-serve(8)", "man:true(1)"))
            done = run("systemd-analyze", "verify", "--man=no", unit, ok=False)
        self.assertNotIn("tps.service:", done.stderr)

    def test_serves_the_configuration_that_is_shipped(self):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder) / "serve.conf"
            config.write_text((PACKAGING / "serve.conf").read_text().replace("/var/lib/tps", folder))
            done = run(BUILD / "bin" / "tps", "serve", "--check-config", "--config", config)
            self.assertIn("good: tps serve would start", done.stdout)
            # What is commented out are options, too.
            options = run(BUILD / "bin" / "tps", "help", "serve").stdout
            for name in re.findall(r"^#([a-z-]+) = ", config.read_text(), re.MULTILINE):
                self.assertIn("--" + name, options)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need("dpkg-deb", "dpkg-shlibdeps", "strip", "fakeroot")
        cls.folder = tempfile.TemporaryDirectory(prefix="tps-packaging-")
        cls.work = pathlib.Path(cls.folder.name)
        cls.first = cls.build("1.0.0")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def build(cls, version, out="out"):
        return pathlib.Path(run(PACKAGING / "deb" / "build.sh", BUILD, cls.work / out, version).stdout.strip())

    def field(self, name):
        return run("dpkg-deb", "--field", self.first, name).stdout.strip()

    def test_depends_on_the_libraries_it_is_linked_with(self):
        depends = self.field("Depends")
        for library in ("libc6", "libssl3", "libevent-", "libsqlite3-0", "libpq5", "libjansson4"):
            self.assertRegex(depends, rf"(^|, ){library}")
        self.assertEqual(self.field("Package"), "opentps")

    def test_is_the_same_when_built_again(self):
        again = self.build("1.0.0", "again")
        self.assertEqual(again.read_bytes(), self.first.read_bytes())

    def test_holds_program_unit_configuration_and_manuals(self):
        held = {line.split()[5]: line.split()[0] + " " + line.split()[1]
                for line in run("dpkg-deb", "--contents", self.first).stdout.splitlines()}
        for path in ("./usr/bin/tps", "./usr/lib/systemd/system/tps.service", "./usr/lib/sysusers.d/tps.conf",
                     "./usr/share/man/man1/tps.1.gz", "./usr/share/man/man8/tps-serve.8.gz",
                     "./usr/share/doc/opentps/copyright", "./usr/share/doc/opentps/alerts.md"):
            self.assertIn(path, held)
        self.assertEqual(held["./etc/tps/serve.conf"], "-rw-r----- root/root")
        self.assertEqual(held["./etc/tps/tls/"], "drwxr-x--- root/root")
        for path, mode in held.items():
            self.assertNotIn("s", mode.split()[0][1:], path)  # nothing runs as somebody else
            self.assertIn("root/root", mode, path)

    def test_lintian_finds_no_errors(self):
        need("lintian")
        done = run("lintian", "--fail-on", "error", "--suppress-tags", "unstripped-binary-or-object", self.first, ok=False)
        self.assertEqual(done.returncode, 0, done.stdout)


class Installation(unittest.TestCase):
    """In a folder that stands for a system."""

    def setUp(self):
        need("dpkg", "dpkg-deb", "dpkg-shlibdeps", "strip", "systemd-sysusers")
        if os.geteuid() != 0:
            raise unittest.SkipTest("only root can give files to users")
        self.temporary = tempfile.TemporaryDirectory(prefix="tps-installed-")
        self.addCleanup(self.temporary.cleanup)
        self.work = pathlib.Path(self.temporary.name)
        self.root = self.work / "root"
        for folder in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "etc", "usr/lib"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "var/lib/dpkg/status").touch()
        (self.root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        (self.root / "etc/group").write_text("root:x:0:\n")
        self.real = {path: path.exists() and path.read_bytes() for path in map(pathlib.Path, (
            "/etc/passwd", "/etc/group", "/var/lib/dpkg/status"))}
        self.first = pathlib.Path(run(PACKAGING / "deb" / "build.sh", BUILD, self.work, "1.0.0").stdout.strip())

    def tearDown(self):
        for path, before in getattr(self, "real", {}).items():
            self.assertEqual(path.exists() and path.read_bytes(), before, f"{path} of this system was changed")
        self.assertFalse(os.path.exists("/var/lib/tps") and not self.had_state)

    had_state = os.path.exists("/var/lib/tps")

    def dpkg(self, *arguments):
        return run("dpkg", f"--root={self.root}", "--force-script-chrootless", "--force-depends", "--force-confold",
                   f"--log={self.work}/dpkg.log", *arguments, env={**os.environ, "LC_ALL": "C"})

    def script(self, name, *arguments):
        return run("sh", self.root / "var/lib/dpkg/info" / f"opentps.{name}", *arguments,
                   env={**os.environ, "DPKG_ROOT": str(self.root), "DPKG_ADMINDIR": f"{self.root}/var/lib/dpkg"})

    def files(self):
        return {str(p.relative_to(self.root)) for p in self.root.rglob("*")
                if not str(p.relative_to(self.root)).startswith("var/lib/dpkg")}

    def status(self):
        done = run("dpkg-query", f"--admindir={self.root}/var/lib/dpkg", "-W", "-f", "${db:Status-Abbrev}", "opentps", ok=False)
        return done.stdout.strip()

    def test_comes_and_goes(self):
        before = self.files()
        self.dpkg("--install", self.first)
        self.assertEqual(self.status(), "ii")
        group = re.search(r"^tps:[^:]*:(\d+):", (self.root / "etc/group").read_text(), re.MULTILINE)
        self.assertIsNotNone(group, "the package makes its group")
        for path, mode in (("etc/tps", 0o750), ("etc/tps/tls", 0o750), ("etc/tps/serve.conf", 0o640)):
            info = (self.root / path).stat()
            self.assertEqual((stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid), (mode, 0, int(group[1])), path)
        self.assertEqual(run(self.root / "usr/bin/tps", "--version").stdout.split()[0], "tps")

        # Again: each script may run twice.
        self.dpkg("--install", self.first)
        self.script("postinst", "configure", "1.0.0")
        self.assertEqual((self.root / "etc/passwd").read_text().count("\ntps:"), 1)

        # What its owner made stays, until he asks for all to go.
        (self.root / "var/lib/tps").mkdir(parents=True)
        (self.root / "var/lib/tps/store.db").write_text("state")
        (self.root / "etc/tps/tls/server.key").write_text("key")
        self.dpkg("--remove", "opentps")
        self.assertEqual(self.status(), "rc")
        self.assertEqual((self.root / "var/lib/tps/store.db").read_text(), "state")
        self.assertEqual((self.root / "etc/tps/tls/server.key").read_text(), "key")
        self.assertFalse((self.root / "usr/bin/tps").exists())
        self.dpkg("--purge", "opentps")
        left = {path for path in self.files() - before
                if path not in ("etc/passwd-", "etc/group-", "etc/shadow", "etc/gshadow", "etc/.pwd.lock")}
        left = {path for path in left if not (self.root / path).is_dir() or path.startswith(("etc/tps", "var/lib/tps"))}
        self.assertEqual(left, set())

    def test_an_upgrade_keeps_what_was_configured(self):
        self.dpkg("--install", self.first)
        config = self.root / "etc/tps/serve.conf"
        config.write_text(config.read_text() + "url = https://acme.example\n")
        second = run(PACKAGING / "deb" / "build.sh", BUILD, self.work, "1.0.1").stdout.strip()
        self.dpkg("--install", second)
        self.assertEqual(self.status(), "ii")
        self.assertIn("acme.example", config.read_text())
        self.dpkg("--purge", "opentps")
        self.assertFalse(config.exists())


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1))
    os.environ["TPS_DEB_COMPRESSION"] = "gzip"  # programs with sanitizers are large
    skips.main(verbosity=2)
