#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Independent implementations read what opentps emits: results by the Rust crate `ear`, endorsements by `corim-rs`.

    judge.py PROGRAM [BUILD-FOLDER]      PROGRAM is tps; the judge is built in BUILD-FOLDER with cargo

Says "skipped" with the reason, and succeeds, where there is no cargo or its packages cannot be had.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "spec" / "corim"

# What corim-rs 0.2.0, which knows an older draft, does not read of draft-10.
NOT_READ_YET = {
    "conditional-endorsement": "digests under COSE's numbers",
    "conditional-series": "an authority in the condition of a series",
    "every-value": "digests under COSE's numbers and private names",
}


def build_judge(folder):
    """The judge program's path, or None after saying why there is none."""
    if shutil.which("cargo") is None:
        print("skipped: there is no cargo")
        return None
    source = shutil.copytree(HERE / "rust_judge", folder / "source", dirs_exist_ok=True)
    done = subprocess.run(["cargo", "build", "--release", "--target-dir", str(folder)], cwd=source,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0 and any(word in done.stderr for word in ("failed to download", "failed to get", "network")):
        print("skipped: the packages cannot be had:", done.stderr.strip().splitlines()[-1])
        return None
    if done.returncode != 0:
        sys.exit(f"the judge does not build:\n{done.stderr}")
    return folder / "release" / "rust-judge"


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}: exit {done.returncode}: {done.stderr.strip()}")
    return done.stdout.strip()


def request(url, data=None, headers=None):
    with urllib.request.urlopen(urllib.request.Request(url, data, headers or {}), timeout=20) as answer:
        return answer.headers, json.loads(answer.read())


def result_of(tps, device, url, folder):
    """One challenge-response by hand: the files of the result and of the key that signed it."""
    interface = f"{url}/challenge-response/v1/"
    headers, session = request(interface + "newSession?nonceSize=32", b"")
    evidence = folder / "evidence.cbor"
    run(tps, "device", "evidence", "--device", device, "--nonce", session["nonce"], "--profile", "psa", "--out", evidence)
    _, session = request(interface + headers["Location"], evidence.read_bytes(),
                         {"Content-Type": "application/psa-attestation-token"})
    _, keys = request(f"{url}/.well-known/jwks.json")
    (folder / "key.jwk").write_text(json.dumps(keys["keys"][0]))
    result = session["result"]
    token = folder / ("result.jwt" if "." in result else "result.cwt")
    token.write_bytes(result.encode() if "." in result else base64.urlsafe_b64decode(result + "=="))
    return token, folder / "key.jwk"


def judge_result(tps, judge, folder, store, device, generation):
    """A server that writes results of one generation; the judge takes the result, and refuses a changed one."""
    port = folder / f"port-{generation}"
    server = subprocess.Popen([tps, "serve", "--store", store, "--listen", "127.0.0.1:0", "--port-file", port,
                               "--ear", generation, "--demo"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if port.exists() and port.read_text().strip():
                break
            time.sleep(0.05)
        token, key = result_of(tps, device, f"http://127.0.0.1:{port.read_text().strip()}/t/judge", folder)
    finally:
        server.terminate()
        server.wait(10)
    verdict = run(judge, f"ear{generation}", token, key)
    assert "Affirming" in verdict, verdict
    print(f"ok: the crate ear verifies a result of {generation}: {verdict}")
    if generation.endswith("-cwt"):
        token.write_bytes(token.read_bytes().replace(b"https://opentps.org", b"https://openTPS.org"))
    else:
        head, payload, signature = token.read_text().split(".")
        changed = base64.urlsafe_b64decode(payload + "==").replace(b'"affirming"', b'"warning"')
        token.write_text(".".join((head, base64.urlsafe_b64encode(changed).rstrip(b"=").decode(), signature)))
    assert subprocess.run([judge, f"ear{generation}", token, key], capture_output=True).returncode != 0
    print("ok: and refuses it when it is changed")


def judge_examples(judge, folder):
    """The crate reads the examples of spec/corim, which our tests write byte for byte."""
    for path in sorted(EXAMPLES.glob("*.hex")):
        corim = folder / (path.stem + ".corim")
        corim.write_bytes(bytes.fromhex("".join(path.read_text().split())))
        if path.stem in NOT_READ_YET:
            print(f"skipped: {path.stem}: the crate corim-rs does not know {NOT_READ_YET[path.stem]}")
        else:
            print(f"ok: the crate corim-rs reads the example {path.stem}: {run(judge, 'corim', corim)}")


def main():
    tps = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        judge = build_judge(pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else folder / "judge")
        if judge is None:
            return
        judge_examples(judge, folder)
        maker, store = folder / "acme", folder / "store.db"
        image = folder / "image.bin"
        image.write_bytes(b"firmware" * 1000)
        run(tps, "factory", "init", maker, "--name", "Acme", "--demo")
        run(tps, "factory", "release", maker, "--model", "bulb", "--version", "1.0.0", "--image", image)
        run(tps, "factory", "make", maker, "--model", "bulb")
        device = next((maker / "devices").iterdir())
        corims = sorted((maker / "endorsements").glob("*.corim"))
        run(tps, "tenant", "create", "judge", "--store", store)
        run(tps, "tenant", "trust", "judge", maker / "ca.pem", "--store", store)
        run(tps, "tenant", "endorse", "judge", *corims, "--store", store)
        try:
            for generation in ("2023", "2026", "2026-cwt"):
                judge_result(tps, judge, folder, store, device, generation)
            for corim in corims:
                if corim.name.endswith(".psa.corim"):
                    print(f"ok: the crate corim-rs reads {corim.name}: {run(judge, 'corim', corim)}")
        finally:
            run(tps, "device", "stop", device)


if __name__ == "__main__":
    main()
