"""gpt2j's command line on the work that is compared."""

import json
import pathlib
import subprocess
import sys
import threading
import time


WARM_STEPS = 11


class Gpt2j:
    """Each method runs a process of its own and returns its figures."""

    def __init__(self, cli: pathlib.Path, model: str, precision: str, threads: int, backend: str):
        self.command = [str(cli), "generate", "--model", model, "--backend", backend]
        self.command += ["--precision", precision, "--threads", str(threads)]
        self.command += ["--temperature", "0", "--format", "json"]

    def first_prefill(self, prompt: list[int]) -> dict:
        """The first one of a process, with the warm-up of the JVM in it."""
        return self._run(prompt, 1, "--use-cache")

    def prefill(self, prompt: list[int]) -> dict:
        """A warm one: without the cache every step evaluates the whole text again, so its time is that
        of a prefill. The step in the middle has as many tokens as the prompt."""
        start = prompt[: len(prompt) - WARM_STEPS // 2 - 1]
        figures = self._run(start, WARM_STEPS + 1, "--no-use-cache")
        return {"prefill_s": figures.pop("step_s"), "peak_bytes": figures["peak_bytes"]}

    def decode(self, prompt: list[int], count: int) -> dict:
        return self._run(prompt, count, "--use-cache")

    def _run(self, prompt: list[int], count: int, cache: str) -> dict:
        """Ends this program with one line if the process fails."""
        command = self.command + [cache, "--max-new-tokens", str(count), "--token-ids", ",".join(map(str, prompt))]
        begin = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            memory = PeakMemory(process.pid)
            out = process.stdout.read()
        seconds = time.perf_counter() - begin
        if process.returncode != 0:
            sys.exit(f"gpt2j ended with exit code {process.returncode}: {' '.join(self.command)} …")
        result = json.loads(out)
        if len(result["tokens"]) != count:
            sys.exit(f"gpt2j drew {len(result['tokens'])} of {count} tokens: {result['finish_reason']}")
        milliseconds = {name: value for name, value in result["timings"].items() if name.endswith("_ms")}
        timings = {name.replace("_ms", "_s"): value / 1e3 for name, value in milliseconds.items()}
        return timings | {
            "step_s": timings["tpot_s"],
            "mean_step_s": timings["decode_s"] / max(1, count - 1),
            "tokens": result["tokens"],
            "process_s": seconds,
            "peak_bytes": memory.bytes,
        }


class PeakMemory(threading.Thread):
    """Watches a process's peak resident memory, of which mapped files are a part, until it ends.

    Not getrusage's: that begins with the memory of the process that forked.
    """

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.status = pathlib.Path(f"/proc/{pid}/status")
        self.bytes = None
        self.start()

    def run(self) -> None:
        while True:
            try:
                lines = self.status.read_text().splitlines()
            except OSError:
                return
            peak = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")]
            if not peak:
                return
            self.bytes = peak[0]
            time.sleep(0.05)
