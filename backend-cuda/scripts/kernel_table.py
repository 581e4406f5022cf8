#!/usr/bin/env python3
"""Writes the tables of docs/cuda-kernels.md, or, with --check, compares them.

What the kernels occupy comes from ptxas, which assembles the checked-in PTX of sm_80 and sm_90.
What they must move and compute follows from the shapes. Needs ptxas of CUDA 13.0, no GPU.
"""

import gzip
import pathlib
import re
import subprocess
import sys
import tempfile

MODULE = pathlib.Path(__file__).resolve().parent.parent
PTX = MODULE / "src/main/resources/gpt2j/backend/cuda/launch"
PAGE = MODULE.parent / "docs/cuda-kernels.md"
BEGIN = "<!-- begin: written by backend-cuda/scripts/kernel_table.py -->"
END = "<!-- end -->"
DEVICES = (80, 90)

# What an NVIDIA H200 does at best, by its data sheet.
BANDWIDTH = 4.8e12  # bytes per second
F32_RATE = 67e12  # operations per second
TENSOR_RATE = 989e12  # the same of tensor cores, f16 or bf16, without sparsity
SMS = 132

# Per multiprocessor of sm_80 and sm_90.
REGISTERS = 65536
THREADS = 2048
SHARED = {80: 164 * 1024, 90: 228 * 1024}

# Dynamic shared memory of kernels that are given some, at most.
DYNAMIC = {
    "gemv": 49152,
    "gemv_head": 51200,
    "_128": 73728,
    "_64": 36864,
    "attention_backward": 60928,
}

# GPT-2 124M.
LAYERS, HEADS, WIDTH, VOCABULARY, CONTEXT = 12, 12, 768, 50257, 1024
HEAD_SIZE = WIDTH // HEADS

DRAW = 250  # operations for a token: random words, two logarithms, the score


def assemble():
    """Per kernel: threads per block, and per device what ptxas says."""
    text = gzip.decompress((PTX / "sm_80.ptx.gz").read_bytes()).decode()
    kernels = {}
    for name, threads in re.findall(r"\.entry (\w+)\(.*?\.maxntid (\d+)", text, re.S):
        kernels[name] = {"threads": int(threads)}
    for device in DEVICES:
        with tempfile.TemporaryDirectory() as folder:
            ptx = pathlib.Path(folder) / f"sm_{device}.ptx"
            ptx.write_bytes(gzip.decompress((PTX / f"{ptx.name}.gz").read_bytes()))
            said = subprocess.run(
                [
                    "ptxas",
                    "-v",
                    f"-arch=sm_{device}",
                    f"--output-file={folder}/kernels.cubin",
                    str(ptx),
                ],
                check=True,
                capture_output=True,
                text=True,
            ).stderr
        pattern = (
            r"entry function '(\w+)' for 'sm_\d+'.*?(\d+) bytes stack frame, (\d+) bytes spill "
            r"stores, (\d+) bytes spill loads.*?Used (\d+) registers([^\n]*)"
        )
        for name, stack, stores, loads, registers, rest in re.findall(pattern, said, re.S):
            shared = re.search(r"(\d+) bytes smem", rest)
            kernels[name][device] = {
                "registers": int(registers),
                "static": int(shared.group(1)) if shared else 0,
                "spilled": int(stores) + int(loads),
                "stack": int(stack),
            }
    return kernels


def dynamic_shared(name):
    for family in ("gemv", "gemv_head"):
        if name.startswith(family):
            return DYNAMIC[family]
    if name.startswith("gemm_tc"):
        return DYNAMIC["_128" if name.endswith("_128") else "_64"]
    if name in ("training_attention_keys", "training_attention_queries"):
        return DYNAMIC["attention_backward"]
    return 0


def resident(name, kernel, device):
    """Threads of a multiprocessor that find room, of 2048."""
    used = kernel[device]
    registers = -(-used["registers"] // 8) * 8 * kernel["threads"]
    shared = used["static"] + dynamic_shared(name) + 1024
    blocks = min(REGISTERS // registers, THREADS // kernel["threads"], SHARED[device] // shared)
    return blocks * kernel["threads"]


def resources(kernels):
    lines = [
        "| kernel | threads | registers sm_80 | sm_90 | shared, static | dynamic, at most | "
        "threads per SM sm_80 | sm_90 | spilled bytes | stack bytes |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, kernel in sorted(kernels.items()):
        spilled = sum(kernel[device]["spilled"] for device in DEVICES)
        stack = max(kernel[device]["stack"] for device in DEVICES)
        lines.append(
            f"| `{name}` | {kernel['threads']} | {kernel[80]['registers']} | "
            f"{kernel[90]['registers']} | {kernel[90]['static']} | {dynamic_shared(name)} | "
            f"{resident(name, kernel, 80)} | {resident(name, kernel, 90)} | {spilled} | {stack} |"
        )
    return lines


def linear(inputs, outputs, rows, weight_bytes=2):
    """Bytes and operations of a product: weights, bias, input and output once each."""
    moved = outputs * inputs * weight_bytes + 4 * (outputs + rows * (inputs + outputs))
    return moved, 2 * rows * inputs * outputs


def attention(rows, first, cache_bytes=2):
    """Of one layer; row i sees first + i positions, whose keys and values are read once a tile."""
    seen = sum(first + i for i in range(rows))
    read = (first + rows - 1) * 2 * WIDTH * cache_bytes
    return read + 4 * rows * 4 * WIDTH, 4 * seen * WIDTH


def microseconds(moved, operations, rate):
    return max(moved / BANDWIDTH, operations / rate) * 1e6


def splits(outputs, ld):
    """As the launch contract has it, for one row of f16 weights."""
    count = 1
    while count < 8 and -(-outputs * count // 8) < 2 * SMS and ld >= 64 * 8 * count:
        count *= 2
    return count


def few_blocks(outputs, ld):
    return min(-(-outputs * splits(outputs, ld) // 8), 4 * SMS)


def attention_blocks(capacity):
    wanted = -(-2 * SMS // HEADS)
    return HEADS * min(wanted, -(-capacity // 64), 64)


def decode(position):
    """The nodes of one recorded step: name, kernel, times, bytes, operations, blocks."""
    seen = position + 1
    cache = 2 * WIDTH * 2
    moved, done = linear(WIDTH, 3 * WIDTH, 1)
    few = "gemv_f16_r1"
    nodes = [
        ("embedding", "embed", 1, 3 * 4 * WIDTH, WIDTH, 3),
        ("norm, qkv, append", few, LAYERS, moved + cache, done, few_blocks(3 * WIDTH, WIDTH)),
    ]
    moved, done = attention(1, seen)
    nodes.append(
        ("attention", "attention_decode_f16_v1", LAYERS, moved, done, attention_blocks(CONTEXT))
    )
    for name, inputs, outputs in (
        ("projection, residual", WIDTH, WIDTH),
        ("norm, expansion, GELU", WIDTH, 4 * WIDTH),
        ("contraction, residual", 4 * WIDTH, WIDTH),
    ):
        moved, done = linear(inputs, outputs, 1)
        nodes.append((name, few, LAYERS, moved, done, few_blocks(outputs, inputs)))
    moved, done = linear(WIDTH, VOCABULARY, 1)
    blocks = few_blocks(VOCABULARY, WIDTH)
    moved += 2 * 16 * blocks  # candidates, there and back
    nodes.append(
        ("norm, head, draw", "gemv_head_f16_r1", 1, moved, done + DRAW * VOCABULARY, blocks)
    )
    nodes.append(("advance", "advance", 1, 24, 1, 1))
    return nodes


def filtered_table():
    """What sample_filtered reads of one row of logits, after the head and after anything else."""
    blocks = few_blocks(VOCABULARY, WIDTH)
    span = -(-VOCABULARY // (8 * blocks))
    spans = -(-VOCABULARY // span)
    row, peaks = 4 * VOCABULARY, 4 * spans
    few = 4 * span * 64  # the spans that 40 to 64 tokens lie in
    lines = [
        f"The head leaves {spans:,} peaks, of {span} tokens each.",
        "",
        "| filter | bytes read, apart | behind the head | of these peaks |",
        "|---|--:|--:|--:|",
    ]
    for name, apart, some in (
        ("top-k 40", 3 * row, few),
        ("min-p, 64 tokens left", 2 * row, few),
        ("top-p, 64 tokens left", 3 * row, row + few),
    ):
        passes = 3 if name.startswith("top-k") else 2
        behind = some + passes * peaks
        lines.append(f"| {name} | {apart:,} | {behind:,} | {passes * peaks:,} |")
    return lines


def decode_table(position):
    nodes = decode(position)
    lines = [
        "| node | kernel | times | blocks | bytes each | operations each | µs each at 4.8 TB/s |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for name, kernel, times, moved, done, blocks in nodes:
        lines.append(
            f"| {name} | `{kernel}` | {times} | {blocks} | {moved:,} | {done:,} | "
            f"{microseconds(moved, done, F32_RATE):.2f} |"
        )
    count = sum(node[2] for node in nodes)
    moved = sum(node[2] * node[3] for node in nodes)
    done = sum(node[2] * node[4] for node in nodes)
    time = sum(node[2] * microseconds(node[3], node[4], F32_RATE) for node in nodes)
    lines.append(f"| **together** | | **{count}** | | {moved:,} | {done:,} | **{time:.1f}** |")
    return lines


def prefill_table(rows):
    lines = [
        "| part | kernel | times | blocks | bytes each | operations each | µs each at best |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    total = 0.0
    parts = [("embedding", "embed", 1, rows * 3, 12 * rows * WIDTH, rows * WIDTH, F32_RATE)]
    norm = 8 * rows * WIDTH
    parts.append(("norms", "layer_norm", 2 * LAYERS, rows, norm, 8 * rows * WIDTH, F32_RATE))
    for name, inputs, outputs in (
        ("qkv", WIDTH, 3 * WIDTH),
        ("projection, residual", WIDTH, WIDTH),
        ("expansion, GELU", WIDTH, 4 * WIDTH),
        ("contraction, residual", 4 * WIDTH, WIDTH),
    ):
        split = 8 * rows * inputs
        parts.append(
            ("halves", "split_rows_f16", LAYERS, rows, split, 3 * rows * inputs, F32_RATE)
        )
        size = 128 if -(-outputs // 128) * -(-rows // 128) >= SMS else 64
        blocks = -(-outputs // size) * -(-rows // size)
        moved, done = linear(inputs, outputs, rows)
        parts.append(
            (name, f"gemm_tc_f16_{size}", LAYERS, blocks, moved, 2 * done, TENSOR_RATE)
        )
    parts.append(("append", "append_kv", LAYERS, rows, 12 * rows * WIDTH, 0, F32_RATE))
    moved, done = attention(rows, 1)
    blocks = -(-rows // 64) * HEADS
    parts.append(
        ("attention", "attention_rows_f16_h64", LAYERS, blocks, moved, 2 * done, TENSOR_RATE)
    )
    moved, done = linear(WIDTH, VOCABULARY, 1)
    blocks = few_blocks(VOCABULARY, WIDTH)
    parts.append(("norm, head", "gemv_f16_r1", 1, blocks, moved, done, F32_RATE))
    for name, kernel, times, blocks, moved, done, rate in parts:
        time = microseconds(moved, done, rate)
        total += times * time
        lines.append(
            f"| {name} | `{kernel}` | {times} | {blocks:,} | {moved:,} | {done:,} | {time:.2f} |"
        )
    count = sum(part[2] for part in parts)
    lines.append(f"| **together** | | {count} | | | | **{total:.0f}** |")
    return lines


def training_table(rows):
    """An update; products in exact float32, each in a size of tiles that the launch chooses."""
    stream, wide, logits = 4 * rows * WIDTH, 16 * rows * WIDTH, 4 * rows * VOCABULARY
    parameters = VOCABULARY * WIDTH + CONTEXT * WIDTH + 2 * WIDTH
    parameters += LAYERS * (12 * WIDTH * WIDTH + 13 * WIDTH)
    norms = 2 * LAYERS + 1
    parts = [
        ("embeddings", "embed_sequences", 1, 3 * stream, rows * WIDTH),
        ("norms", "layer_norm_keeping", norms, 2 * stream, 8 * rows * WIDTH),
        ("residual", "add_residual", 2 * LAYERS, 3 * stream, rows * WIDTH),
        ("GELU", "gelu", LAYERS, 2 * wide, 40 * rows * WIDTH),
        ("loss", "softmax_cross_entropy", 1, 2 * logits, 30 * rows * VOCABULARY),
        ("GELU backward", "gelu_backward", LAYERS, 3 * wide, 60 * rows * WIDTH),
        ("norms backward", "layer_norm_backward_rows", norms, 4 * stream, 15 * rows * WIDTH),
        ("their gains, biases", "layer_norm_backward_columns", norms, 2 * stream, 5 * rows * WIDTH),
        ("tokens backward", "embed_backward_tokens", 1, 3 * stream, rows * WIDTH),
        ("positions backward", "embed_backward_positions", 1, stream, rows * WIDTH),
        ("norm of gradients", "squared_norms", -(-148 // 32), 4 * parameters // 5, parameters // 5),
        ("update", "adamw", 148, 32 * parameters // 148, 20 * parameters // 148),
    ]
    for name, inputs, outputs, times in (
        ("qkv", WIDTH, 3 * WIDTH, LAYERS),
        ("projection", WIDTH, WIDTH, LAYERS),
        ("expansion", WIDTH, 4 * WIDTH, LAYERS),
        ("contraction", 4 * WIDTH, WIDTH, LAYERS),
        ("head", WIDTH, VOCABULARY, 1),
    ):
        moved, done = linear(inputs, outputs, rows, 4)
        parts.append((f"{name}, forward and twice backward", "training_product…", 3 * times, moved, done))
    lines = [
        "| part | kernel | times | bytes each | operations each | µs each at best |",
        "|---|---|--:|--:|--:|--:|",
    ]
    total = 0.0
    for name, kernel, times, moved, done in parts:
        time = microseconds(moved, done, F32_RATE)
        total += times * time
        lines.append(f"| {name} | `{kernel}` | {times} | {moved:,} | {done:,} | {time:.2f} |")
    lines.append(f"| **together**, without attention | | | | | **{total:,.0f}** |")
    return lines


def tables():
    kernels = assemble()
    parts = [
        "## What the kernels occupy",
        "",
        *resources(kernels),
        "",
        f"## One token of GPT-2 124M, f16 weights and cache, at position {CONTEXT - 1}",
        "",
        *decode_table(CONTEXT - 1),
        "",
        "## A draw with filters, GPT-2",
        "",
        *filtered_table(),
        "",
        f"## A prompt of {CONTEXT} tokens, the same model",
        "",
        *prefill_table(CONTEXT),
        "",
        "## An update in training, of 4 sequences of 1024 tokens, the same model in float32",
        "",
        *training_table(4 * CONTEXT),
    ]
    return "\n".join(parts)


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        print(f"usage: {sys.argv[0]} [--check]", file=sys.stderr)
        return 2
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    written = f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"
    if sys.argv[1:] == ["--check"]:
        if written != page:
            print(f"kernel_table: {PAGE.name} is not up to date: run {sys.argv[0]}", file=sys.stderr)
            return 1
        return 0
    PAGE.write_text(written)
    return 0


if __name__ == "__main__":
    sys.exit(main())
