"""gpt2j's command line on the work that is compared."""

import json
import pathlib
import subprocess
import sys
import threading
import time


class Gpt2j:
    def __init__(self, cli: pathlib.Path, model: str, precision: str, threads: int, backend: str):
        self.command = [str(cli), "generate", "--model", model, "--backend", backend, "--use-cache"]
        self.command += ["--precision", precision, "--threads", str(threads), "--temperature", "0", "--format", "json"]

    def prefill(self, prompt: list[int]) -> dict:
        return self._run(prompt, 1)

    def decode(self, prompt: list[int], count: int) -> dict:
        return self._run(prompt, count)

    def _run(self, prompt: list[int], count: int) -> dict:
        """A process of its own; ends this program with one line if it fails."""
        command = self.command + ["--max-new-tokens", str(count), "--token-ids", ",".join(map(str, prompt))]
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
        timings = {name.replace("_ms", "_s"): value / 1e3 for name, value in result["timings"].items() if "_ms" in name}
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
