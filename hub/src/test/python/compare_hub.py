#!/usr/bin/env python3
"""Has gpt2j and huggingface_hub share a cache: each must find what the other brought, and wait for it.

    venv/bin/python compare_hub.py [--rounds 5]

Needs huggingface_hub; what is about transformers is left out where that isn't installed. Nothing but
a hub on loopback is asked. Ends with exit code 1 at the first thing that isn't as it must be.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from hub_server import COMMIT, HubServer

ROOT = pathlib.Path(__file__).resolve().parents[4]
TOKEN = "hf_of-the-user"
LOAD = """
import torch, transformers
model = transformers.AutoModelForCausalLM.from_pretrained("{name}").eval()
ids = torch.tensor([[1, 2, 3, 4]])
with torch.no_grad():
    logs = model(ids).logits.log_softmax(-1)
print(sum(logs[0, i, ids[0, i + 1]].item() for i in range(3)))
"""


class Sides:
    """The two programs, with one cache and one hub."""

    def __init__(self, cache: pathlib.Path, server: HubServer, cli: pathlib.Path):
        self.cache, self.server, self.cli = cache, server, cli
        self.environment = {
            **os.environ,
            "HF_HUB_CACHE": str(cache),
            "HF_HOME": str(cache / "home"),
            "HF_ENDPOINT": server.endpoint,
            "HF_TOKEN": TOKEN,
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_OFFLINE": "0",
        }

    def start(self, command: list, **environment: str) -> subprocess.Popen:
        return subprocess.Popen(
            [str(part) for part in command],
            env={**self.environment, **environment},
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def start_gpt2j(self, *arguments, **environment: str) -> subprocess.Popen:
        return self.start([self.cli, *arguments], **environment)

    def start_python(self, code: str, **environment: str) -> subprocess.Popen:
        return self.start([sys.executable, "-c", code], **environment)

    def gpt2j(self, *arguments, **environment: str) -> str:
        return output(self.start_gpt2j(*arguments, **environment))

    def python(self, code: str, **environment: str) -> str:
        return output(self.start_python(code, **environment))

    def lock(self, name: str) -> pathlib.Path:
        digest = hashlib.sha256(self.server.files["model.safetensors"]).hexdigest()
        return self.cache / ".locks" / ("models--" + name.replace("/", "--")) / f"{digest}.lock"


def output(process: subprocess.Popen) -> str:
    out, err = process.communicate(timeout=600)
    if process.returncode != 0:
        sys.exit(f"exit code {process.returncode}: {err}")
    if TOKEN in out + err:
        sys.exit("the token was shown")
    return out.strip()


def require(name: str, condition: bool, *seen) -> None:
    print(("ok: " if condition else "FAILED: ") + name, *(seen if not condition else ()), flush=True)
    if not condition:
        sys.exit(1)


SNAPSHOT = "from huggingface_hub import snapshot_download; print(snapshot_download('{}', local_files_only={}))"
SCAN = "import huggingface_hub; c = huggingface_hub.scan_cache_dir(); print(len(c.repos), len(c.warnings))"


def ours_is_found(sides: Sides, score: float) -> None:
    folder = sides.gpt2j("download", "gpt2")
    require("gpt2j's folder is the library's", folder == sides.python(SNAPSHOT.format("gpt2", True)))
    require("in offline mode, too", folder == sides.python(SNAPSHOT.format("gpt2", False), HF_HUB_OFFLINE="1"))
    require("the library's scan has nothing to complain of", sides.python(SCAN) == "1 0")
    before = len(sides.server.stored)
    found = sides.python("from huggingface_hub import hf_hub_download as d; print(d('gpt2', 'model.safetensors'))")
    require("the library doesn't download it again", found.startswith(folder) and len(sides.server.stored) == before)
    if importlib.util.find_spec("transformers"):
        loaded = float(sides.python(LOAD.format(name="gpt2"), HF_HUB_OFFLINE="1").splitlines()[-1])
        require("transformers loads it in offline mode", abs(loaded - score) < 1e-4, loaded, score)


def theirs_is_found(sides: Sides, score) -> None:
    folder = sides.python(SNAPSHOT.format("openai-community/gpt2", False))
    before = len(sides.server.requests)
    require("gpt2j finds the library's snapshot", score(sides, "openai-community/gpt2", "--offline") is not None)
    require("and asks for nothing", score(sides, "openai-community/gpt2") is not None and len(sides.server.requests) == before)
    require("its folder is the same", sides.gpt2j("download", "openai-community/gpt2", "--offline") == folder)


def what_transformers_needed_is_completed(sides: Sides, score) -> None:
    sides.python(LOAD.format(name="gpt2"))
    stored = len(sides.server.stored)
    require("gpt2j goes on with what transformers downloaded", score(sides, "gpt2") is not None)
    require("without its weights again", len(sides.server.stored) == stored)
    asked = len(sides.server.requests)
    score(sides, "gpt2")
    require("and asks once", len(sides.server.requests) == asked)


def gpt2j_waits(sides: Sides) -> None:
    holder = sides.start_python(
        f"""
from huggingface_hub.utils import WeakFileLock
import pathlib
pathlib.Path({str(sides.lock("gpt2"))!r}).parent.mkdir(parents=True)
with WeakFileLock({str(sides.lock("gpt2"))!r}):
    print("held", flush=True)
    input()
"""
    )
    holder.stdout.readline()
    stored = len(sides.server.stored)
    waiting = sides.start_gpt2j("download", "gpt2")
    while not any(request.endswith("model.safetensors") for request in sides.server.requests):
        time.sleep(0.1)
    time.sleep(3)  # in which it would have asked for the file
    require("gpt2j waits for the library's lock", len(sides.server.stored) == stored and waiting.poll() is None)
    holder.stdin.write("\n")
    holder.stdin.flush()
    output(holder)
    output(waiting)
    require("and goes on after it", len(sides.server.stored) == stored + 1)


def the_library_waits(sides: Sides) -> None:
    sides.server.seconds = 4
    downloading = sides.start_gpt2j("download", "gpt2")
    while not sides.server.stored:
        time.sleep(0.05)
    code = f"""
import filelock
try:
    filelock.FileLock({str(sides.lock("gpt2"))!r}).acquire(timeout=0.2).lock.release()
    print("free")
except filelock.Timeout:
    print("held")
"""
    require("the library finds gpt2j's lock held", sides.python(code) == "held")
    output(downloading)
    require("and free afterwards", sides.python(code) == "free")
    sides.server.seconds = 0


def both_at_once(sides: Sides) -> None:
    sides.server.seconds = 1
    stored = len(sides.server.stored)
    processes = [sides.start_gpt2j("download", "gpt2"), sides.start_python(SNAPSHOT.format("gpt2", False))]
    folders = {output(process) for process in processes}
    content = (pathlib.Path(folders.pop()) / "model.safetensors").read_bytes()
    require(
        "both at once download the weights once",
        not folders and content == sides.server.files["model.safetensors"] and len(sides.server.stored) == stored + 1,
        sides.server.stored[stored:],
    )
    sides.server.seconds = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", default=ROOT / "bin/cli", type=pathlib.Path)
    parser.add_argument("--rounds", default=5, type=int, help="of downloads at once")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        model = work / "model"
        size = ["--n-layer", "2", "--n-head", "2", "--n-embd", "64", "--n-ctx", "64", "--seed", "1"]
        subprocess.run([options.cli, "init", *size, "--out", model], check=True, stderr=subprocess.DEVNULL)
        server = HubServer(model)

        def new() -> Sides:
            cache = pathlib.Path(tempfile.mkdtemp(dir=work))
            server.requests.clear()
            server.stored.clear()
            return Sides(cache, server, options.cli)

        def score(sides: Sides, name, *more) -> float:
            answer = sides.gpt2j("score", "--model", name, "--token-ids", "1,2,3,4", "--format", "json", *more)
            return sum(json.loads(answer)["token_logprobs"][1:])

        ours_is_found(new(), score(new(), model))
        theirs_is_found(new(), score)
        if importlib.util.find_spec("transformers"):
            what_transformers_needed_is_completed(new(), score)
        gpt2j_waits(new())
        the_library_waits(new())
        for _ in range(options.rounds):
            both_at_once(new())


if __name__ == "__main__":
    main()
