#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the fuzz targets of a build folder from the inputs kept in fuzz/corpus/NAME.

    fuzz.py BUILD --cpu SECONDS [NAME...]    each target until it has used that much CPU time; keeps what reaches new code
    fuzz.py BUILD --short SECONDS NAME...    for a test: a few seconds by the clock, nothing is kept

A run by CPU time says the same on a busy machine as on an idle one. --jobs targets run at once. At the end a table says what
each target did. An input that breaks a target is left in BUILD/crashes and named; the exit status is then 1. A target that
was interrupted goes on from BUILD/corpus/NAME when it is started again.
"""
import argparse
import concurrent.futures
import glob
import os
import re
import resource
import subprocess
import sys
import time

SLICE_SECONDS = 60  # by the clock; CPU time is read between slices, from the child's own accounts
LIMITS = ["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=1"]


class Target:
    def __init__(self, build, program):
        self.build = build
        self.program = program
        self.name = os.path.basename(program)[len("fuzz_"):]
        self.kept = os.path.join("fuzz", "corpus", self.name)
        self.work = os.path.join(build, "corpus", self.name)
        self.log = os.path.join(build, self.name + ".log")
        self.cpu = 0.0
        self.executions = 0
        self.coverage = "?"
        self.is_broken = False

    def run(self, seconds):
        """One run by the clock; False when it found something."""
        os.makedirs(self.work, exist_ok=True)
        os.makedirs(os.path.join(self.build, "crashes"), exist_ok=True)
        command = [self.program, "-max_total_time=%d" % max(1, seconds), *LIMITS,
                   "-artifact_prefix=%s/crashes/%s-" % (self.build, self.name)]
        dictionary = "fuzz/%s.dict" % self.name
        command += ["-dict=" + dictionary] if os.path.exists(dictionary) else []
        command += [self.work] + ([self.kept] if os.path.isdir(self.kept) else [])
        with open(self.log, "wb") as log:
            child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        self.cpu += usage.ru_utime + usage.ru_stime
        self.read_log()
        self.is_broken = child.returncode != 0
        return not self.is_broken

    def read_log(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            text = log.read()
        executed = re.search(r"number_of_executed_units:\s*(\d+)", text)
        self.executions += int(executed.group(1)) if executed else 0
        covered = re.findall(r"cov: (\d+)", text)
        self.coverage = covered[-1] if covered else self.coverage

    def run_cpu(self, seconds):
        while self.cpu < seconds and self.run(min(SLICE_SECONDS, seconds - self.cpu + 1)):
            pass
        if not self.is_broken:
            self.keep()
        return self

    def keep(self):
        """The inputs that reach code which no kept one reaches; not those that only reach it more often, which are legion."""
        os.makedirs(self.kept, exist_ok=True)
        with open(self.log, "ab") as log:
            subprocess.run([self.program, "-set_cover_merge=1", "-use_counters=0", "-verbosity=0", self.kept, self.work],
                           stdout=log, stderr=subprocess.STDOUT, check=False)

    def says(self):
        return "%-24s %8.0f s of CPU %12d executions  %6s edges  %s" % (
            self.name, self.cpu, self.executions, self.coverage, "BROKEN" if self.is_broken else "no finding")


def targets(build, names):
    found = [Target(build, program) for program in sorted(glob.glob(os.path.join(build, "bin", "fuzz_*")))]
    unknown = set(names) - {target.name for target in found}
    if unknown or not found:
        sys.exit("fuzz: there is no target %s in %s/bin: see fuzz/CMakeLists.txt" % (", ".join(sorted(unknown)), build))
    return [target for target in found if not names or target.name in names]


def show_log(target):
    with open(target.log, encoding="utf-8", errors="replace") as log:
        sys.stderr.write("".join(log.readlines()[-40:]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--cpu", type=float, default=0)
    parser.add_argument("--short", type=float, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_intermixed_args()
    chosen = targets(options.build, options.names)

    started = time.monotonic()
    if options.short:
        done = [target for target in chosen if target.run(options.short) or True]
    else:
        done = []
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for target in pool.map(lambda each: each.run_cpu(options.cpu), chosen):
                print(target.says(), flush=True)
                done.append(target)
    broken = [target for target in done if target.is_broken]
    for target in broken:
        show_log(target)
    print("fuzz: %d targets, %d broken, %.0f s of CPU, %.0f s by the clock" % (
        len(done), len(broken), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime, time.monotonic() - started))
    if broken:
        print("fuzz: broken: %s; the inputs are in %s/crashes: run BUILD/bin/fuzz_NAME INPUT to see again" % (
            ", ".join(target.name for target in broken), options.build), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
