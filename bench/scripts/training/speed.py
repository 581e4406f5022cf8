#!/usr/bin/env python3
"""Measures steps of training, `bin/cli train` beside PyTorch in eager mode, in turn.

    venv/bin/python bench/scripts/training/speed.py --out results/training-speed

The Python needs torch and numpy. A step is the forward pass, the backward pass, clipping and AdamW,
in float32, of GPT-2 124M with 4 sequences of 64 tokens, of a model over bytes of 10.8 million
parameters with 12 of 256, of nanoGPT's recipe for processors, 4 layers of width 128 over bytes with
12 of 64, and of the bundled model's blocks with 4 of 384. PyTorch is measured with AdamW as nanoGPT
has it on a processor, and with torch's fused one. All programs are there and warm before the clock
starts. In each round each does some steps while the others wait, in every second round in the
opposite order; the first step of each turn doesn't count. OUT/result.json has all times,
OUT/table.md a summary; cases that are there from an earlier run and aren't measured again stay.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import gpt2j

NEVER = 1_000_000
POLL_SECONDS = 0.005
OURS, EAGER, FUSED = "gpt2j", "PyTorch", "PyTorch, fused AdamW"


@dataclasses.dataclass(frozen=True)
class Case:
    """What a step is measured on."""

    title: str
    vocabulary: str  # of `prepare`
    tokens: int  # that it has
    context: int
    layers: int
    heads: int
    width: int
    batch: int
    length: int

    def operations(self) -> float:
        """Of a token: 6 for each element of every matrix, and 12·C·(T + 1)/2 for each layer's
        attention, as docs/training.md counts them."""
        block = 12 * self.width * self.width
        attention = self.width * (self.length + 1)
        return 6 * (self.layers * (block + attention) + self.width * self.tokens)


CASES = {
    "124M": Case("GPT-2 124M", "gpt2", 50257, 1024, 12, 12, 768, 4, 64),
    "10M": Case("10.8 million", "bytes", 257, 256, 6, 6, 384, 12, 256),
    "recipe": Case("nanoGPT's for processors", "bytes", 257, 64, 4, 4, 128, 12, 64),
    "bundled": Case("the bundled model's blocks", "bytes", 257, 384, 4, 4, 128, 4, 384),
}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True, metavar="DIR", help="where results are written")
    parser.add_argument("--cases", default=",".join(CASES), metavar="NAMES", help=",".join(CASES))
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="5")
    parser.add_argument("--steps", type=int, default=4, metavar="N", help="that count, of each round; 4")
    parser.add_argument("--warm-up", type=int, default=10, metavar="N", help="steps before all rounds; 10")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="2")
    return parser.parse_args()


class Gpt2j:
    """`bin/cli train`, which is stopped while others are measured."""

    def __init__(self, case: Case, work: pathlib.Path, threads: int):
        self.folder = work / "run"
        shutil.rmtree(self.folder, ignore_errors=True)
        command = gpt2j.command(
            "train",
            data=work / case.vocabulary,
            out=self.folder,
            n_layer=case.layers,
            n_head=case.heads,
            n_embd=case.width,
            n_ctx=case.context,
            batch_size=case.batch,
            sequence_length=case.length,
            max_steps=NEVER,
            eval_interval=NEVER,
            eval_batches=1,
            threads=threads,
        )
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def steps(self, count: int) -> list:
        """Seconds of some steps; the one under way when it went on isn't among them."""
        before = len(gpt2j.updates(self.folder))
        self.process.send_signal(signal.SIGCONT)
        while len(lines := gpt2j.updates(self.folder)) < before + 1 + count:
            if self.process.poll() is not None:
                raise SystemExit(f"bin/cli train ended with exit code {self.process.returncode}")
            time.sleep(POLL_SECONDS)
        self.process.send_signal(signal.SIGSTOP)
        return [line["seconds"] for line in lines[before + 1 : before + 1 + count]]

    def ticks(self) -> int:
        return ticks(self.process.pid)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


class Torch:
    """PyTorch, in this process."""

    def __init__(self, case: Case, work: pathlib.Path, fused: bool):
        import nanogpt
        import torch

        size = nanogpt.Size(case.tokens, case.context, case.layers, case.heads, case.width)
        settings = nanogpt.Settings(batch=case.batch, length=case.length)
        self.trainer = nanogpt.Trainer(nanogpt.Model(size, bias=True, gelu="tanh"), settings, fused)
        self.tokens = gpt2j.tokens(work / case.vocabulary, "train")
        self.generator = torch.Generator().manual_seed(0)
        self.done = 0

    def steps(self, count: int) -> list:
        import nanogpt

        seconds = []
        for _ in range(1 + count):
            begin = time.perf_counter()
            starts = nanogpt.random_starts(self.generator, self.tokens, self.trainer.settings)
            self.trainer.step(self.done, *nanogpt.batch(self.tokens, starts, self.trainer.settings.length))
            seconds.append(time.perf_counter() - begin)
            self.done += 1
        return seconds[1:]

    def ticks(self) -> int:
        return 0  # in this process's

    def close(self) -> None:
        self.trainer = None


def ticks(pid) -> int:
    """A process's time on the processor, in hundredths of a second (proc_pid_stat(5))."""
    return sum(map(int, gpt2j.read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()[11:13]))


def busy() -> int:
    """The machine's, but for what is idle or waits for a disk (proc_stat(5))."""
    fields = [int(field) for field in gpt2j.read("/proc/stat").splitlines()[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4]


def peak(work: pathlib.Path, threads: int) -> float:
    """Operations per second of fused multiply-adds in float32, by `bin/cli bench roofline`."""
    model, out = work / "tiny", work / f"roofline-{time.monotonic_ns()}"
    if not model.exists():
        gpt2j.run("init", out=model, n_layer=1, n_head=1, n_embd=16, n_ctx=32)
    gpt2j.run(
        "bench",
        "roofline",
        model=model,
        prompt_tokens=8,
        new_tokens=2,
        repetitions=1,
        warmup=0,
        threads=threads,
        out=out,
    )
    return max(json.loads((out / "result.json").read_text())["measurements"][0]["operations_per_second"])


def measure(name: str, work: pathlib.Path, options) -> dict:
    case = CASES[name]
    if not (work / case.vocabulary).exists():
        gpt2j.run("prepare", work / "stories.txt", vocabulary=case.vocabulary, out=work / case.vocabulary)
    peaks = [peak(work, options.threads)]
    say(f"{name}: warming up")
    programs = {OURS: Gpt2j(case, work, options.threads)}
    try:
        programs[OURS].steps(options.warm_up)
        for label, fused in ((EAGER, False), (FUSED, True)):
            programs[label] = Torch(case, work, fused)
            programs[label].steps(2)
        rounds = []
        for number in range(options.rounds):
            say(f"{name}: round {number + 1} of {options.rounds}")
            rounds.append(measure_round(programs, options.steps, backwards=number % 2 == 1))
    finally:
        for program in programs.values():
            program.close()
    peaks.append(peak(work, options.threads))
    return {
        "case": dataclasses.asdict(case),
        "operations_per_token": case.operations(),
        "peak_operations_per_second": peaks,
        "rounds": rounds,
        "summary": summarize(case, rounds, max(peaks)),
    }


def measure_round(programs: dict, steps: int, backwards: bool) -> dict:
    measured = {}
    for label in reversed(programs) if backwards else programs:
        own = lambda: ticks(os.getpid()) + programs[OURS].ticks()
        others, begin = busy() - own(), time.monotonic()
        seconds = programs[label].steps(steps)
        others = (busy() - own() - others) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - begin)
        measured[label] = {"seconds": seconds, "others_cores": max(0.0, others)}
    return measured


def summarize(case: Case, rounds: list, peak_rate: float) -> dict:
    """Medians over all steps; ratios of the medians of each round, their median, least and largest."""
    found = {}
    for label in rounds[0]:
        medians = [statistics.median(measured[label]["seconds"]) for measured in rounds]
        ours = [statistics.median(measured[OURS]["seconds"]) for measured in rounds]
        ratios = [theirs / own for theirs, own in zip(medians, ours, strict=True)]
        step = statistics.median(seconds for measured in rounds for seconds in measured[label]["seconds"])
        rate = case.batch * case.length / step
        found[label] = {
            "seconds": step,
            "tokens_per_second": rate,
            "peak_fraction": case.operations() * rate / peak_rate,
            "gpt2j_is_faster": [statistics.median(ratios), min(ratios), max(ratios)],
            "others_cores": max(measured[label]["others_cores"] for measured in rounds),
        }
    return found


def summary(result: dict) -> str:
    rows = []
    for found in result["cases"].values():
        case = found["case"]
        for label, program in found["summary"].items():
            middle, least, most = program["gpt2j_is_faster"]
            rows.append(
                [
                    f"{case['title']}, B={case['batch']} T={case['length']}",
                    label,
                    f"{1000 * program['seconds']:.0f}",
                    f"{program['tokens_per_second']:.0f}",
                    f"{100 * program['peak_fraction']:.0f} %",
                    "" if label == OURS else f"{middle:.2f} ({least:.2f}–{most:.2f})",
                    f"{program['others_cores']:.2f}",
                ]
            )
    header = ["step", "program", "ms", "tokens/s", "of the peak", "gpt2j is faster ×", "others' cores"]
    peaks = {name: max(found["peak_operations_per_second"]) / 1e9 for name, found in result["cases"].items()}
    told = ", ".join(f"{rate:.0f} GFLOP/s ({name})" for name, rate in peaks.items())
    return gpt2j.table(header, rows) + f"\nPeak of {result['machine']['threads']} threads in float32: {told}.\n"


def cases_before(out: pathlib.Path) -> dict:
    """What an earlier run left there, so that cases can be measured one by one."""
    file = out / "result.json"
    return json.loads(file.read_text())["cases"] if file.exists() else {}


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    options = parse_arguments()
    import torch

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    work = pathlib.Path(tempfile.mkdtemp(prefix="gpt2j-speed-"))
    try:
        gpt2j.run("stories", bytes="1M", out=work / "stories.txt")
        result = {"machine": gpt2j.machine(options.threads), "cases": cases_before(options.out)}
        for name in options.cases.split(","):
            result["cases"][name] = measure(name, work, options)
    finally:
        shutil.rmtree(work)
    gpt2j.write(options.out, "result.json", json.dumps(result) + "\n")
    gpt2j.write(options.out, "table.md", summary(result))
    print(summary(result), end="")


if __name__ == "__main__":
    main()
