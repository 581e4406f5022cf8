#!/usr/bin/env python3
"""Fine-tunes a checkpoint of Hugging Face with gpt2j and loads what comes of it with transformers.

    python3 compare_finetuned.py [--model DIR] [--steps 30]

Without --model it makes a small checkpoint by save_pretrained. Prepares stories in its vocabulary,
trains with bin/cli train --model, and then checks of the last checkpoint

- that transformers takes all of its tensors and misses none,
- that the log-probabilities of each token and of the ten best tokens are those of bin/cli score,
- that the loss on the validation data is the one that train reports,
- that its tokenizer makes the same tokens of a text as bin/cli tokenize, and the same text of them,
- that training changed something.

Ends with exit code 1 if the largest difference is above --tolerance.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, GPT2LMHeadModel

ROOT = pathlib.Path(__file__).resolve().parents[4]
TOP = 10
TEXT = "Once upon a time a fox, 3 owls & a “bear” said: it's naïve!\n\n  <|endoftext|> The end. 🦊"


def run(cli: pathlib.Path, *arguments: object) -> str:
    done = subprocess.run([str(cli), *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{arguments[0]} ended with exit code {done.returncode}")
    return done.stdout


def small_checkpoint(directory: pathlib.Path) -> None:
    torch.manual_seed(1)
    config = GPT2Config(n_layer=3, n_head=4, n_embd=64, n_positions=64, activation_function="gelu_new")
    GPT2LMHeadModel(config).save_pretrained(directory)


def log_probabilities(model: torch.nn.Module, tokens: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return model(torch.tensor([tokens])).logits[0].double().log_softmax(-1)


def validation_loss(model: torch.nn.Module, tokens: numpy.ndarray, length: int) -> float:
    """The mean loss of all tokens but the first, in windows of that length in order."""
    losses = 0.0
    for start in range(0, len(tokens) - 1, length):
        window = tokens[start : start + length + 1].tolist()
        rows = log_probabilities(model, window[:-1])
        losses -= rows[torch.arange(len(window) - 1), torch.tensor(window[1:])].sum().item()
    return losses / (len(tokens) - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--cli", default=ROOT / "bin/cli", type=pathlib.Path)
    parser.add_argument("--backend", default="cpu")
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--bytes", default="60k", help="of stories to learn from")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        model = options.model or place / "model"
        if not options.model:
            small_checkpoint(model)
        run(options.cli, "stories", "--bytes", options.bytes, "--out", place / "stories.txt")
        data = place / "data"
        run(options.cli, "prepare", place / "stories.txt", "--model", model, "--out", data)
        length = min(64, GPT2Config.from_pretrained(model).n_positions)
        result = json.loads(
            run(
                *(options.cli, "train", "--backend", options.backend, "--data", data, "--model", model),
                *("--out", place / "run", "--max-steps", options.steps, "--learning-rate", 1e-3),
                *("--sequence-length", length, "--batch-size", 4, "--eval-batches", 100000, "--format", "json"),
            )
        )
        trained = pathlib.Path(result["checkpoint"])

        theirs, report = AutoModelForCausalLM.from_pretrained(
            trained, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
        )
        theirs.eval()
        for problem in ("missing_keys", "unexpected_keys", "mismatched_keys"):
            if report[problem]:
                sys.exit(f"{problem}: {report[problem]}")

        validation = numpy.fromfile(data / "val.bin", dtype="<u2")
        tokens = validation[: theirs.config.n_positions].tolist()
        expected = log_probabilities(theirs, tokens)
        score = ["score", "--model", trained, "--backend", options.backend, "--format", "json"]
        score += ["--top-logprobs", TOP, "--token-ids", ",".join(map(str, tokens))]
        ours = json.loads(run(options.cli, *score))
        differences = [
            abs(ours["token_logprobs"][i] - expected[i - 1, tokens[i]].item()) for i in range(1, len(tokens))
        ] + [
            abs(logprob - expected[i - 1, token].item())
            for i in range(1, len(tokens))
            for token, logprob in ours["top_logprobs"][i]
        ]
        loss = validation_loss(theirs, validation, length)
        differences.append(abs(loss - result["validation_loss"]))

        before = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
        moved = (before.transformer.wte.weight - theirs.transformer.wte.weight).abs().max().item()
        before_loss = validation_loss(before.eval(), validation, length)

        tokenizer = AutoTokenizer.from_pretrained(trained)
        their_tokens = tokenizer.encode(TEXT)
        our_tokens = [int(t) for t in run(options.cli, "tokenize", "--model", trained, "--special", TEXT).split(",")]
        if their_tokens != our_tokens or tokenizer.decode(their_tokens) != TEXT:
            sys.exit(f"other tokens: {their_tokens} there, {our_tokens} here")

        print(
            f"{options.steps} steps: loss {before_loss:.4f} before, {loss:.4f} after in transformers, "
            f"{result['validation_loss']:.4f} here; wte changed by up to {moved:.1e}; {len(tokens)} tokens: "
            f"log-probabilities and losses differ by {max(differences):.1e} at most"
        )
        if not max(differences) <= options.tolerance or not moved > 0:
            sys.exit(f"above the tolerance of {options.tolerance:.0e}, or nothing was learned")


if __name__ == "__main__":
    main()
