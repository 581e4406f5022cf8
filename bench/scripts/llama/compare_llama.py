#!/usr/bin/env python3
"""Compares gpt2j with llama.cpp on GGUF files that gpt2j wrote.

    bench/scripts/llama/build.sh LIBRARIES llama-logits
    python3 compare_llama.py --llama-logits ./llama-logits --out DIR [--model FOLDER]…

Needs numpy, safetensors and pip's gguf. Each FOLDER, and two small models with random weights and
peaked attention, is converted to each type that `convert` writes. For each file llama.cpp and gpt2j
evaluate the same tokens, one by one, and generate 64 greedily. DIR gets the files and table.md:

  greedy      how many of the 64 tokens are the same before the first that isn't, and by how much
              the two that differ then are apart in log-probability
  from gpt2j  largest and mean difference of llama.cpp's log-probabilities from gpt2j's, of all
              tokens in all places; gpt2j keeps weights in float32, which is what blocks stand for
  explained   the mean difference of llama.cpp's from a third computation, of this script in float64,
              which does what llama.cpp's kernels do: GELU by a table of float16 numbers, and the
              inputs of products rounded to the type of the weights (F16, BF16, or blocks of 32 with
              a scale); what is left comes of inputs that lie between two such numbers

Fails when tokens differ that are further apart than twice the largest difference, so that it was no
tie; when less than three models give the same 64 tokens in float32; and when gpt2j is further than
1e-4 from this script's computation without those roundings.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants
from safetensors.numpy import save_file

TEXT = "Once upon a time there was a fox who lived near a river. One day the fox"
TYPES = ("f32", "f16", "bf16", "q8_0", "q4_0")
STEPS = 64
ROOT = pathlib.Path(__file__).resolve().parents[3]


def cli(*arguments):
    result = subprocess.run([ROOT / "bin/cli", *arguments], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"bin/cli {' '.join(map(str, arguments))}: {result.stderr}")
    return result.stdout


def write_random(folder, seed, width, layers, heads, vocabulary, context):
    """Weights so large that attention is peaked, and so are the probabilities of tokens."""
    random = np.random.default_rng(seed)

    def normal(deviation, *shape, mean=0.0):
        return (mean + deviation * random.standard_normal(shape)).astype(np.float32)

    tensors = {"transformer.wte.weight": normal(0.6, vocabulary, width),
               "transformer.wpe.weight": normal(0.5, context, width)}
    for layer in range(layers):
        block = f"transformer.h.{layer}."
        for norm in ("ln_1", "ln_2"):
            tensors[block + norm + ".weight"] = normal(0.3, width, mean=1)
            tensors[block + norm + ".bias"] = normal(0.3, width)
        for name, inputs, outputs in (("attn.c_attn", width, 3 * width),
                                      ("attn.c_proj", width, width),
                                      ("mlp.c_fc", width, 4 * width),
                                      ("mlp.c_proj", 4 * width, width)):
            tensors[block + name + ".weight"] = normal(1.5 / width**0.5, inputs, outputs)
            tensors[block + name + ".bias"] = normal(0.2, outputs)
    tensors["transformer.ln_f.weight"] = normal(0.3, width, mean=1)
    tensors["transformer.ln_f.bias"] = normal(0.3, width)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(
        {"model_type": "gpt2", "n_embd": width, "n_layer": layers, "n_head": heads,
         "n_positions": context, "vocab_size": vocabulary, "eos_token_id": None,
         "bos_token_id": None}))


def gelu(x):
    return 0.5 * x * (1 + np.tanh(0.79788456080286535587989211986876 * x * (1 + 0.044715 * x * x)))


def gelu_by_table(x):
    """ggml_vec_gelu_f32: of float16 numbers, as float16 numbers, between -10 and 10."""
    narrow = x.astype(np.float32).astype(np.float16).astype(np.float32)
    looked_up = gelu(narrow).astype(np.float16).astype(np.float64)
    return np.where(x <= -10, 0, np.where(x >= 10, x, looked_up))


def rounded(x, kind):
    """The inputs of a product as ggml's kernels have them, by the type of the weights."""
    x = x.astype(np.float32)
    if kind == Type.F16:
        return x.astype(np.float16).astype(np.float64)
    if kind == Type.BF16:
        bits = x.view(np.uint32).astype(np.uint64)
        bits = (bits + 0x7FFF + (bits >> 16 & 1) >> 16 << 16).astype(np.uint32)
        return bits.view(np.float32).astype(np.float64)
    if kind in (Type.Q8_0, Type.Q4_0):
        blocks = x.reshape(-1, 32)
        scale = np.abs(blocks).max(1, keepdims=True) / np.float32(127)
        with np.errstate(divide="ignore", invalid="ignore"):
            whole = np.where(scale > 0, np.rint(blocks * (np.float32(1) / scale)), 0)
        scale = scale.astype(np.float16).astype(np.float64)
        return (whole * scale).reshape(x.shape)
    return x.astype(np.float64)


class Reference:
    """GPT-2 in float64, of a GGUF file; with llama.cpp's roundings or without."""

    def __init__(self, file, as_llama):
        reader = gguf.GGUFReader(file)
        fields = reader.fields
        self.heads = int(fields["gpt2.attention.head_count"].contents())
        self.layers = int(fields["gpt2.block_count"].contents())
        self.tensors, self.kinds = {}, {}
        for tensor in reader.tensors:
            shape = [int(size) for size in tensor.shape[::-1]]
            values = quants.dequantize(tensor.data, tensor.tensor_type)
            self.tensors[tensor.name] = np.asarray(values, np.float64).reshape(shape)
            self.kinds[tensor.name] = tensor.tensor_type
        self.as_llama = as_llama

    def product(self, x, name):
        kind = self.kinds[name + ".weight"]
        y = (rounded(x, kind) if self.as_llama else x) @ self.tensors[name + ".weight"].T
        bias = self.tensors.get(name + ".bias")
        return y if bias is None else y + bias

    def norm(self, x, name):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return scaled * self.tensors[name + ".weight"] + self.tensors[name + ".bias"]

    def log_probabilities(self, tokens):
        count = len(tokens)
        x = self.tensors["token_embd.weight"][tokens] + self.tensors["position_embd.weight"][:count]
        width = x.shape[1]
        mask = np.triu(np.full((count, count), -np.inf), 1)
        for layer in range(self.layers):
            block = f"blk.{layer}."
            q, k, v = (
                part.reshape(count, self.heads, -1).transpose(1, 0, 2)
                for part in np.split(
                    self.product(self.norm(x, block + "attn_norm"), block + "attn_qkv"), 3, 1)
            )
            scores = q @ k.transpose(0, 2, 1) / np.sqrt(width / self.heads) + mask
            weights = np.exp(scores - scores.max(-1, keepdims=True))
            weights /= weights.sum(-1, keepdims=True)
            attended = (weights @ v).transpose(1, 0, 2).reshape(count, width)
            x = x + self.product(attended, block + "attn_output")
            inner = self.product(self.norm(x, block + "ffn_norm"), block + "ffn_up")
            inner = (gelu_by_table if self.as_llama else gelu)(inner)
            x = x + self.product(inner, block + "ffn_down")
        head = "output" if "output.weight" in self.tensors else "token_embd"
        return log_softmax(self.product(self.norm(x, "output_norm"), head))


def log_softmax(logits):
    logits = logits - logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def of_llama(program, file, tokens, logits):
    line = subprocess.run([program, "-m", file, "-n", str(STEPS), "-o", logits, *map(str, tokens)],
                          check=True, capture_output=True, text=True).stdout
    values = np.fromfile(logits, np.float32).reshape(len(tokens), -1).astype(np.float64)
    return log_softmax(values), [int(token) for token in line.split()]


def of_gpt2j(file, tokens, vocabulary):
    ids = ",".join(map(str, tokens))
    score = json.loads(cli("score", "--model", file, "--token-ids", ids, "--format", "json",
                           "--top-logprobs", str(vocabulary)))
    values = np.empty((len(tokens) - 1, vocabulary))
    for row, top in enumerate(score["top_logprobs"][1:]):
        values[row, [token for token, _ in top]] = [logprob for _, logprob in top]
    text = cli("generate", "--model", file, "--token-ids", ids, "--max-new-tokens", str(STEPS),
               "--temperature", "0", "--format", "json")
    return values, json.loads(text)["tokens"]


def first_difference(a, b):
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--llama-logits", required=True, help="the program that build.sh makes")
    parser.add_argument("--model", action="append", default=[], type=pathlib.Path, metavar="FOLDER",
                        help="a checkpoint in the layout of Hugging Face, with its vocabulary")
    parser.add_argument("--out", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    models = list(arguments.model)
    for seed, width, layers in ((1, 64, 3), (2, 128, 4), (3, 96, 3)):
        folder = arguments.out / f"random-{width}"
        write_random(folder, seed, width, layers, 4, 512, 128)
        models.append(folder)
    rows, failures, equal = [], [], 0
    for model in models:
        vocabulary = json.loads((model / "config.json").read_text())["vocab_size"]
        if (model / "tokenizer.json").exists():
            tokens = [int(t) for t in cli("tokenize", "--model", model, TEXT).split(",")]
        else:
            tokens = np.random.default_rng(5).integers(0, vocabulary, 20).tolist()
        for kind in TYPES:
            file = arguments.out / f"{model.resolve().name}-{kind}.gguf"
            file.unlink(missing_ok=True)
            cli("convert", "--model", model, "--dtype", kind, "--out", file)
            ours, our_tokens = of_gpt2j(file, tokens, vocabulary)
            theirs, their_tokens = of_llama(arguments.llama_logits, file, tokens,
                                            arguments.out / "logits.bin")
            reference = Reference(file, False)
            exact = reference.log_probabilities(tokens)[:-1]
            emulated = Reference(file, True).log_probabilities(tokens)
            own = np.abs(ours - exact).max()
            difference = np.abs(theirs[:-1] - ours)
            same = first_difference(our_tokens, their_tokens)
            greedy = f"{same} of {STEPS}"
            if same < STEPS:
                last = reference.log_probabilities(tokens + our_tokens[:same])[-1]
                apart = abs(last[our_tokens[same]] - last[their_tokens[same]])
                greedy += f" ({apart:.1e})"
                if apart > 2 * difference.max():
                    failures.append(f"{file}: token {same} differs, and is no tie")
            elif kind == "f32":
                equal += 1
            if own > 1e-4:
                failures.append(f"{file}: gpt2j is off by {own}")
            rows.append((model.resolve().name, kind, greedy, f"{difference.max():.1e}",
                         f"{difference.mean():.1e}", f"{np.abs(theirs - emulated).mean():.1e}",
                         f"{own:.1e}"))
            print(*rows[-1], sep="\t", flush=True)
    if equal < 3:
        failures.append(f"float32 gave the same tokens for {equal} models only")
    head = ("model", "weights", "greedy tokens that are the same", "largest from gpt2j", "mean",
            "mean from what explains it", "gpt2j's own, from float64")
    table = "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])
    (arguments.out / "table.md").write_text(table + "\n")
    sys.exit("\n".join(failures) or 0)


main()
