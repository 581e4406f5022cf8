#!/usr/bin/env python3
"""Compares gpt2j with Hugging Face transformers on any GPT-2 checkpoint, the real ones for example.

    python3 compare_scores.py --model DIR [--precision bf16|q8_0|q4_0]

Runs bin/cli score on a text as long as the context allows and compares the log-probability of each
token, and of the ten most probable tokens in its place. transformers runs in float32 with eager
attention; where gpt2j rounds matrices they are rounded for it, too. Ends with exit code 1 if the
largest difference is above --tolerance.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys

import torch
from make_golden import ROUNDINGS, load, with_rounded_matrices

ROOT = pathlib.Path(__file__).resolve().parents[4]
TOP = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, type=pathlib.Path)
    parser.add_argument("--cli", default=ROOT / "bin/cli", type=pathlib.Path)
    parser.add_argument("--backend", default="cpu")
    parser.add_argument("--precision", choices=("f32", *ROUNDINGS), default="f32")
    parser.add_argument("--tokens", type=int, help="default: the context's length")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    options = parser.parse_args()

    model = load(options.model, torch.float32)
    if options.precision in ROUNDINGS:
        model = with_rounded_matrices(model, ROUNDINGS[options.precision])
    count = options.tokens or model.config.n_positions
    source = random.Random(options.seed)
    tokens = [source.randrange(model.config.vocab_size) for _ in range(count)]
    with torch.inference_mode():
        theirs = model(torch.tensor([tokens])).logits[0].double().log_softmax(-1)

    command = [options.cli, "score", "--model", options.model, "--backend", options.backend]
    command += ["--precision", options.precision, "--format", "json", "--top-logprobs", TOP]
    command += ["--token-ids", ",".join(map(str, tokens))]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"gpt2j ended with exit code {done.returncode}")
    ours = json.loads(done.stdout)

    of_tokens = [abs(ours["token_logprobs"][i] - theirs[i - 1, tokens[i]].item()) for i in range(1, count)]
    of_best = [
        abs(logprob - theirs[i - 1, token].item())
        for i in range(1, count)
        for token, logprob in ours["top_logprobs"][i]
    ]
    largest = max(of_tokens + of_best)
    print(
        f"{count} tokens: log-probabilities differ by {max(of_tokens):.1e} at most, "
        f"those of the {TOP} best tokens by {max(of_best):.1e}"
    )
    if not largest <= options.tolerance:
        sys.exit(f"above the tolerance of {options.tolerance:.0e}")


if __name__ == "__main__":
    main()
