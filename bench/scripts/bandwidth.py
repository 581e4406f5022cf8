"""The machine's read bandwidth, by bandwidth.c where there is a C compiler, else by torch or numpy."""

import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

BYTES = 1 << 30
PASSES = 40
SOURCE = pathlib.Path(__file__).with_name("bandwidth.c")


class Bandwidth:
    """Measures bytes per second that `threads` threads read together. Use as a context manager."""

    def __init__(self, threads: int):
        self.threads = threads
        self.folder = tempfile.TemporaryDirectory()
        self.program = self._compile()
        self.method = f"bandwidth.c, {threads} threads" if self.program else None
        self.torch = None
        if not self.program:
            try:
                import torch

                self.torch = torch
                self.method = f"torch.sum, {threads} threads: no C compiler, the true bandwidth may be higher"
            except ImportError:
                self.method = "absent: neither a C compiler nor torch"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def _compile(self) -> pathlib.Path | None:
        compiler = next(filter(None, map(shutil.which, ("gcc", "clang", "cc"))), None)
        if not compiler:
            return None
        program = pathlib.Path(self.folder.name) / "bandwidth"
        command = [compiler, "-O3", "-march=native", "-pthread", str(SOURCE), "-o", str(program)]
        done = subprocess.run(command, capture_output=True, text=True)
        return program if done.returncode == 0 else None

    def measure(self) -> dict:
        """The median of PASSES reads, over about as long as a text takes; empty if there is no way."""
        if self.program:
            command = [str(self.program), str(self.threads), str(BYTES), str(PASSES)]
            out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            return {"bytes_per_s": statistics.median(map(float, out.split()))}
        if self.torch:
            self.torch.set_num_threads(self.threads)
            buffer = self.torch.ones(BYTES // 4)
            times = []
            for _ in range(PASSES):
                begin = time.perf_counter()
                buffer.sum()
                times.append(time.perf_counter() - begin)
            return {"bytes_per_s": BYTES / statistics.median(times)}
        return {}
