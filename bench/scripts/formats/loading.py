#!/usr/bin/env python3
"""Measures how long a model takes to load from each format, and the memory that this takes at most.

    bin/cli init --size gpt2 --out gpt2-random --seed 1
    venv/bin/python bench/scripts/formats/loading.py --model gpt2-random --out results/loading

The Python needs numpy, torch, safetensors, and what model-gpt2/src/test/python/requirements.txt
names; with google-crc32c the TensorFlow checkpoint is made in seconds, else in many minutes. The
model is written to OUT/files in each format, unless it is there: by `bin/cli convert`, by torch.save
(Hugging Face's pytorch_model.bin, and nanoGPT's ckpt.pt, which has AdamW's state too), and by
make_tensorflow_golden.py. Then, in each round, each is loaded once to draw one token: the time is the
`load_ms` of `generate --format json`, the memory the largest resident set that the kernel has seen
(wait4(2)). Files come from the kernel's cache, since each is read before the first round.
OUT/result.json has all samples, OUT/table.md their medians; cases that are there from an earlier run
and aren't measured again stay.
"""

import argparse
import collections
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve()
ROOT = HERE.parents[3]
sys.path += [str(HERE.parents[1] / "training"), str(ROOT / "model-gpt2/src/test/python")]
import gpt2j  # noqa: E402 # lies beside the scripts of training

# What --model is given, below OUT/files.
FILES = {
    "safetensors F32": "hf-f32",
    "safetensors BF16": "hf-bf16",
    "GGUF F32": "f32.gguf",
    "GGUF F16": "f16.gguf",
    "GGUF Q8_0": "q8_0.gguf",
    "GGUF Q4_0": "q4_0.gguf",
    "pytorch_model.bin F32": "torch",
    "nanoGPT's ckpt.pt F32": "nanogpt/ckpt.pt",
    "llm.c 3 (F32)": "f32.bin",
    "llm.c 5 (BF16)": "bf16.bin",
    "TensorFlow F32": "tensorflow",
}

TYPES = {"BF16": "bf16", "(BF16)": "bf16", "F16": "f16", "Q8_0": "q8_0", "Q4_0": "q4_0"}
KEPT = ("bf16", "q8_0", "q4_0")  # as the file has it; the CPU has no f16


def cases() -> list:
    found = []
    for name in FILES:
        found.append((name, "f32"))
        own = TYPES.get(name.split()[-1])
        if own in KEPT:
            found.append((name, own))
    return found


def read_model(folder: pathlib.Path) -> dict:
    from safetensors.numpy import load_file

    tensors = load_file(folder / "model.safetensors")
    return {name.removeprefix("transformer."): tensor for name, tensor in tensors.items()}


def write_pickled(model: pathlib.Path, place: pathlib.Path) -> None:
    import torch

    place.mkdir()
    state = collections.OrderedDict(
        ("transformer." + name, torch.from_numpy(tensor)) for name, tensor in read_model(model).items()
    )
    state["lm_head.weight"] = state["transformer.wte.weight"]
    shutil.copy(model / "config.json", place)
    torch.save(state, place / "pytorch_model.bin")


def write_nanogpt(model: pathlib.Path, place: pathlib.Path) -> None:
    import torch

    place.parent.mkdir()
    config = json.loads((model / "config.json").read_text())
    parameters = {}
    for name, tensor in read_model(model).items():
        is_linear = name.startswith("h.") and tensor.ndim == 2
        values = torch.from_numpy(tensor.T.copy() if is_linear else tensor)
        parameters["transformer." + name] = torch.nn.Parameter(values)
    optimizer = torch.optim.AdamW(parameters.values(), lr=1e-4)
    for parameter in parameters.values():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    state = {name: parameter.data for name, parameter in parameters.items()}
    state["lm_head.weight"] = state["transformer.wte.weight"]
    arguments = {
        "n_layer": config["n_layer"],
        "n_head": config["n_head"],
        "n_embd": config["n_embd"],
        "block_size": config["n_positions"],
        "bias": True,
        "vocab_size": config["vocab_size"],
        "dropout": 0.0,
    }
    content = {"model": state, "optimizer": optimizer.state_dict(), "model_args": arguments, "iter_num": 1}
    torch.save(content, place)


def write_tensorflow(model: pathlib.Path, place: pathlib.Path) -> None:
    import make_tensorflow_golden

    config = json.loads((model / "config.json").read_text())
    place.mkdir()
    make_tensorflow_golden.write_checkpoint(read_model(model), place)
    sizes = {"n_vocab": "vocab_size", "n_ctx": "n_positions", "n_embd": "n_embd", "n_head": "n_head", "n_layer": "n_layer"}
    (place / "hparams.json").write_text(json.dumps({name: config[of] for name, of in sizes.items()}))


def write(name: str, model: pathlib.Path, place: pathlib.Path) -> None:
    match name.split()[0]:
        case "pytorch_model.bin":
            write_pickled(model, place)
        case "nanoGPT's":
            write_nanogpt(model, place)
        case "TensorFlow":
            write_tensorflow(model, place)
        case _:
            dtype = TYPES.get(name.split()[-1], "f32")
            gpt2j.run("convert", model=model, out=place, dtype=dtype)


def make_files(model: pathlib.Path, folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, file in FILES.items():
        place = folder / file
        if not place.exists():
            say(f"writing {file}")
            write(name, model, place)


def size(place: pathlib.Path) -> int:
    """Bytes of a file, or of all in a folder."""
    files = place.iterdir() if place.is_dir() else [place]
    return sum(file.stat().st_size for file in files)


def warm(place: pathlib.Path) -> None:
    for file in place.iterdir() if place.is_dir() else [place]:
        with file.open("rb") as content:
            while content.read(1 << 24):
                pass


def load(place: pathlib.Path, precision: str) -> dict:
    command = gpt2j.command(
        "generate",
        model=place,
        precision=precision,
        token_ids="1,2,3",
        max_new_tokens=1,
        seed=1,
        format="json",
    )
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    answer = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{place}: exit code {process.returncode}")
    return {"load_ms": json.loads(answer)["timings"]["load_ms"], "peak_kib": usage.ru_maxrss}


def summary(result: dict) -> str:
    rows = []
    for name, precision in cases():
        found = result["cases"].get(f"{name} as {precision}")
        if found:
            times = [sample["load_ms"] for sample in found["samples"]]
            memory = [sample["peak_kib"] / 1024 for sample in found["samples"]]
            spread = f"{statistics.median(times):.0f} ({min(times):.0f}–{max(times):.0f})"
            rows.append([name, f"{found['bytes'] / 1e6:.0f}", precision, spread, f"{statistics.median(memory):.0f}"])
    return gpt2j.table(["file", "MB", "`--precision`", "load, ms", "peak memory, MiB"], rows)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True, metavar="DIR", help="with model.safetensors in F32")
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR", help="where results are written")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="5; with 0 files are written and that is all")
    parser.add_argument("--files", default="", metavar="BEGINNING", help="only files whose name in the table begins so")
    return parser.parse_args()


def main() -> None:
    options = parse_arguments()
    make_files(options.model, options.out / "files")
    if options.rounds == 0:
        return
    places = {name: options.out / "files" / file for name, file in FILES.items() if name.startswith(options.files)}
    if not places:
        raise SystemExit(f"--files: there are only {', '.join(FILES)}")
    before = options.out / "result.json"
    result = {"cases": json.loads(before.read_text())["cases"] if before.exists() else {}}
    chosen = [(name, precision) for name, precision in cases() if name in places]
    measured = {case: [] for case in chosen}
    for place in places.values():
        warm(place)
    for _ in range(options.rounds):
        for name, precision in chosen:
            measured[name, precision].append(load(places[name], precision))
    for (name, precision), samples in measured.items():
        result["cases"][f"{name} as {precision}"] = {"bytes": size(places[name]), "samples": samples}
    result["machine"] = gpt2j.machine(os.cpu_count())
    gpt2j.write(options.out, "result.json", json.dumps(result) + "\n")
    gpt2j.write(options.out, "table.md", summary(result))
    print(summary(result), end="")


if __name__ == "__main__":
    main()
