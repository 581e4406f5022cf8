"""Tests and measures the CUDA backend on this machine, step by step, and reports.

Each step leaves OUT/steps/STEP.json and OUT/logs/STEP.log, so that steps can be run one after the
other, in as many calls as you like, and again. After each call, OUT/results.json and OUT/results.md
hold what is there so far. A step that fails doesn't stop the others; the exit code says whether all
went well.

The environment variable GPT2J_CUDA_DRIVER names a libcuda.so.1 to use instead of the machine's own,
as the emulated one. Results then say that they were made so.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import report
import sanitizer

HERE = pathlib.Path(__file__).resolve().parent
FLAGS = "--enable-native-access=ALL-UNNAMED --add-modules=jdk.incubator.vector --sun-misc-unsafe-memory-access=allow"
FLAGS += " -XX:+UseSerialGC -Djava.awt.headless=true -Xlog:disable"
SUITES = {
    "contract": ["CudaContractTest", "CudaTrainingContractTest"],
    "integration": ["CudaGoldenTest", "CudaGoldenSamplingTest", "CudaSessionTest", "CudaAgreementTest"]
    + ["CudaTrainingTest", "CudaTrainingGoldenTest"],
}
SANITIZED = ["CudaGoldenSamplingTest", "CudaAgreementTest"]  # small: a sanitizer slows all down
SANITIZED += ["CudaTrainingGoldenTest"]
STEPS = [
    "devices",
    "contract",
    "integration",
    "memcheck",
    "racecheck",
    "probe",
    "decode",
    "prefill",
    "cache",
    "train",
    "torch",
    "torch_train",
]


class Skipped(Exception):
    """The step can't be done here; the reason is its text."""


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("gpu-results"))
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS, metavar="STEP", help=" ".join(STEPS))
    parser.add_argument("--sizes", default="gpt2,gpt2-medium,gpt2-large", help="standard sizes, random weights")
    parser.add_argument("--model", type=pathlib.Path, help="a checkpoint's folder instead of --sizes")
    parser.add_argument("--precisions", default="f32,f16,bf16")
    parser.add_argument("--prompt-tokens", type=int, default=32, help="before decoding")
    parser.add_argument("--new-tokens", type=int, default=256, help="decoded")
    parser.add_argument("--batch", default="1,8,32", help="sequences side by side, when decoding")
    parser.add_argument("--prefill-tokens", default="128,1024")
    parser.add_argument("--cache-tokens", type=int, default=1000, help="generated with the cache and without")
    parser.add_argument("--cache-precision", default="f16")
    parser.add_argument("--train-size", default="gpt2", help="a standard size, or LAYERS,HEADS,WIDTH,CONTEXT")
    parser.add_argument("--train-batch", type=int, default=8, help="sequences of an update")
    parser.add_argument("--train-tokens", type=int, default=1024, help="of each of them")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--copy-bytes", type=int, default=1 << 30)
    parser.add_argument("--tests", nargs="+", help="classes, or Class#method, instead of all of a suite's")
    parser.add_argument("--models", type=pathlib.Path, default=pathlib.Path("gpu-models"), help="where models are made")
    parser.add_argument("--python", default=sys.executable, help="the Python that has torch")
    parser.add_argument("--torch-device", default="cuda", help="cpu to try the step without a GPU")
    parser.add_argument("--timeout", type=int, default=600, help="seconds for each step")
    return parser.parse_args()


class Runner:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.steps = options.out / "steps"
        self.logs = options.out / "logs"
        for folder in (self.steps, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        self.environment = dict(os.environ)
        driver = os.environ.get("GPT2J_CUDA_DRIVER")
        if driver:
            path = pathlib.Path(driver).resolve()
            if not path.is_file():
                sys.exit(f"run: GPT2J_CUDA_DRIVER: there is no {driver}")
            self.drivers = tempfile.TemporaryDirectory()
            (pathlib.Path(self.drivers.name) / "libcuda.so.1").symlink_to(path)
            # Inherited by every process, so that a sanitizer's or a benchmark's JVM has it too.
            rest = os.environ.get("LD_LIBRARY_PATH")
            self.environment["LD_LIBRARY_PATH"] = self.drivers.name + (f":{rest}" if rest else "")
        java = ["natives", "lib/*"]
        self.java = [str(HERE / "runtime/bin/java"), *FLAGS.split(), "--class-path"]
        self.cli = self.java + [":".join(str(HERE / part) for part in java), "gpt2j.cli.Main"]
        folders = ["suites", "integration-tests", "plain-backend", "testkit", "*"]
        tests = java + [f"tests/{folder}" for folder in folders]
        self.junit = self.java + [":".join(str(HERE / part) for part in tests)]
        self.junit += ["org.junit.platform.console.ConsoleLauncher", "execute", "--disable-banner"]
        self.junit += ["--disable-ansi-colors", "--details=tree"]

    def run(self, step: str) -> bool:
        print(f"run: {step} …", file=sys.stderr, flush=True)
        (self.logs / f"{step}.log").unlink(missing_ok=True)
        begin = time.monotonic()
        result = {"step": step, "at": now(), "options": {k: str(v) for k, v in vars(self.options).items()}}
        try:
            result["figures"] = getattr(self, step)()
            result["status"] = "passed"
        except Skipped as reason:
            result |= {"status": "skipped", "reason": str(reason)}
        except subprocess.TimeoutExpired:
            result |= {"status": "failed", "reason": f"not done within {self.options.timeout} s"}
        except Exception as failure:  # whatever it is, the other steps go on
            result |= {"status": "failed", "reason": f"{failure}"}
        result["seconds"] = round(time.monotonic() - begin, 1)
        write_json(self.steps / f"{step}.json", result)
        print(f"run: {step}: {result['status']} {result.get('reason', '')}".rstrip(), file=sys.stderr, flush=True)
        return result["status"] != "failed"

    def call(self, step: str, command: list, check: bool = True) -> str:
        """Standard output; all that the process said is in the step's log."""
        with open(self.logs / f"{step}.log", "a") as log:
            log.write(f"$ {' '.join(map(str, command))}\n")
            log.flush()
            done = subprocess.run(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                timeout=self.options.timeout,
                env=self.environment,
                cwd=self.options.out,
            )
            log.write(done.stdout)
        if check and done.returncode != 0:
            lines = (self.logs / f"{step}.log").read_text().strip().splitlines()
            raise RuntimeError(f"exit code {done.returncode}: {lines[-1][:300]}")
        return done.stdout

    def devices(self) -> dict:
        lines = self.call("devices", self.cli + ["devices", "--format", "json"]).splitlines()
        backends = {device["backend"]: device for device in map(json.loads, lines)}
        figures = {"cuda": backends["cuda"]}
        if shutil.which("nvidia-smi") and not os.environ.get("GPT2J_CUDA_DRIVER"):
            fields = "name,driver_version,memory.total,clocks.max.sm,clocks.max.memory,power.limit,mig.mode.current"
            command = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader"]
            figures["nvidia_smi"] = dict(zip(fields.split(","), self.call("devices", command).strip().split(", ")))
        if not figures["cuda"]["available"]:
            raise RuntimeError(f"no CUDA device: {figures['cuda'].get('reason')}")
        return figures

    def contract(self) -> dict:
        return self.suite("contract", SUITES["contract"])

    def integration(self) -> dict:
        return self.suite("integration", SUITES["integration"])

    def suite(self, step: str, classes: list, prefix: list = ()) -> dict:
        """Runs tests; passed means that some ran, and that none failed or was skipped."""
        selectors = []
        for name in self.options.tests or classes:
            selectors += ["--select-method" if "#" in name else "--select-class", f"gpt2j.integration.{name}"]
        out = self.call(step, [*prefix, *self.junit, *selectors], check=False)
        counts = {
            key: int(number)
            for number, key in re.findall(r"\[ *(\d+) tests (found|skipped|aborted|successful|failed) *\]", out)
        }
        containers = re.findall(r"\[ *(\d+) containers (failed|skipped|aborted) *\]", out)
        counts |= {f"containers_{key}": int(number) for number, key in containers if int(number)}
        if not counts or counts["found"] == 0:
            raise RuntimeError(f"no test ran; {self.logs / (step + '.log')} says why")
        if any(n and re.search("fail|skip|abort", key) for key, n in counts.items()):
            raise RuntimeError(", ".join(f"{key}: {n}" for key, n in counts.items()))
        return counts

    def memcheck(self) -> dict:
        return self.sanitize("memcheck")

    def racecheck(self) -> dict:
        return self.sanitize("racecheck")

    def sanitize(self, tool: str) -> dict:
        program = shutil.which("compute-sanitizer") or shutil.which("/usr/local/cuda/bin/compute-sanitizer")
        if not program:
            raise Skipped("compute-sanitizer is not installed")
        if os.environ.get("GPT2J_CUDA_DRIVER"):
            raise Skipped("compute-sanitizer needs the real driver")
        # Its own exit code would be lost behind JUnit's: the summary in the log decides.
        prefix = [program, f"--tool={tool}", "--target-processes=all", "--print-limit=20"]
        try:
            figures, failure = self.suite(tool, SANITIZED, prefix), None
        except RuntimeError as tests:
            figures, failure = {}, tests  # most likely for what the sanitizer has found
        found = sanitizer.parse(tool, (self.logs / f"{tool}.log").read_text(errors="replace"))
        if found["errors"]:
            raise RuntimeError(f"{found['errors']} errors: {found.get('kinds', 'see the log')}")
        if failure:
            raise failure
        return figures | found

    def probe(self) -> dict:
        command = self.java + [":".join(str(HERE / part) for part in ("natives", "lib/*")), "DeviceProbe"]
        return json.loads(self.call("probe", command + [str(self.options.copy_bytes)]))

    def decode(self) -> dict:
        o = self.options
        return self.bench("decode", "throughput", o.precisions, o.prompt_tokens, o.new_tokens, o.batch, "true")

    def prefill(self) -> dict:
        o = self.options
        return self.bench("prefill", "throughput", o.precisions, o.prefill_tokens, 1, 1, "true")

    def cache(self) -> dict:
        o = self.options
        return self.bench("cache", "experiment", o.cache_precision, 24, o.cache_tokens, 1, "true,false", "1")

    def bench(self, step, command, precisions, prompts, new, batch, cache, repetitions=None) -> dict:
        """The result of the command line's own benchmark, model by model: what is done stays."""
        o = self.options
        results, failures = [], []
        models = [["--model", str(o.model.resolve())]] if o.model else [["--size", s] for s in o.sizes.split(",")]
        for model in models:
            out = pathlib.Path(tempfile.mkdtemp(prefix=f"{step}-", dir=o.out))
            try:
                self.call(
                    step,
                    self.cli
                    + ["bench", command, "--backend", "cuda", *model, "--precision", precisions]
                    + ["--prompt-tokens", str(prompts), "--new-tokens", str(new), "--batch", str(batch)]
                    + ["--use-cache", cache, "--repetitions", repetitions or str(o.repetitions), "--warmup", "1"]
                    + ["--random-models", str(o.models.resolve()), "--out", str(out.resolve())],
                )
            except (RuntimeError, subprocess.TimeoutExpired) as failure:
                failures.append(f"{model[1]}: {failure}")
            if (out / "result.json").exists():
                results.append(json.loads((out / "result.json").read_text()))
            shutil.rmtree(out)
            write_json(self.steps / f"{step}-raw.json", results)
        if failures:
            raise RuntimeError("; ".join(failures))
        return {"models": len(results)}

    def train(self) -> dict:
        """Updates from new weights on generated texts, by both ways to multiply; their times."""
        o = self.options
        figures = {"batch": o.train_batch, "tokens": o.train_tokens}
        with tempfile.TemporaryDirectory(prefix="train-", dir=o.out) as folder:
            texts, data = f"{folder}/texts.txt", f"{folder}/data"
            self.call("train", self.cli + ["stories", "--bytes", "1M", "--out", texts])
            self.call("train", self.cli + ["prepare", texts, "--out", data])
            shape = o.train_size.split(",")
            names = ["--n-layer", "--n-head", "--n-embd", "--n-ctx"]
            size = ["--size", *shape] if len(shape) == 1 else [word for pair in zip(names, shape) for word in pair]
            for gemm in ("custom", "auto"):
                run = pathlib.Path(folder) / gemm
                command = self.cli + ["train", "--backend", "cuda", "--cuda-gemm", gemm, "--data", data, "--out", str(run)]
                command += [*size, "--batch-size", str(o.train_batch), "--sequence-length", str(o.train_tokens)]
                command += ["--max-steps", str(o.repetitions + 3), "--eval-batches", "1"]
                self.call("train", command)
                lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
                updates = [line for line in lines if "loss" in line]
                if not updates or not all(0 < line["loss"] < 100 for line in updates):
                    raise RuntimeError(f"{gemm}: no losses, or none that can be")
                # The first ones load kernels, and start clocks that rest.
                seconds = statistics.median(line["seconds"] for line in updates[3:])
                figures[f"{gemm}_update_s"] = round(seconds, 6)
                figures[f"{gemm}_loss"] = round(updates[-1]["loss"], 4)
                shutil.rmtree(run)
        return figures

    def require_torch(self) -> None:
        o = self.options
        check = "import torch, sys; sys.exit(sys.argv[1] == 'cuda' and not torch.cuda.is_available())"
        if subprocess.run([o.python, "-c", check, o.torch_device], capture_output=True).returncode != 0:
            raise Skipped(f"{o.python} has no torch, or torch has no {o.torch_device}")

    def torch_train(self) -> dict:
        self.require_torch()
        o = self.options
        command = [o.python, str(HERE / "torch_train.py"), "--device", o.torch_device, "--size", o.train_size]
        command += ["--batch", str(o.train_batch), "--tokens", str(o.train_tokens)]
        return json.loads(self.call("torch_train", command + ["--repetitions", str(o.repetitions)]))

    def torch(self) -> dict:
        self.require_torch()
        o = self.options
        command = [o.python, str(HERE / "torch_gpt2.py"), "--device", o.torch_device]
        command += ["--prompt-tokens", str(o.prompt_tokens), "--new-tokens", str(o.new_tokens)]
        command += ["--prefill-tokens", o.prefill_tokens, "--repetitions", str(o.repetitions)]
        models = [["--model", str(o.model.resolve())]] if o.model else [["--sizes", s] for s in o.sizes.split(",")]
        results, failures = [], []
        for model in models:
            for precision in o.precisions.split(","):
                try:
                    out = self.call("torch", command + [*model, "--precisions", precision])
                    results.append(json.loads(out))
                except (RuntimeError, subprocess.TimeoutExpired) as failure:
                    failures.append(f"{model[1]} {precision}: {failure}")
                write_json(self.steps / "torch-raw.json", results)
        if failures:
            raise RuntimeError("; ".join(failures))
        failed = [row["compiled_failed"] for result in results for row in result["measurements"] if "compiled_failed" in row]
        about = {key: results[0][key] for key in ("torch", "device", "cuda") if key in results[0]}
        return about | ({"not compiled": f"{len(failed)}: {failed[0]}"} if failed else {})


def now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def write_json(file: pathlib.Path, value) -> None:
    side = file.with_suffix(".new")
    side.write_text(json.dumps(value, indent=1) + "\n")
    side.replace(file)


def main() -> None:
    options = parse_arguments()
    options.out = options.out.resolve()
    runner = Runner(options)
    passed = True
    for step in STEPS:
        if step in options.steps:
            passed &= runner.run(step)
            about = {
                "written": now(),
                "revision": (HERE / "revision").read_text().split("\n")[:-1],
                "machine": f"{platform.system()} {platform.release()}, {os.cpu_count()} processors",
                "driver_given": os.environ.get("GPT2J_CUDA_DRIVER"),
            }
            results = report.collect(options.out, about)
            write_json(options.out / "results.json", results)
            (options.out / "results.md").write_text(report.markdown(results))
    print((options.out / "results.md").read_text())
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
