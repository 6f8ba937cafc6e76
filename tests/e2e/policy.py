# SPDX-License-Identifier: Apache-2.0
"""`tps policy`, and policies in `tps verify`, over evidence that is made here without our code.

Usage: policy.py PATH_OF_TPS
"""
import base64
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

import cbor2

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
TPS = sys.argv.pop(1) if len(sys.argv) > 1 else "build/bin/tps"
sys.argv, kept = sys.argv[:1], sys.argv
from verify_cli import BOOT, APP, CLASS, NONCE, new_key, pem, sign1, ueid  # noqa: E402
sys.argv = kept

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HEAD = 'policy { name = "mine", version = "7" }\n'
OLD_BOOT = HEAD + """
local boot = evidence.components.boot
if not (boot and at_least(boot.version, "2.0")) then
    warn {
        claim = "executables",
        name = "executables.too-old",
        cause = "the boot loader is older than this service asks for",
        evidence = "version " .. tostring(boot and boot.version),
        known = "2.0 or later",
        next_step = "update the device",
    }
end
"""


def token(key, debug=3):
    component = [{1: c["name"], 4: c["version"], 2: c["digest"], 5: c["signer"]} for c in (BOOT, APP)]
    claims = {10: NONCE, 256: ueid(key), 258: b"\x01\x02\x03", 259: CLASS, 263: debug,
              265: "tag:opentps.org,2026:device", 273: [[60, cbor2.dumps(component)]]}
    return sign1(cbor2.dumps(claims), key)


def manifest(keys):
    environment = {0: {0: cbor2.CBORTag(560, CLASS), 1: "Lumen AG", 2: "Bulb 100"}}
    values = [{0: "opentps.software-component",
               1: {11: c["name"], 0: {0: c["version"]}, 2: [[1, c["digest"]]], 13: [cbor2.CBORTag(560, c["signer"])]}}
              for c in (BOOT, APP)]
    triples = {0: [[environment, values]],
               3: [[{**environment, 1: cbor2.CBORTag(550, ueid(k))}, [cbor2.CBORTag(554, pem(k))]] for k in keys]}
    comid = {1: {0: "bulbs"}, 4: triples}
    return cbor2.dumps(cbor2.CBORTag(501, {0: "bulbs", 1: [cbor2.CBORTag(506, cbor2.dumps(comid))],
                                          3: cbor2.CBORTag(32, "tag:opentps.org,2026:endorsements")}))


class Policy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.keys = [new_key(), new_key()]
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.endorsements = cls.file("bulbs.corim", manifest(cls.keys))

    @classmethod
    def file(cls, name, content):
        path = pathlib.Path(cls.folder.name) / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def tps(self, code, *arguments):
        got = subprocess.run([TPS, *arguments], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(got.returncode, code, got.stdout + got.stderr)
        return got

    def verify(self, code, evidence, *arguments):
        got = self.tps(code, "verify", self.file("evidence.cbor", evidence), "--endorsements", self.endorsements,
                       "--nonce", "hex:" + NONCE.hex(), "--json", *arguments)
        return json.loads(got.stdout)

    def names(self, result):
        return [finding["name"] for finding in result["findings"]]

    # ---- check, default ----

    def test_the_default_policy_is_a_text_that_passes_the_check(self):
        text = self.tps(0, "policy", "default").stdout
        self.assertEqual(text, (ROOT / "src/verifier/policy/default.lua").read_text())
        said = self.tps(0, "policy", "check", self.file("default.lua", text)).stdout
        self.assertIn("default@1 can be used; it stands in the place of the default policy", said)

    def test_a_policy_with_a_mistake_is_told_where(self):
        path = self.file("wrong.lua", HEAD + "if evidence.lifecyle == 1 then\nend\n")
        said = self.tps(1, "policy", "check", path)
        self.assertEqual(said.stderr.split(": ", 2)[2].strip(),
                         'line 2: evidence has no "lifecyle"; do you mean "lifecycle"?: '
                         "correct it at the place that is named")
        self.assertIn("line 2", self.tps(1, "verify", self.endorsements, "--policy", path).stderr)

    def test_commands_that_lack_something_are_told_what(self):
        for arguments in (["policy"], ["policy", "sing"], ["policy", "check"], ["policy", "check", "/nowhere"],
                          ["policy", "dry-run"], ["policy", "dry-run", "--policy", "x"],
                          ["policy", "default", "x"], ["policy", "check", "--colour"],
                          ["policy", "dry-run", "--policy", "/nowhere", "--recorded", "/nowhere"]):
            self.assertTrue(self.tps(2, *arguments).stderr.startswith("tps: "), arguments)

    def test_a_policy_of_more_than_64_kib_is_refused(self):
        self.tps(2, "policy", "check", self.file("long.lua", HEAD + "-" * 70000))

    # ---- judging ----

    def test_a_policy_judges_and_is_named_in_the_result(self):
        path = self.file("old.lua", OLD_BOOT)
        good = self.verify(0, token(self.keys[0]))
        self.assertEqual(good["policy-id"], "policy:OPENTPS")
        result = self.verify(1, token(self.keys[0]), "--policy", path)
        self.assertEqual((result["status"], result["policy-id"]), ("warning", "mine@7"))
        self.assertEqual(self.names(result), ["executables.too-old"])
        self.assertEqual(result["findings"][0]["evidence"], "version 1.0")
        self.assertEqual(result["trustworthiness-vector"]["executables"], 32)

    def test_a_policy_is_for_a_service(self):
        path = self.file("heating.lua", OLD_BOOT.replace('"7"', '"7", service = "heating", vendor = "Lumen AG"'))
        self.assertEqual(self.verify(0, token(self.keys[0]), "--policy", path)["policy-id"], "policy:OPENTPS")
        self.assertEqual(self.verify(1, token(self.keys[0]), "--policy", path, "--service", "heating")["policy-id"],
                         "mine@7")

    def test_a_policy_that_fails_refuses_with_the_line(self):
        path = self.file("fails.lua", HEAD + 'if endorsed.vendor == "Lumen AG" then\n'
                                             "    local x = evidence.bootseed .. evidence.swname\nend\n")
        result = self.verify(1, token(self.keys[0]), "--policy", path)
        self.assertEqual(result["status"], "contraindicated")
        self.assertEqual(result["findings"][0]["error"], "TPS_VERIFIER_POLICY_FAILED")
        self.assertIn("mine@7 failed while it judged: line 3", result["findings"][0]["cause"])

    def test_the_examples_of_the_manual_can_be_used(self):
        text = (ROOT / "docs" / "policy.md").read_text()
        found = re.findall(r"```lua\n(.*?)```", text, re.DOTALL)
        whole = [example for example in found if example.startswith("policy {")]
        self.assertGreaterEqual(len(whole), 4)
        for number, example in enumerate(whole):
            self.tps(0, "policy", "check", self.file(f"example{number}.lua", example))

    # ---- dry-run ----

    def record(self, name, *tokens):
        path = pathlib.Path(self.folder.name) / name
        path.unlink(missing_ok=True)
        for evidence, code in tokens:
            self.verify(code, evidence, "--record", str(path), "--aud", "me", "--service", "heating")
        return path

    def dry_run(self, code, policy, recorded, *arguments):
        return self.tps(code, "policy", "dry-run", "--policy", self.file("new.lua", policy), "--recorded",
                        str(recorded), "--endorsements", self.endorsements, *arguments).stdout

    def test_what_is_recorded_can_be_read_by_programs(self):
        path = self.record("one.jsonl", (token(self.keys[0]), 0))
        line = json.loads(path.read_text())
        self.assertEqual(base64.urlsafe_b64decode(line["nonce"] + "=="), NONCE)
        self.assertEqual((line["status"], line["aud"], line["service"], line["policy"]),
                         ("affirming", "me", "heating", "policy:OPENTPS"))
        self.assertEqual(line["vector"]["configuration"], 2)
        self.assertLess(abs(line["time"] - time.time()), 60)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_a_dry_run_tells_who_changes_and_why(self):
        path = self.record("two.jsonl", (token(self.keys[0]), 0), (token(self.keys[1], debug=0), 1))
        said = self.dry_run(1, OLD_BOOT, path)
        self.assertIn("line 1: affirming -> warning\n  instance   " + ueid(self.keys[0]).hex(), said)
        self.assertIn("device     Lumen AG Bulb 100", said)
        self.assertIn("cause      the boot loader is older", said)
        self.assertIn("line 2: contraindicated -> contraindicated", said)
        self.assertIn("2 recorded: 0 as before, 0 better, 1 worse, 1 with other claims", said)
        self.assertIn("2  executables.too-old: the boot loader is older", said)

    def test_a_dry_run_that_changes_nothing_says_so(self):
        path = self.record("same.jsonl", (token(self.keys[0]), 0), (token(self.keys[1], debug=0), 1))
        self.assertIn("2 recorded: 2 as before", self.dry_run(0, HEAD, path))
        self.assertIn("2 recorded: 2 as before", self.dry_run(0, OLD_BOOT, path, "--against",
                                                             self.file("against.lua", OLD_BOOT)))

    def test_a_dry_run_compares_with_other_policies_and_counts_what_gets_better(self):
        path = self.record("better.jsonl", (token(self.keys[0]), 0))
        lines = self.dry_run(1, HEAD, path, "--against", self.file("against.lua", OLD_BOOT), "--json").splitlines()
        change, counts = map(json.loads, lines)
        self.assertEqual((change["before"]["status"], change["after"]["status"]), ("warning", "affirming"))
        self.assertEqual(change["instance-id"], ueid(self.keys[0]).hex())
        self.assertEqual((counts["recorded"], counts["better"]), (1, 1))

    def test_a_dry_run_appraises_at_the_time_of_the_evidence_with_its_history(self):
        path = self.record("history.jsonl", (token(self.keys[0]), 0))
        line = json.loads(path.read_text())
        line["time"] -= 1000
        line["history"] = {"count": 2, "first-seen": 1, "last-seen": 2, "last-status": "warning", "bootcount": 3,
                           "security-counter": 4}
        del line["status"]
        path.write_text("\n" + json.dumps(line) + "\n\n")
        policy = HEAD + (f"if request.now ~= {line['time']} or history.count ~= 2 or history.bootcount ~= 3 "
                         "or history.security_counter ~= 4 or history.last_status ~= 'warning' "
                         "or request.service ~= 'heating' then warn { claim = 'hardware', cause = 'other', "
                         "next_step = '-' } end")
        against = self.file("against.lua", HEAD)
        self.assertIn("1 recorded: 1 as before", self.dry_run(0, policy, path, "--against", against))
        self.assertIn("1 without an outcome", self.dry_run(1, policy, path))

    def test_lines_that_are_no_records_are_refused_by_their_number(self):
        good = self.record("good.jsonl", (token(self.keys[0]), 0)).read_text()
        for line in ("{", "[]", "{}", '{"time":1}', '{"time":1,"evidence":"*"}', '{"time":"1","evidence":"AA"}',
                     '{"time":1,"evidence":"AA","nonce":"*"}', '{"time":1,"evidence":"AA","nonce":"' + "A" * 100 + '"}',
                     '{"time":1,"time":1,"evidence":"AA"}'):
            path = self.file("bad.jsonl", good + line + "\n")
            said = self.tps(2, "policy", "dry-run", "--policy", self.file("new.lua", HEAD), "--recorded", path,
                            "--endorsements", self.endorsements)
            self.assertIn("line 2 is no recorded evidence", said.stderr)

    def test_a_record_that_cannot_be_written_is_told(self):
        got = self.tps(2, "verify", self.file("e.cbor", token(self.keys[0])), "--endorsements", self.endorsements,
                       "--nonce", "hex:" + NONCE.hex(), "--record", "/nowhere/records")
        self.assertIn("cannot write /nowhere/records", got.stderr)


if __name__ == "__main__":
    unittest.main()
