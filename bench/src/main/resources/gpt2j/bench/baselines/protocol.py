"""Answers requests on standard input, a line of JSON each, on standard output.

The first line says {"version": …} or {"absent": reason}. A request is
{"phase": "prefill" or "decode", "prompts": [[token, …], …], "new_tokens": n, "repetitions": r};
the answer {"nanos": […], "drawn": [token, …]}, or {"unsupported": reason}. Of prefill there is one
time per repetition, from the request until the token after the prompt is known; of decoding one per
step after the first new token. Tokens drawn are those of the first sequence, always the most
probable ones.
"""

import argparse
import json
import os
import sys
import time


class Unsupported(Exception):
    """The program can't do that work; the message says why."""


def main(load) -> None:
    """`load(options)` returns the version, and what generates: generate(prompts, count) yields the
    tokens of all sequences, as a list, once for each of count steps. Ends when its input ends."""
    # Where answers go; what libraries print goes to standard error.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("precision", choices=("f32", "bf16", "f16"))
    parser.add_argument("threads", type=int)
    parser.add_argument("device", choices=("cpu", "cuda"))
    parser.add_argument("variant", nargs="?")
    try:
        version, generate = load(parser.parse_args())
    except (ImportError, Unsupported) as problem:
        print(json.dumps({"absent": str(problem)}), file=out)
        return
    print(json.dumps({"version": version}), file=out)
    for line in sys.stdin:
        try:
            answer = measure(json.loads(line), generate)
        except Unsupported as problem:
            answer = {"unsupported": str(problem)}
        print(json.dumps(answer), file=out)


def measure(request: dict, generate) -> dict:
    prompts, nanos, drawn = request["prompts"], [], []
    if request["phase"] == "prefill":
        for _ in range(request["repetitions"]):
            begin = time.perf_counter_ns()
            drawn = [next(generate(prompts, 1))[0]]
            nanos.append(time.perf_counter_ns() - begin)
    else:
        last = None
        for tokens in generate(prompts, request["new_tokens"]):
            now = time.perf_counter_ns()
            if last is not None:
                nanos.append(now - last)
            last = now
            drawn.append(tokens[0])
    return {"nanos": nanos, "drawn": drawn}


def dtype(torch, precision: str):
    return {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[precision]


def require(torch, device: str) -> None:
    if device == "cuda" and not torch.cuda.is_available():
        raise Unsupported("this torch has no CUDA device")
