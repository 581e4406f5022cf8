#!/usr/bin/env python3
"""Trains the same small model over bytes with gpt2j and with PyTorch in the manner of nanoGPT, and
compares the losses that they reach.

    venv/bin/python bench/scripts/training/loss.py --out results/training-loss

The Python needs torch, numpy and safetensors. For each seed there are three trainings with the same
settings, nanoGPT's for small models on a processor, on stories that `bin/cli stories` makes up:

- gpt2j: `bin/cli train`
- nanoGPT: its model in PyTorch, with initial weights and batches of its own
- same start: the first steps of that in PyTorch too, but from gpt2j's initial weights, with GPT-2's
  form of GELU, which gpt2j has, and with gpt2j's batches in the same order, so that the losses of
  single steps can be compared

At the end PyTorch computes the loss of both models on all of the validation text, in windows of the
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

FIRST = 300  # steps whose losses are compared one by one
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
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR", help="keep text and models here, and go on with what is here")
    return parser.parse_args()


def train_gpt2j(data, out, size, settings, seed, threads) -> list:
    """The losses of all steps; the model is in out/last."""
    if (out / "last").exists():
        return [update["loss"] for update in gpt2j.updates(out)]
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


def train_torch(model, settings, steps, tokens, starts, name) -> list:
    """The losses of the first steps. `starts(number)` says where the batch of a step begins."""
    import nanogpt

    trainer, losses = nanogpt.Trainer(model, settings), []
    for number in range(steps):
        losses.append(trainer.step(number, *nanogpt.batch(tokens, starts(number), settings.length)))
        if number % 250 == 0:
            say(f"{name}: step {number}, loss {losses[-1]:.4f}")
    return losses


def train_nanogpt(file, seed, size, settings, tokens) -> tuple:
    """The model and the losses of all steps, which are kept in a file."""
    import nanogpt
    import torch

    torch.manual_seed(seed)
    model = nanogpt.Model(size)
    if file.exists():
        kept = torch.load(file)
        model.load_state_dict(kept["model"])
        return model, kept["losses"]
    generator = torch.Generator().manual_seed(seed)
    losses = train_torch(
        model,
        settings,
        settings.steps,
        tokens,
        lambda number: nanogpt.random_starts(generator, tokens, settings),
        f"seed {seed}: nanoGPT",
    )
    torch.save({"model": model.state_dict(), "losses": losses}, file)
    return model, losses


def train_from_same_start(initial, seed, size, settings, tokens) -> list:
    """The losses of the first steps."""
    import nanogpt
    from safetensors.torch import load_file

    if not initial.exists():
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
    model = nanogpt.Model(size, gelu="tanh")
    model.load(load_file(initial / "model.safetensors"))
    places = len(tokens) - settings.length
    return train_torch(
        model,
        settings,
        min(FIRST, settings.steps),
        tokens,
        lambda number: draws.starts(seed, number, settings.batch, places),
        f"seed {seed}: same start",
    )


def compare(work, seed, size, settings, threads) -> dict:
    import nanogpt
    from safetensors.torch import load_file

    data, run = work / "data", work / f"run-{seed}"
    train, validation = gpt2j.tokens(data, "train"), gpt2j.tokens(data, "val")

    say(f"seed {seed}: gpt2j")
    ours = nanogpt.Model(size, gelu="tanh")
    losses = {"gpt2j": train_gpt2j(data, run, size, settings, seed, threads)}
    ours.load(load_file(run / "last/model.safetensors"))
    losses["same start"] = train_from_same_start(work / f"initial-{seed}", seed, size, settings, train)
    theirs, losses["nanogpt"] = train_nanogpt(work / f"nanogpt-{seed}.pt", seed, size, settings, train)

    models = {"gpt2j": ours, "nanogpt": theirs}
    scores = {name: nanogpt.score(model, validation, settings.length) for name, model in models.items()}
    return {
        "seed": seed,
        "validation_loss": scores,
        "ratio": scores["gpt2j"] / scores["nanogpt"],
        "same_start_steps": len(losses["same start"]),
        "same_start_largest_difference": largest_difference(losses["gpt2j"], losses["same start"]),
        "training_loss": {name: [round(loss, DIGITS) for loss in curve] for name, curve in losses.items()},
    }


def largest_difference(all_steps: list, first_steps: list) -> float:
    """The largest relative difference of the losses of the first steps."""
    return max(abs(a / b - 1) for a, b in zip(all_steps, first_steps, strict=False))


def means(losses: list, window: int) -> list:
    """Of each `window` steps."""
    return [sum(losses[i : i + window]) / window for i in range(0, len(losses) - window + 1, window)]


def summary(result: dict) -> str:
    runs = result["runs"]
    rows = [
        [
            run["seed"],
            f"{run['validation_loss']['gpt2j']:.4f}",
            f"{run['validation_loss']['nanogpt']:.4f}",
            f"{run['ratio']:.4f}",
            f"{run['same_start_largest_difference']:.1e}",
        ]
        for run in runs
    ]
    first = f"from the same start the losses of {runs[0]['same_start_steps']} steps differ by at most"
    text = "Loss on all of the validation text, nats per byte.\n\n"
    text += gpt2j.table(["seed", "gpt2j", "nanoGPT", "gpt2j / nanoGPT", first], rows)
    curves = {
        f"{label}, seed {run['seed']}": means(run["training_loss"][name], WINDOW)
        for run in runs
        for name, label in (("gpt2j", "gpt2j"), ("nanogpt", "nanoGPT"))
    }
    rows = [
        [f"{i * WINDOW + 1}–{(i + 1) * WINDOW}", *(f"{loss:.4f}" for loss in losses)]
        for i, losses in enumerate(zip(*curves.values(), strict=True))
    ]
    text += f"\nTraining loss, mean of {WINDOW} steps.\n\n"
    return text + gpt2j.table(["steps", *curves], rows)


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
        if not (work / "data").exists():
            text = work / "stories.txt"
            gpt2j.run("stories", bytes=options.bytes, seed=1, out=text)
            gpt2j.run("prepare", text, vocabulary="bytes", validation=0.05, out=work / "data")
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
