# SPDX-License-Identifier: Apache-2.0
"""`tps explain`: every link of the chain, where it breaks, and the page that it writes.

Usage: explain.py PATH_OF_TPS
"""
import html.parser
import json
import pathlib
import subprocess
import unittest

import cbor2

import verify_cli as maker  # takes the program's path from the command line


class Page(html.parser.HTMLParser):
    """The page's items: state and text of each; fails on what loads or runs anything."""

    def __init__(self):
        super().__init__()
        self.items, self.title, self.stack = [], "", []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        assert tag not in ("script", "link", "img", "iframe", "object"), tag
        assert not {"src", "href", "onclick", "onload"} & set(attributes), attributes
        if tag == "li":
            self.items.append([attributes["class"].split()[0], ""])
        if tag not in ("meta",):
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag, tag

    def handle_data(self, data):
        if "li" in self.stack:
            self.items[-1][1] += data
        elif "h1" in self.stack:
            self.title += data


class Explain(maker.Verify):
    """Only the tests of this class are run, see load_tests()."""

    def explain(self, evidence, *arguments, nonce=maker.NONCE, more=("--json",)):
        path = self.file(evidence) if isinstance(evidence, bytes) else evidence
        asked = ["--nonce", "hex:" + nonce.hex()] if nonce else []
        done = subprocess.run([maker.TPS, "explain", str(path), *map(str, arguments), *asked, *map(str, more)],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertNotIn("Sanitizer", done.stderr)
        return done

    def links(self, *arguments, code=0, **named):
        done = self.explain(*arguments, **named)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual(len(result["parts"]), 1)
        return [(link["name"], link["state"]) for link in result["parts"][0]["links"]], result

    def link(self, result, name):
        found = [link for link in result["parts"][0]["links"] if link["name"] == name]
        self.assertTrue(found, name)
        return found[0]

    def world(self, components=(maker.BOOT, maker.APP)):
        """A maker with an anchor, a signed manifest, and a lamp that is in it."""
        ca_key, signer_key = maker.new_key(), maker.new_key()
        ca = maker.certificate("Lumen root", ca_key)
        signer = maker.certificate("Lumen signer", signer_key, ca, ca_key, uri=maker.ENDORSEMENTS)
        manifest = maker.sign_corim(maker.corim(components, [self.key], maker_profile()), signer_key, [signer])
        return ["--anchor", self.file(maker.der(ca)), "--endorsements", self.file(manifest)], ca, ca_key

    def test_every_link_holds_of_a_device_that_is_as_it_should_be(self):
        known, _, _ = self.world()
        claims = maker.eat_claims(self.key, [maker.BOOT, maker.APP])
        links, result = self.links(maker.sign1(cbor2.dumps(claims), self.key), *known)
        self.assertEqual([name for name, _ in links],
                         ["evidence", "trust anchor", "endorsement", "device key", "signature", "freshness", "bound to",
                          "class", "software", "piece of software", "piece of software", "policy", "result"])
        self.assertEqual({state for _, state in links}, {"holds"})
        self.assertIn("Lumen root", self.link(result, "trust anchor")["what"])
        self.assertIn("signed under", self.link(result, "endorsement")["by"])
        self.assertIn("Lumen root", self.link(result, "piece of software")["by"])
        self.assertEqual(self.link(result, "class")["what"], "Lumen Lamp")
        self.assertEqual(result["verdict"], "the device is believed: every link holds")

    def test_a_certified_device_shows_its_certificates(self):
        known, ca, ca_key = self.world()
        key = maker.new_key()
        leaf = maker.certificate("lamp 7", key, ca, ca_key)
        claims = maker.eat_claims(key, [maker.BOOT, maker.APP])
        done = self.explain(maker.sign1(cbor2.dumps(claims), key, unprotected={33: maker.der(leaf)}), *known)
        link = self.link(json.loads(done.stdout), "device certificate")
        self.assertIn("lamp 7", link["what"])
        self.assertIn("Lumen root", link["by"])

    def test_changed_software_breaks_at_its_piece(self):
        known, _, _ = self.world()
        claims = maker.eat_claims(self.key, [maker.BOOT, {**maker.APP, "digest": b"\xee" * 32, "version": "6.6"}])
        links, result = self.links(maker.sign1(cbor2.dumps(claims), self.key), *known, code=1)
        broken = [link for link in result["parts"][0]["links"] if link["cause"]]
        self.assertEqual([link["name"] for link in broken], ["piece of software"])
        self.assertIn("\"app\" 6.6", broken[0]["what"])
        self.assertIn("eeee", broken[0]["evidence"])
        self.assertIn("2.3", broken[0]["known"])
        self.assertTrue(broken[0]["next-step"])
        self.assertIn(("signature", "holds"), links)
        self.assertNotIn("not looked at", [state for _, state in links])

    def test_after_a_bad_signature_nothing_was_looked_at(self):
        known, _, _ = self.world()
        evidence = bytearray(maker.sign1(cbor2.dumps(maker.eat_claims(self.key, [maker.BOOT, maker.APP])), self.key))
        evidence[-1] ^= 1
        links, result = self.links(bytes(evidence), *known, code=1)
        at = links.index(("signature", "broken"))
        self.assertEqual({state for _, state in links[at + 1:-1]}, {"not looked at"})
        self.assertEqual(links[-1], ("result", "broken"))
        self.assertIn("\"signature\"", result["verdict"])

    def test_an_unknown_key_another_nonce_and_no_nonce_break_where_they_are(self):
        known, _, _ = self.world()
        other = maker.new_key()
        links, _ = self.links(maker.sign1(cbor2.dumps(maker.eat_claims(other, [maker.BOOT, maker.APP])), other), *known, code=1)
        self.assertIn(("who vouches", "broken"), links)
        evidence = maker.sign1(cbor2.dumps(maker.eat_claims(self.key, [maker.BOOT, maker.APP])), self.key)
        links, _ = self.links(evidence, *known, nonce=b"\x09" * 32, code=1)
        self.assertIn(("freshness", "broken"), links)
        self.assertIn(("software", "not looked at"), links)
        links, _ = self.links(evidence, *known, nonce=None, code=1)
        self.assertIn(("freshness", "weak"), links)
        self.assertIn(("software", "holds"), links)

    def test_what_is_no_evidence_breaks_at_once(self):
        links, _ = self.links(b"no evidence", code=1)
        self.assertEqual(links[0], ("evidence", "broken"))

    def test_the_parts_of_a_composite_device_have_chains_of_their_own(self):
        known, _, _ = self.world()
        evidence = maker.sign1(cbor2.dumps(maker.eat_claims(self.key, [maker.BOOT, maker.APP])), self.key)
        collection = cbor2.dumps({"main": [263, evidence], "radio": [263, b"\x00"]})
        done = self.explain(collection, *known)
        result = json.loads(done.stdout)
        self.assertEqual([part["name"] for part in result["parts"]], ["main", "radio"])
        self.assertEqual([part["status"] for part in result["parts"]], ["affirming", "contraindicated"])
        self.assertEqual(done.returncode, 1)

    def test_what_is_found_of_the_whole_is_told_of_its_parts(self):
        known, _, _ = self.world()
        evidence = maker.sign1(cbor2.dumps(maker.eat_claims(self.key, [maker.BOOT, maker.APP])), self.key)
        collection = cbor2.dumps({"main": [263, evidence], "again": [263, evidence], "odd": [60, b"\x00"]})
        done = self.explain(collection, *known)
        result = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(sorted(part["name"] for part in result["parts"]), ["again", "main", "odd"])
        for part in result["parts"]:
            self.assertEqual(part["links"][-1]["name"], "result")
            self.assertEqual(part["links"][-1]["what"], part["status"])
            if part["status"] != "affirming":
                self.assertTrue([link for link in part["links"] if link["cause"]], part)

    def test_a_terminal_page_fits_and_needs_no_colours(self):
        known, _, _ = self.world()
        evidence = maker.sign1(cbor2.dumps(maker.eat_claims(self.key, [maker.BOOT, maker.APP])), self.key)
        done = self.explain(evidence, *known, more=["--ascii"])
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.isascii())
        self.assertNotIn("\x1b", done.stdout)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)
        for name in ("trust anchor", "endorsement", "signature", "freshness", "piece of software", "policy", "result"):
            self.assertIn(name, done.stdout)

    def test_the_html_page_says_the_same_and_is_escaped(self):
        known, _, _ = self.world()
        evil = {**maker.APP, "name": "<script>alert(1)</script>&\"", "digest": b"\xee" * 32}
        evidence = maker.sign1(cbor2.dumps(maker.eat_claims(self.key, [maker.BOOT, evil])), self.key)
        path = pathlib.Path(self.folder.name) / "page.html"
        done = self.explain(evidence, *known, more=["--json", "--html", path])
        self.assertEqual(done.returncode, 1)
        page = Page()
        page.feed(path.read_text(encoding="utf-8"))
        page.close()
        self.assertEqual(page.stack, [])
        result = json.loads(done.stdout)
        states = {"holds": "good", "weak": "weak", "broken": "broken", "not looked at": "none"}
        self.assertEqual([state for state, _ in page.items],
                         [states[link["state"]] for link in result["parts"][0]["links"]])
        self.assertTrue(any("<script>alert(1)</script>" in text for _, text in page.items))
        self.assertEqual(page.title, result["verdict"])

    def test_what_it_does_not_do_is_said(self):
        done = self.explain(b"x", more=["--record", "r"])
        self.assertEqual(done.returncode, 2)
        self.assertIn("tps verify", done.stderr)
        self.assertEqual(self.explain(b"x", more=["--html", "/nowhere/at/all.html"]).returncode, 2)


def maker_profile():
    return "tag:opentps.org,2026:endorsements"


def load_tests(loader, _tests, _pattern):
    names = [name for name in vars(Explain) if name.startswith("test_")]
    return unittest.TestSuite(Explain(name) for name in names)


if __name__ == "__main__":
    unittest.main()
