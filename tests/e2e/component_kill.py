#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A component that is killed at any moment (SIGKILL) while values are put and counters go up, or whose disk is full: what it
acknowledged is there when it runs again, what it did not is there whole or not at all, and no counter ever goes back.

usage: component_kill.py BIN [KILLS]
"""
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import component_client as client  # noqa: E402

BIN = ""
KILLS = 16
NAMES = ["value-%d" % n for n in range(5)]
CREATE, READ, INCREASE = 10, 11, 12
PUT, GET = 10, 11


def is_gone(pid):
    """It ended, even if nobody has asked how yet."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


class Kill(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="tps-kill-")
        os.chmod(self.folder.name, 0o755)
        self.device = client.make_maker(os.path.join(BIN, "tps"), os.path.join(self.folder.name, "acme"))
        self.acknowledged = {}
        self.attempted = None  # (name, value) that was sent last and not answered
        self.counter = 0
        self.random = random.Random(os.environ.get("TPS_KILL_SEED", "1"))

    def tearDown(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()

    def start(self):
        """Runs the device; returns its boot count."""
        log = os.path.join(self.folder.name, "log")
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                [os.path.join(BIN, "tps-boot"), "--device", self.device, "--component", os.path.join(BIN, "tps-component")],
                stdout=output, stderr=output)
        for _ in range(1500):
            with open(log, "rb") as file:
                text = file.read().decode()
            if "ready on" in text:
                return int(text.split("boot: start ")[1].split(",")[0])
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        return self.fail("the device does not start: " + text)

    def kill(self):
        """The component first, at once; then what would start it again. Its folder is locked until both are gone."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            component = int(file.read().split()[0])
        os.kill(component, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        while not is_gone(component):
            time.sleep(0.002)

    def check(self, component, round_number):
        for name in NAMES:
            answer = component.ask("sealed-storage", GET, {1: name})
            good = [self.acknowledged.get(name)]
            if self.attempted is not None and self.attempted[0] == name:
                good.append(self.attempted[1])
            self.assertIn(answer.get(1), good, f"{name} after kill {round_number}: {answer}")
        value = component.ask("counters", READ, {1: "steps"})[1]
        self.assertIn(value, (self.counter, self.counter + 1), f"the counter after kill {round_number}")
        if self.attempted is not None:
            self.acknowledged[self.attempted[0]] = component.ask("sealed-storage", GET, {1: self.attempted[0]}).get(1)
        self.attempted = None
        self.counter = value

    def work(self, component, until):
        """Puts and counts until the component is killed, which is at `until` or a little later."""
        try:
            while True:
                name, value = self.random.choice(NAMES), self.random.randbytes(self.random.randrange(1, 900))
                if time.monotonic() >= until:
                    self.kill_during_a_request(component, name, value)
                self.attempted = (name, value)
                answer = component.ask("sealed-storage", PUT, {1: name, 2: value})
                self.assertNotIn(2, answer)
                self.acknowledged[name] = value
                self.attempted = None
                self.assertNotIn(2, component.ask("counters", INCREASE, {1: "steps"}))
                self.counter += 1
        except (OSError, EOFError, ValueError):
            pass

    def kill_during_a_request(self, component, name, value):
        """Sends it in a child, so that the kill falls while it is worked on; a step of the counter as often."""
        counts = self.random.random() < 0.5
        self.attempted = None if counts else (name, value)
        child = os.fork()
        if child == 0:
            try:
                if counts:
                    component.ask("counters", INCREASE, {1: "steps"})
                else:
                    component.ask("sealed-storage", PUT, {1: name, 2: value})
            finally:
                os._exit(0)
        time.sleep(self.random.random() * 0.006)
        self.kill()
        os.waitpid(child, 0)
        raise EOFError

    def test_what_was_acknowledged_survives_every_kill(self):
        last = self.start()
        component = client.Component(self.device)
        self.assertNotIn(2, component.ask("counters", CREATE, {1: "steps"}))
        for name in NAMES:
            self.assertNotIn(2, component.ask("sealed-storage", PUT, {1: name, 2: b"first"}))
            self.acknowledged[name] = b"first"
        for number in range(1, KILLS + 1):
            self.work(component, time.monotonic() + self.random.random() * 0.15)
            component.close()
            count = self.start()
            self.assertGreater(count, last)
            last = count
            component = client.Component(self.device)
            self.check(component, number)
        component.close()
        print(f"{KILLS} kills, {self.counter} steps of the counter, {last} starts")

    def limit(self, size):
        """No file grows beyond `size` any more: as on a full disk, writes stop in the middle of what is written."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as file:
            component = int(file.read().split()[0])
        user = os.stat(os.path.join(self.device, "secure")).st_uid
        child = os.fork()
        if child == 0:
            try:
                if os.geteuid() == 0:  # which may lack the right to limit another user's processes
                    os.setgroups([])
                    os.setresgid(user, user, user)
                    os.setresuid(user, user, user)
                resource.prlimit(component, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
                os._exit(0)
            finally:
                os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_a_full_disk_is_an_error_and_costs_nothing(self):
        self.start()
        component = client.Component(self.device)
        component.ask("counters", CREATE, {1: "steps"})
        refused = 0
        for number, size in enumerate((0, 4, 16, 4096, 5000, 20000, 131072, 200000)):
            self.limit(size)
            for name in NAMES * 3:
                value = self.random.randbytes(700)
                try:
                    good = 2 not in component.ask("sealed-storage", PUT, {1: name, 2: value})
                except client.Failed:
                    good = False
                if good:
                    self.acknowledged[name] = value
                refused += not good
            try:
                answer = component.ask("counters", INCREASE, {1: "steps"})
                self.counter = answer.get(1, self.counter)
            except client.Failed:
                pass
            self.limit(resource.RLIM_INFINITY)
            self.check(component, number)
        self.assertGreater(refused, 0)
        component.close()
        self.kill()
        self.start()
        component = client.Component(self.device)
        self.check(component, "at the end")
        for name in NAMES:
            self.assertNotIn(2, component.ask("sealed-storage", PUT, {1: name, 2: b"room again"}))
        component.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    BIN = os.path.abspath(sys.argv.pop(1))
    KILLS = int(sys.argv.pop(1)) if len(sys.argv) > 1 else KILLS
    unittest.main()
