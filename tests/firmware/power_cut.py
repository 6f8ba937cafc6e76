#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The power goes, and nothing that was acknowledged is lost.

A chip (an505_power_cut) puts values, counts, makes keys and takes them away, and says so on its line. Its emulator is
killed, at each operation of its flash, also in the middle of one, or at moments that nobody chose. At the next start
- each value, counter and key that was acknowledged is there; of the one step that was not, the old or the new is;
- no counter is lower than it ever was seen;
- the chip goes on, and the rules of flash were kept (flash_checker.py).

usage: power_cut.py BIN FIRMWARE [--steps 24] [--every 1] [--random 1000] [--jobs 2] [--seed 1]

--steps   of the scenario that is cut at each operation; 0: none
--every   1: each operation, cut at four places within, and then cut once more while the next start repairs it;
          n: every n-th operation, at one place, which differs from one to the next
--random  kills at random moments, one after the other on the same chips
"""
import argparse
import concurrent.futures
import copy
import os
import random
import tempfile
import threading
import time

import cbor2
import chips
import emulator
import flash_checker

ANY = "any"  # a key that was made, whose public part nobody was told
NOT_FOUND, THERE_IS_ONE = 1, 2


class Lost(Exception):
    """What was acknowledged is not there, or what nobody asked for is."""


def body_of(message):
    return cbor2.loads(bytes.fromhex(message)).value


class Expected:
    """What must be stored, from what the chip said."""

    def __init__(self):
        self.state = {}  # (service, name) -> bytes of a value, a counter's number, a key's public part
        self.attempt = None  # (key, new state) that is not acknowledged
        self.acknowledged = 0

    def hear(self, text):
        """What the chip said in one start, whole lines only. Returns how many of its steps were done."""
        done = 0
        said = text.split("\n")[:-1]
        if said.count("start") > 1:
            raise Lost("the chip started anew by itself")
        for line in said:
            word, *rest = line.split(" ")
            if word == "found":
                self.found(*rest)
            elif word == "begin":
                self.attempt = None
            elif word == "try":
                self.attempt = self.intent(rest[1], rest[2])
            elif word == "done":
                self.done(body_of(rest[1]))
                done += 1
            elif word not in ("start", "rest"):
                raise Lost(f"the chip says: {line}")
        self.acknowledged += done
        return done

    def intent(self, service, message):
        request = cbor2.loads(bytes.fromhex(message))
        key = service, request.value[1]
        now = self.state.get(key)
        if service == "sealed-storage":
            return key, request.value[2] if request.tag == 10 else None
        if service == "counters":
            return key, (0 if now is None else now) if request.tag == 10 else now + request.value.get(2, 1)
        return key, (ANY if now is None else now) if request.tag == 10 else None

    def done(self, answer):
        key, new = self.attempt
        self.attempt = None
        if 2 in answer:
            if answer[2] not in (NOT_FOUND, THERE_IS_ONE):
                raise Lost(f"{key}: error {answer[2]}")
            return
        if key[0] == "counters" and answer[1] != new:
            raise Lost(f"{key}: {answer[1]} was answered instead of {new}")
        self.state[key] = answer[3] if key[0] == "key-store" and new is not None else new

    def found(self, service, request, response):
        key = service, body_of(request)[1]
        if not response:
            raise Lost(f"{key}: the chip does not answer")
        answer = body_of(response)
        if 2 in answer and answer[2] != NOT_FOUND:
            raise Lost(f"{key}: error {answer[2]}")
        now = None if 2 in answer else answer[3] if service == "key-store" else answer[1]
        good = [self.state.get(key)]
        if self.attempt is not None and self.attempt[0] == key:
            good.append(self.attempt[1])
            self.attempt = None  # from now on it is the one that was found
        if now not in good and not (ANY in good and now is not None):
            raise Lost(f"{key}: found {describe(now)}; good were {[describe(value) for value in good]}")
        self.state[key] = now


def describe(value):
    return f"{len(value)} bytes, {value[:8].hex()}..." if isinstance(value, bytes) else str(value)


class Chip:
    """One chip under test, on a copy of a flash, of which is known what must be stored in it."""

    def __init__(self, firmware, flash, folder, name, expected=None):
        file = os.path.join(folder, name.replace(" ", "-") + ".flash")
        self.flash = emulator.Flash.copied(flash, file)
        self.board = emulator.Emulator(firmware.elf(), flash=self.flash, name=name)
        self.expected = copy.deepcopy(expected) if expected is not None else Expected()
        self.before = self.flash.start_journal()
        self.statistics = None

    def cut_at(self, operation, after):
        """Starts, and takes the power away when `after` bytes of an operation (counted from the journal's first) are done."""
        self.flash.stop_at(operation, after)
        self.board.start()
        self.board.wait_stopped()
        self.end()
        self.flash.stop_at(0, 0)

    def run(self, steps):
        """Starts, and takes the power away after so many steps."""
        self.board.start()
        self.board.wait(rf"^done {steps} ", source="line")
        self.end()

    def run_to_rest(self):
        """Starts, and takes the power away when nothing is under way."""
        self.board.start()
        self.board.wait("^rest", source="line")
        self.end()
        if self.expected.attempt is not None or self.flash.finished != self.flash.begun:
            raise emulator.Failed("the power was taken away too late: this host is too busy")

    def end(self):
        self.board.kill()
        self.expected.hear(self.board.line())
        self.statistics = flash_checker.check(self.flash, self.before)

    def close(self):
        self.board.close()
        self.flash.close()


def judge_open(chip, what):
    """Runs what a test does with a chip; a failure names the chip, and shows what it said."""
    try:
        return what(chip)
    except (Lost, flash_checker.Broken, emulator.Failed) as why:
        raise SystemExit(f"{chip.board.name}: {why}\n{chip.board.describe()}") from why


def judge(chip, what):
    """As judge_open(), for the last that is done with this chip."""
    try:
        return judge_open(chip, what)
    finally:
        chip.close()


class Scenario:
    """A start of a chip and its first steps, cut at each operation of the flash."""

    def __init__(self, name, firmware, flash, folder, options, expected=None):
        self.name, self.firmware, self.flash, self.folder = name, firmware, flash, folder
        self.options, self.expected = options, expected

    def chip(self, name):
        return Chip(self.firmware, self.flash, self.folder, f"{self.name} {name}", self.expected)

    def uncut(self):
        """The operations of a run that is not cut, as (number, bytes); the offsets that it erased; and the statistics."""
        def run(chip):
            chip.run(self.options.steps)
            entries = [entry for entry in chip.flash.entries() if entry[1] != flash_checker.START]
            erased = {offset for _, operation, offset, _, _ in entries if operation == flash_checker.ERASE}
            return [(number, size) for number, _, _, size, _ in entries], erased, chip.statistics

        return judge(self.chip("uncut"), run)

    def cases(self, operations):
        """(operation, bytes after which it is cut, whether the next start is cut, too)."""
        for number, size in operations:
            places = (0, 7, size // 2, size)
            if self.options.every == 1:
                yield from ((number, after, False) for after in places)
                yield number, size // 2, True
            elif number % self.options.every == 0:
                turn = number // self.options.every
                yield number, places[turn % 4], turn % 3 == 0

    def cut(self, number, after, is_cut_again):
        def run(chip):
            chip.cut_at(number, after)
            if is_cut_again:
                chip.cut_at(chip.flash.begun + 1 + number % 7, 8)
            chip.run(2)
            return chip.statistics

        chip = self.chip(f"cut at operation {number} after {after} bytes" + (" and again" if is_cut_again else ""))
        statistics = judge(chip, run)
        os.unlink(chip.flash.path)
        return statistics

    def run(self):
        operations, _, statistics = self.uncut()
        print(f"{self.name}, {self.options.steps} steps uncut: {flash_checker.tell(statistics)}", flush=True)
        cases = list(self.cases(operations))
        total = {}
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for told in in_order(pool, [pool.submit(self.cut, *case) for case in cases]):
                for key in ("cuts", "reused", "trusted"):
                    total[key] = total.get(key, 0) + told[key]
        print(f"{len(cases)} chips cut at {len({case[0] for case in cases})} of {len(operations)} operations; "
              f"{flash_checker.tell(total)}", flush=True)


def scenarios(firmware, flash, folder, options, storage):
    """A chip that is new; and one whose storage is so full that it makes its other bank, which erases sectors."""
    yield Scenario("a new chip", firmware, flash, folder, options)
    chip = Chip(firmware, flash, folder, "a used chip")
    for _ in range(20):
        judge_open(chip, Chip.run_to_rest)
        used = Scenario("a chip that makes its other bank", firmware, chip.flash.path, folder, options, chip.expected)
        if any(storage[0] <= offset < sum(storage) for offset in used.uncut()[1]):
            break
    else:
        raise SystemExit("no bank was made anew: the chip does not write enough")
    yield used
    chip.close()


def in_order(pool, futures):
    """Their results; the first that fails ends all that have not begun."""
    for future in futures:
        try:
            yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


class RandomKills:
    """Kills at moments that nobody chose, one after the other on the same chips, so that cuts meet what cuts left."""

    def __init__(self, firmware, flash, folder, options):
        self.firmware, self.flash, self.folder, self.options = firmware, flash, folder, options
        self.left = options.random
        self.lock = threading.Lock()

    def take(self):
        with self.lock:
            self.left -= 1
            return self.left >= 0

    def one_chip(self, number, starting, working):
        moments = random.Random(f"{self.options.seed}/{number}")
        chip = Chip(self.firmware, self.flash, self.folder, f"chip-{number}")

        def run(chip):
            kills = cuts = 0
            while self.take():
                chip.before = chip.flash.start_journal()
                chip.board.start()
                if moments.random() < 0.5:
                    time.sleep(moments.random() * starting)
                else:
                    chip.board.wait("^begin", source="line")
                    time.sleep(moments.random() * working)
                chip.end()
                kills += 1
                cuts += chip.statistics["cuts"]
            chip.before = chip.flash.start_journal()
            chip.run(2)
            return kills, cuts, chip.expected.acknowledged, chip.expected.state.get(("counters", "steps"))

        return judge(chip, run)

    def measure(self):
        """How long a start takes here, and the steps up to the first rest: half of the moments lie in each."""
        def run(chip):
            begun = time.monotonic()
            chip.board.start()
            chip.board.wait("^begin", source="line")
            started = time.monotonic()
            chip.board.wait("^rest", source="line")
            ended = time.monotonic()
            chip.end()
            return started - begun, ended - started

        return judge(Chip(self.firmware, self.flash, self.folder, "measured"), run)

    def run(self):
        starting, working = self.measure()
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            chips_of = [pool.submit(self.one_chip, n, starting, working) for n in range(self.options.jobs)]
            told = list(in_order(pool, chips_of))
        print(f"{sum(one[0] for one in told)} kills, half of them within {starting:.2f} s of a start, half within {working:.2f} s "
              f"of its first step; {sum(one[1] for one in told)} within an operation of the flash; "
              f"{sum(one[2] for one in told)} steps acknowledged, counters at {', '.join(str(one[3]) for one in told)}", flush=True)


def main():
    bin, firmware, rest = chips.arguments(__doc__, takes_more=True)
    parser = argparse.ArgumentParser()
    for name, default in (("steps", 24), ("every", 1), ("random", 1000), ("jobs", 2), ("seed", 1)):
        parser.add_argument("--" + name, type=int, default=default)
    options = parser.parse_args(rest)
    firmware.require("power_cut")
    with tempfile.TemporaryDirectory(prefix="tps-power-") as folder:
        flash = chips.make_chip(bin, firmware, "power_cut", folder)
        if options.steps > 0:
            storage = chips.read_parts(os.path.join(bin, "tps"), flash)["storage"]
            for scenario in scenarios(firmware, flash, folder, options, storage):
                scenario.run()
        if options.random > 0:
            RandomKills(firmware, flash, folder, options).run()


if __name__ == "__main__":
    main()
