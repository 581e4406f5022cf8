"""Calls `bin/cli`, reads what it wrote, and says what this machine is."""

import datetime
import json
import os
import pathlib
import platform
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
CLI = ROOT / "bin/cli"


def command(name: str, *arguments, **options) -> list:
    """A command line; an option's name has underscores for hyphens."""
    given = [part for key, value in options.items() for part in ("--" + key.replace("_", "-"), str(value))]
    return [str(CLI), name, *map(str, arguments), *given]


def run(name: str, *arguments, **options) -> None:
    subprocess.run(command(name, *arguments, **options), check=True, stdout=subprocess.DEVNULL)


def metrics(folder: pathlib.Path) -> list:
    """The lines of a run's metrics.jsonl that are complete."""
    file = folder / "metrics.jsonl"
    text = file.read_text() if file.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def updates(folder: pathlib.Path) -> list:
    return [line for line in metrics(folder) if "loss" in line]


def tokens(folder: pathlib.Path, part: str):
    """train or val of a folder that prepare wrote, mapped into memory."""
    import numpy

    kind = json.loads((folder / "data.json").read_text())["token_type"]
    return numpy.memmap(folder / f"{part}.bin", dtype=numpy.dtype(kind), mode="r")


def machine(threads: int) -> dict:
    import torch

    model = next((line for line in read("/proc/cpuinfo").splitlines() if line.startswith("model name")), ":")
    return {
        "measured_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "processor": model.split(":", 1)[1].strip(),
        "cores": os.cpu_count(),
        "threads": threads,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "gpt2j": subprocess.run([CLI, "--version"], check=True, capture_output=True, text=True).stdout.strip(),
    }


def read(file) -> str:
    return pathlib.Path(file).read_text()


def write(folder: pathlib.Path, name: str, text: str) -> None:
    """Writes a file to the side and then renames it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    os.replace(file.name, folder / name)


def table(header: list, rows: list) -> str:
    """A table in Markdown; the first column is text, the others are numbers."""
    lines = [header, ["---"] + ["--:"] * (len(header) - 1), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)
