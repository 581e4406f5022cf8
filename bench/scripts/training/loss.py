#!/usr/bin/env python3
"""Trains the same small model over bytes with gpt2j and with PyTorch in the manner of nanoGPT, and
compares the losses that they reach.

    venv/bin/python bench/scripts/training/loss.py --out results/training-loss

The Python needs torch, numpy and safetensors. For each seed there are three trainings with the same
settings, nanoGPT's for small models on a processor, on stories that `bin/cli stories` makes up:

- gpt2j: `bin/cli train`
- nanoGPT: its model in PyTorch, with initial weights and batches of its own
- same start: that in PyTorch too, but from gpt2j's initial weights, with GPT-2's form of GELU, which
  gpt2j has, and with gpt2j's batches in the same order. The losses of single steps can be compared.

At the end PyTorch computes the loss of all models on all of the validation text, in windows of the
context. OUT/result.json has all numbers, OUT/table.md a summary.
"""

import argparse
import dataclasses
import json
import pathlib
import shutil
import sys
import tempfile

import draws
import gpt2j

FIRST = 100  # steps whose losses are compared one by one
WINDOW = 100  # steps over which a curve is averaged
LIMIT = 0.02
DIGITS = 6  # of the losses in result.json


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR", help="where results are written")
    parser.add_argument("--seeds", default="1,2", metavar="N,…", help="trainings to repeat; 1,2")
    parser.add_argument("--steps", type=int, default=2000, metavar="N", help="2000")
    parser.add_argument("--bytes", default="8M", metavar="N", help="of text; 8M")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="2")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR", help="keep data and gpt2j's runs here")
    return parser.parse_args()


def train_gpt2j(data, out, size, settings, seed, threads) -> list:
    """The losses of all steps; the model is in out/last."""
    gpt2j.run(
        "train",
        data=data,
        out=out,
        n_layer=size.layers,
        n_head=size.heads,
        n_embd=size.width,
        n_ctx=size.context,
        batch_size=settings.batch,
        sequence_length=settings.length,
        max_steps=settings.steps,
        learning_rate=settings.rate,
        min_learning_rate=settings.last_rate,
        warmup_steps=settings.warm_up,
        beta1=settings.beta1,
        beta2=settings.beta2,
        epsilon=settings.epsilon,
        weight_decay=settings.decay,
        clip=settings.clip,
        biases="none",
        eval_interval=settings.steps,
        seed=seed,
        threads=threads,
    )
    return [update["loss"] for update in gpt2j.updates(out)]


def train_torch(model, settings, tokens, starts, name) -> list:
    """The losses of all steps. `starts(number)` says where the batch of a step begins."""
    import nanogpt

    trainer, losses = nanogpt.Trainer(model, settings), []
    for number in range(settings.steps):
        losses.append(trainer.step(number, *nanogpt.batch(tokens, starts(number), settings.length)))
        if number % 500 == 0:
            say(f"{name}: step {number}, loss {losses[-1]:.4f}")
    return losses


def compare(work, seed, size, settings, threads) -> dict:
    import nanogpt
    import torch
    from safetensors.torch import load_file

    data, run = work / "data", work / f"run-{seed}"
    train, validation = gpt2j.tokens(data, "train"), gpt2j.tokens(data, "val")

    say(f"seed {seed}: gpt2j")
    losses = {"gpt2j": train_gpt2j(data, run, size, settings, seed, threads)}
    ours = nanogpt.Model(size, gelu="tanh")
    ours.load(load_file(run / "last/model.safetensors"))

    torch.manual_seed(seed)
    nano = nanogpt.Model(size)
    generator = torch.Generator().manual_seed(seed)
    losses["nanogpt"] = train_torch(
        nano,
        settings,
        train,
        lambda number: nanogpt.random_starts(generator, train, settings),
        f"seed {seed}: nanoGPT",
    )

    initial = work / f"initial-{seed}"
    gpt2j.run(
        "init",
        out=initial,
        n_layer=size.layers,
        n_head=size.heads,
        n_embd=size.width,
        n_ctx=size.context,
        vocab_size=size.vocabulary,
        seed=seed,
    )
    same = nanogpt.Model(size, gelu="tanh")
    same.load(load_file(initial / "model.safetensors"))
    places = len(train) - settings.length
    losses["same start"] = train_torch(
        same,
        settings,
        train,
        lambda number: draws.starts(seed, number, settings.batch, places),
        f"seed {seed}: same start",
    )

    models = {"gpt2j": ours, "nanogpt": nano, "same start": same}
    scores = {name: nanogpt.score(model, validation, settings.length) for name, model in models.items()}
    return {
        "seed": seed,
        "validation_loss": scores,
        "ratio": scores["gpt2j"] / scores["nanogpt"],
        "ratio_same_start": scores["gpt2j"] / scores["same start"],
        "largest_difference_of_first_steps": largest_difference(losses["gpt2j"], losses["same start"], FIRST),
        "training_loss": {name: [round(loss, DIGITS) for loss in curve] for name, curve in losses.items()},
    }


def largest_difference(one: list, other: list, steps: int) -> float:
    """The largest relative difference of the losses of the first steps."""
    return max(abs(a / b - 1) for a, b in zip(one[:steps], other[:steps], strict=True))


def means(losses: list, window: int) -> list:
    """Of each `window` steps."""
    return [sum(losses[i : i + window]) / window for i in range(0, len(losses) - window + 1, window)]


def summary(result: dict) -> str:
    rows = []
    for run in result["runs"]:
        scores = run["validation_loss"]
        rows.append(
            [
                run["seed"],
                *(f"{scores[name]:.4f}" for name in ("gpt2j", "nanogpt", "same start")),
                f"{run['ratio']:.4f}",
                f"{run['ratio_same_start']:.4f}",
                f"{run['largest_difference_of_first_steps']:.1e}",
            ]
        )
    header = ["seed", "gpt2j", "nanoGPT", "same start", "gpt2j / nanoGPT", "gpt2j / same start"]
    text = "Loss on all of the validation text, nats per byte.\n\n"
    text += gpt2j.table([*header, f"first {FIRST} steps differ by at most"], rows)
    runs = result["runs"]
    curves = {name: [means(run["training_loss"][name], WINDOW) for run in runs] for name in runs[0]["training_loss"]}
    rows = [
        [
            f"{(i + 1) * WINDOW - WINDOW + 1}–{(i + 1) * WINDOW}",
            *(f"{curves[name][run][i]:.4f}" for run in range(len(runs)) for name in curves),
        ]
        for i in range(len(curves["gpt2j"][0]))
    ]
    text += f"\nTraining loss, mean of {WINDOW} steps.\n\n"
    return text + gpt2j.table(["steps", *(f"{name}, seed {run['seed']}" for run in runs for name in curves)], rows)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    options = parse_arguments()
    import nanogpt
    import torch

    torch.set_num_threads(options.threads)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    settings = nanogpt.Settings(steps=options.steps)
    work = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="gpt2j-loss-"))
    try:
        work.mkdir(parents=True, exist_ok=True)
        gpt2j.run("stories", bytes=options.bytes, seed=1, out=work / "stories.txt")
        gpt2j.run("prepare", work / "stories.txt", vocabulary="bytes", validation=0.05, out=work / "data")
        vocabulary = json.loads((work / "data/data.json").read_text())["vocabulary_size"]
        size = nanogpt.Size(vocabulary=vocabulary, context=settings.length, layers=4, heads=4, width=128)
        result = {
            "machine": gpt2j.machine(options.threads),
            "size": dataclasses.asdict(size),
            "settings": dataclasses.asdict(settings),
            "text": {"bytes": options.bytes, "seed": 1},
            "validation_tokens": len(gpt2j.tokens(work / "data", "val")),
            "runs": [compare(work, seed, size, settings, options.threads) for seed in seeds],
        }
    finally:
        if not options.keep:
            shutil.rmtree(work)
    gpt2j.write(options.out, "result.json", json.dumps(result) + "\n")
    gpt2j.write(options.out, "table.md", summary(result))
    print(summary(result), end="")
    worst = max(run["ratio"] for run in result["runs"])
    say(f"gpt2j's loss is {worst:.4f} times nanoGPT's at worst; {1 + LIMIT} is the limit")
    return 0 if worst <= 1 + LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
