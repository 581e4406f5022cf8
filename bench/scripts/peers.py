#!/usr/bin/env python3
"""gpt2j beside Hugging Face transformers and beside the memory's bandwidth, in one run.

    bin/cli init --size gpt2 --out gpt2-random
    python3 bench/scripts/peers.py --model gpt2-random

Each round measures, one after the other so that all meet the same machine, for each precision:
transformers' and gpt2j's prefill, transformers' decode, and gpt2j's between two measurements of the
read bandwidth. Ratios are taken within each
round. Printed are medians, with the smallest and the largest round in parentheses; everything goes
to the JSON file. A measurement during which other programs used more than a tenth of a core is
taken again, --retries times at most, and the least disturbed attempt counts.

transformers is kept loaded and warmed up, with its default (sdpa) attention. gpt2j is started anew
each time, as its users do: its decode includes the warm-up of the JVM, as far as a median shows it,
and its prefill is measured twice, warm and as the first of a process. Decoding is greedy at batch 1
on both sides, its time the median of the single steps. The floor is the time to read the weights of
one step once: every parameter but the position embeddings; with bfloat16 weights the vectors are
still float32.

Needs nothing but Python; torch and transformers for their half of the table, a C compiler for a
trustworthy bandwidth. What is missing is named in the output.
"""

import argparse
import json
import math
import os
import pathlib
import platform
import random
import struct
import sys
import time
from collections.abc import Callable
from functools import partial

from bandwidth import Bandwidth
from peer_gpt2j import Gpt2j
from peer_transformers import Transformers
from peers_report import Report

ROOT = pathlib.Path(__file__).resolve().parents[2]
DISTURBED = 0.1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, type=pathlib.Path, help="a checkpoint's folder")
    parser.add_argument("--cli", default=ROOT / "bin/cli", type=pathlib.Path, help="gpt2j's launcher")
    parser.add_argument("--backend", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--retries", type=int, default=2, help="of a disturbed measurement")
    parser.add_argument("--precisions", nargs="+", choices=("f32", "bf16"), default=["f32", "bf16"])
    parser.add_argument("--prompt-tokens", type=int, default=32, help="before decoding")
    parser.add_argument("--new-tokens", type=int, default=128, help="decoded")
    parser.add_argument("--prefill-tokens", type=int, default=512)
    parser.add_argument("--json", type=pathlib.Path, default=pathlib.Path("peers.json"), help="where all figures go")
    return parser.parse_args()


def read_shapes(model: pathlib.Path) -> dict[str, list[int]]:
    """Shape of each tensor by name without prefix, from the headers of the safetensors files."""
    found = {}
    for file in sorted(model.glob("*.safetensors")):
        with file.open("rb") as stream:
            header = json.loads(stream.read(struct.unpack("<Q", stream.read(8))[0]))
        found |= {name: entry["shape"] for name, entry in header.items() if name != "__metadata__"}
    if not found:
        sys.exit(f"{model}: no safetensors file; make one with: bin/cli init --size gpt2 --out {model}")
    return {name.removeprefix("transformer."): shape for name, shape in found.items()}


def bytes_per_token(shapes: dict[str, list[int]], precision: str) -> int:
    """Bytes of weights that one decoding step reads."""
    total = 0
    for name, shape in shapes.items():
        mask = name.endswith((".attn.bias", ".attn.masked_bias"))
        one_row = name == "wpe.weight" or (name == "wte.weight" and "lm_head.weight" in shapes)
        if not mask and not one_row:
            total += math.prod(shape) * (2 if precision == "bf16" and len(shape) == 2 else 4)
    return total


def measurements(options, bandwidth: Bandwidth, peers: dict, prompts: dict) -> dict[tuple, Callable[[], dict]]:
    """What a round measures, in order, by program, precision and work."""
    out = {}
    for precision in options.precisions:
        here = {program: peer for (program, of), peer in peers.items() if of == precision}
        for program, peer in here.items():
            out[program, precision, "prefill"] = partial(peer.prefill, prompts["prefill"])
            if program == "gpt2j":
                out[program, precision, "first prefill"] = partial(peer.first_prefill, prompts["prefill"])
        # The bandwidth right before and after gpt2j, for it may change from one second to the next.
        for program, peer in here.items():
            if program == "gpt2j":
                out["memory", precision, "before"] = bandwidth.measure
            out[program, precision, "decode"] = partial(peer.decode, prompts["decode"], options.new_tokens)
        out["memory", precision, "after"] = bandwidth.measure
    return out


def undisturbed(measurement: Callable[[], dict], retries: int) -> dict:
    """The least disturbed of up to 1 + retries attempts; `disturbed` is how many cores others used."""
    attempts = []
    while len(attempts) <= retries:
        begin, (busy, own) = time.perf_counter(), busy_and_own_seconds()
        figures = measurement()
        later_busy, later_own = busy_and_own_seconds()
        others = (later_busy - busy - (later_own - own)) / (time.perf_counter() - begin)
        attempts.append(figures | {"disturbed": max(0.0, others)})
        if others < DISTURBED:
            break
    return min(attempts, key=lambda figures: figures["disturbed"])


def busy_and_own_seconds() -> tuple[float, float]:
    """CPU time of the whole machine (0 where there is no /proc), and of this process and its children."""
    own = sum(os.times()[:4])
    try:
        fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    except OSError:
        return own, own
    user, nice, system, _, _, interrupts, soft_interrupts, stolen = fields
    return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK"), own


def machine() -> str:
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores"


def open_peers(options, about: dict) -> dict:
    """Each program that is here, by name and precision; `about` says which isn't and why."""
    peers = {}
    about["gpt2j"] = f"gpt2j, {options.backend}"
    if not options.cli.exists():
        about["gpt2j"] = f"gpt2j: absent, there is no {options.cli}"
    for precision in options.precisions:
        try:
            peer = Transformers(str(options.model), precision, options.threads)
            about["transformers"] = peer.version
            peers["transformers", precision] = peer
        except ImportError as missing:
            about["transformers"] = f"transformers: absent, {missing}"
        if options.cli.exists():
            model = str(options.model)
            peers["gpt2j", precision] = Gpt2j(options.cli, model, precision, options.threads, options.backend)
    return peers


def main() -> None:
    options = parse_arguments()
    shapes = read_shapes(options.model)
    sizes = {precision: bytes_per_token(shapes, precision) for precision in options.precisions}
    source = random.Random(1)
    # The last token is end-of-text in GPT-2's own vocabulary, which would end a text.
    tokens = {"decode": options.prompt_tokens, "prefill": options.prefill_tokens}
    vocabulary = shapes["wte.weight"][0]
    prompts = {work: [source.randrange(vocabulary - 1) for _ in range(count)] for work, count in tokens.items()}
    about = {"machine": machine()}
    peers = open_peers(options, about)
    for peer in peers.values():
        # gpt2j's launcher builds what is missing; the checkpoint comes into the page cache.
        peer.prefill(prompts["prefill"])
        peer.decode(prompts["decode"], 8)

    rounds = []
    with Bandwidth(options.threads) as bandwidth:
        about["bandwidth"] = bandwidth.method
        for number in range(options.rounds):
            work = measurements(options, bandwidth, peers, prompts)
            rounds.append({what: undisturbed(how, options.retries) for what, how in work.items()})
            worst = max(figures["disturbed"] for figures in rounds[-1].values())
            note = f"; others used {worst:.1f} cores: don't trust it" if worst > DISTURBED else ""
            print(f"round {number + 1} of {options.rounds}{note}", file=sys.stderr, flush=True)

    write_json(options, about, sizes, rounds)
    print(Report(about, sizes, options, rounds).markdown())


def write_json(options, about: dict, sizes: dict, rounds: list[dict]) -> None:
    everything = {
        "about": about,
        "options": vars(options),
        "bytes_per_token": sizes,
        "rounds": [{" ".join(what).replace("  ", " "): figures for what, figures in r.items()} for r in rounds],
    }
    options.json.write_text(json.dumps(everything, indent=1, default=str) + "\n")


if __name__ == "__main__":
    main()
