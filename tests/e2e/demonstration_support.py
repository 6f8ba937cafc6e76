# SPDX-License-Identifier: Apache-2.0
"""What the tests of the demonstrations share: a run in a folder of its own, and that nothing else is thrown away."""
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Demonstration(unittest.TestCase):
    SCRIPT = ""  # in demo/
    PLACES = {}  # environment: where the programs are

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="tps demo ")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def demo(self, folder, code=0):
        done = subprocess.run([ROOT / "demo" / self.SCRIPT, folder], capture_output=True, text=True, timeout=180, check=False,
                              stdin=subprocess.DEVNULL, cwd=self.folder, env={**os.environ, **self.PLACES, "LC_ALL": "C"})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr

    def test_a_folder_that_it_did_not_make_stays_as_it_is(self):
        (self.folder / "mine").mkdir()
        (self.folder / "mine" / "data").write_text("precious")
        (self.folder / "file").write_text("precious")

        for name in ("mine", "file"):
            self.assertRegex(self.demo(name, code=2), rf"\Ademo: {name} is there already, [^\n]+: move it away[^\n]+\n\Z")
        self.assertEqual((self.folder / "mine" / "data").read_text(), "precious")
        self.assertEqual((self.folder / "file").read_text(), "precious")
