"""Collects what run.py's steps have left, and writes it as a Markdown table: report.py FOLDER."""

import json
import pathlib
import statistics
import sys


def collect(folder: pathlib.Path, about: dict) -> dict:
    """Everything as one object. Emulated if a device says so, or if a driver was given."""
    steps = {file.stem: json.loads(file.read_text()) for file in sorted((folder / "steps").glob("*.json"))}
    device = steps.get("devices", {}).get("figures", {}).get("cuda", {})
    cards = [card["name"] for card in device.get("devices", [])]
    name = steps.get("probe", {}).get("figures", {}).get("device")
    cards = cards or ([name] if name else [])
    emulated = bool(about.get("driver_given")) or any("emulated" in card.lower() for card in cards)
    return {"about": about | {"cards": cards, "emulated": emulated}, "steps": steps}


def measurements(results: dict, step: str) -> list:
    """Medians of each case of a benchmark."""
    rows = []
    for run in results["steps"].get(f"{step}-raw", []):
        for measured in run["measurements"]:
            samples = measured["samples"]
            if not samples:
                continue
            gaps = [gap for sample in samples for gap in sample["step_nanos"]]
            totals = [sample["first_token_nanos"] + sum(sample["step_nanos"]) for sample in samples]
            first = [sample["first_token_nanos"] for sample in samples]
            rows.append(
                measured["benchmark_case"]
                | {
                    "samples": len(samples),
                    "first_token_s": statistics.median(first) * 1e-9,
                    # Of whole generations: a device that runs ahead hands over several tokens at once.
                    "mean_step_s": sum(gaps) / len(gaps) * 1e-9 if gaps else None,
                    "total_s": statistics.median(totals) * 1e-9,
                }
            )
    return rows


def number(value, scale=1.0, digits=1) -> str:
    return "–" if value is None else f"{value * scale:.{digits}f}"


def ratio(above, below) -> str:
    return "–" if not above or not below else f"{above / below:.2f}"


def peers(results: dict) -> dict:
    """PyTorch's figures by model, precision."""
    runs = results["steps"].get("torch-raw", [])
    return {(row["model"], row["precision"]): row for run in runs for row in run["measurements"]}


def markdown(results: dict) -> str:
    about, steps = results["about"], results["steps"]
    lines = [f"# CUDA on {', '.join(about['cards']) or 'no device'}", ""]
    if about["emulated"]:
        lines += ["**EMULATED DRIVER: nothing here was measured on a GPU; times say nothing.**", ""]
    lines += [f"{about['written']}; revision {', '.join(about['revision'])}; {about['machine']}", ""]
    for name, value in steps.get("devices", {}).get("figures", {}).get("nvidia_smi", {}).items():
        lines.append(f"- {name}: {value}")
    lines += ["", "| step | result | figures | seconds |", "|---|---|---|---|"]
    for name, step in steps.items():
        if not name.endswith("-raw"):
            flat = {key: value for key, value in step.get("figures", {}).items() if not isinstance(value, (dict, list))}
            said = step.get("reason") or ", ".join(f"{key}: {value}" for key, value in flat.items())
            lines.append(f"| {name} | {step['status']} | {said.replace('|', '/')} | {step['seconds']} |")
    probe = steps.get("probe", {}).get("figures")
    if probe:
        lines += ["", f"Copy within the device: {number(probe['copy_bytes_per_s'], 1e-9)} GB/s read and written."]
        for kernels in (1, 61):
            graph = f"graph_of_{kernels}"
            lines.append(
                f"Graph of {kernels} empty kernels: {number(probe[graph + '_device_s'], 1e6)} µs on the device, "
                f"{number(probe[graph + '_launch_to_host_s'], 1e6)} µs from launch to host."
            )
    lines += decode(results) + prefill(results) + cache(results) + train(results)
    return "\n".join(lines) + "\n"


def decode(results: dict) -> list:
    lines = ["", "## Decoding, µs a step", ""]
    lines.append("| model | weights | batch | gpt2j | PyTorch eager | PyTorch compiled | × eager | × compiled |")
    lines.append("|---|---|---|---|---|---|---|---|")
    for row in measurements(results, "decode"):
        peer = peers(results).get((row["model"], row["precision"].lower()), {}) if row["batch"] == 1 else {}
        eager, compiled = peer.get("eager_step_s"), peer.get("compiled_step_s")
        lines.append(
            f"| {row['model']} | {row['precision'].lower()} | {row['batch']} | {number(row['mean_step_s'], 1e6)} "
            f"| {number(eager, 1e6)} | {number(compiled, 1e6)} "
            f"| {ratio(eager, row['mean_step_s'])} | {ratio(compiled, row['mean_step_s'])} |"
        )
    return lines if len(lines) > 5 else []


def prefill(results: dict) -> list:
    lines = ["", "## Prefill, ms until the first token", ""]
    lines.append("| model | weights | tokens | gpt2j | PyTorch eager | × eager |")
    lines.append("|---|---|---|---|---|---|")
    for row in measurements(results, "prefill"):
        peer = peers(results).get((row["model"], row["precision"].lower()), {})
        eager = peer.get("prefill_s", {}).get(str(row["prompt_tokens"]))
        lines.append(
            f"| {row['model']} | {row['precision'].lower()} | {row['prompt_tokens']} "
            f"| {number(row['first_token_s'], 1e3, 2)} | {number(eager, 1e3, 2)} | {ratio(eager, row['first_token_s'])} |"
        )
    return lines if len(lines) > 5 else []


def cache(results: dict) -> list:
    lines = ["", "## What the cache brings", ""]
    lines.append("| model | weights | new tokens | cached, s | uncached, s | × |")
    lines.append("|---|---|---|---|---|---|")
    rows = measurements(results, "cache")
    for row in (row for row in rows if row["use_cache"]):
        same = ("model", "precision", "batch", "prompt_tokens", "new_tokens")
        other = [r for r in rows if not r["use_cache"] and all(r[key] == row[key] for key in same)]
        if other:
            lines.append(
                f"| {row['model']} | {row['precision'].lower()} | {row['new_tokens']} | {number(row['total_s'], 1, 3)} "
                f"| {number(other[0]['total_s'], 1, 3)} | {ratio(other[0]['total_s'], row['total_s'])} |"
            )
    return lines if len(lines) > 5 else []


def train(results: dict) -> list:
    own = results["steps"].get("train", {}).get("figures")
    if not own:
        return []
    peer = results["steps"].get("torch_train", {}).get("figures", {})
    lines = ["", f"## An update of {own['batch']} sequences of {own['tokens']} tokens in float32, ms", ""]
    lines.append("| gpt2j's kernels | gpt2j, gemm auto | PyTorch eager | PyTorch compiled | × eager | × compiled |")
    lines.append("|---|---|---|---|---|---|")
    mine, eager, compiled = own["auto_update_s"], peer.get("eager_update_s"), peer.get("compiled_update_s")
    lines.append(
        f"| {number(own['custom_update_s'], 1e3)} | {number(mine, 1e3)} | {number(eager, 1e3)} "
        f"| {number(compiled, 1e3)} | {ratio(eager, mine)} | {ratio(compiled, mine)} |"
    )
    return lines


if __name__ == "__main__":
    print(markdown(json.loads((pathlib.Path(sys.argv[1]) / "results.json").read_text())))
