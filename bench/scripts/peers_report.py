"""The Markdown of peers.py: medians over the rounds, ratios within each round."""

import statistics


def spread(values: list, scale: float = 1.0, digits: int = 1) -> str:
    """Median, smallest and largest."""
    values = [value * scale for value in values]
    if not values:
        return "–"
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


class Report:
    def __init__(self, about: dict, sizes: dict[str, int], options, rounds: list[dict]):
        self.about, self.sizes, self.options, self.rounds = about, sizes, options, rounds

    def markdown(self) -> str:
        about = self.about
        lines = [
            f"{about['machine']}; threads: {self.options.threads}; rounds: {len(self.rounds)}; "
            f"bandwidth by {about['bandwidth']}",
            "",
            f"Read bandwidth, GB/s: {spread(self.bandwidths(), 1e-9)}. "
            f"Cores that other programs used meanwhile: {spread(self.disturbances(), 1, 2)}.",
            "",
            f"| program | precision | prefill {self.options.prefill_tokens}, tokens/s | first in its process "
            "| decode, ms/token | share of the floor, % | peak memory, MB |",
            "|---|---|---|---|---|---|---|",
        ]
        for precision in self.options.precisions:
            size = self.sizes[precision]
            floors = [1e3 * floor for floor in self.floors(precision)]
            lines.append(f"| floor: {size / 1e6:.1f} MB a token | {precision} | | | {spread(floors, 1, 2)} | 100 | |")
            lines += [self.row(program, precision) for program in ("transformers", "gpt2j")]
        return "\n".join(lines + [""] + self.ratios()) + "\n"

    def row(self, program: str, precision: str) -> str:
        steps = self.each(program, precision, "decode", "step_s")
        shares = [100 * floor / step for floor, step in zip(self.floors(precision), steps)]
        return (
            f"| {self.about[program]} | {precision} "
            f"| {self.prefill_rate(program, precision, 'prefill')} "
            f"| {self.prefill_rate(program, precision, 'first prefill')} "
            f"| {spread(steps, 1e3, 2)} | {spread(shares, 1, 0)} "
            f"| {spread(self.each(program, precision, 'decode', 'peak_bytes'), 1e-6, 0)} |"
        )

    def prefill_rate(self, program: str, precision: str, work: str) -> str:
        times = self.each(program, precision, work, "prefill_s")
        return spread([self.options.prefill_tokens / seconds for seconds in times], 1, 0)

    def ratios(self) -> list[str]:
        lines = []
        for precision in self.options.precisions:
            decode = self.quotients(("transformers", precision), ("gpt2j", precision), "decode", "step_s")
            prefill = self.quotients(("transformers", precision), ("gpt2j", precision), "prefill", "prefill_s")
            if decode:
                lines.append(
                    f"- {precision}, gpt2j against transformers: decode × {spread(decode, 1, 2)}, "
                    f"prefill × {spread(prefill, 1, 2)}; {self.equal_tokens(precision)}"
                )
        if {"f32", "bf16"} <= set(self.options.precisions):
            faster = self.quotients(("gpt2j", "f32"), ("gpt2j", "bf16"), "decode", "step_s")
            if faster:
                lines.append(f"- gpt2j, bf16 against f32: decode × {spread(faster, 1, 2)}")
        return lines

    def equal_tokens(self, precision: str) -> str:
        """Whether both did the same work. Random weights bring near ties, so not all need agree."""
        theirs, ours = (self.each(who, precision, "decode", "tokens")[0] for who in ("transformers", "gpt2j"))
        equal = next((i for i, (a, b) in enumerate(zip(theirs, ours)) if a != b), len(ours))
        return f"the first {equal} of {len(ours)} greedy tokens are equal"

    def each(self, program: str, precision: str, work: str, figure: str) -> list:
        """One figure of all rounds; empty if it wasn't measured."""
        parts = [round.get((program, precision, work), {}) for round in self.rounds]
        return [part[figure] for part in parts if part.get(figure) is not None]

    def floors(self, precision: str) -> list[float]:
        """Seconds to read the weights of one step, in each round."""
        when = [self.each("memory", precision, time, "bytes_per_s") for time in ("before", "after")]
        rates = [statistics.mean(pair) for pair in zip(*filter(None, when))]
        return [self.sizes[precision] / rate for rate in rates]

    def bandwidths(self) -> list[float]:
        parts = [part for round in self.rounds for part in round.values()]
        return [part["bytes_per_s"] for part in parts if "bytes_per_s" in part]

    def quotients(self, slow: tuple, fast: tuple, work: str, figure: str) -> list[float]:
        return [a / b for a, b in zip(self.each(*slow, work, figure), self.each(*fast, work, figure))]

    def disturbances(self) -> list[float]:
        return [part["disturbed"] for round in self.rounds for part in round.values()]
