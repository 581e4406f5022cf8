"""GPT-2 in plain PyTorch on the work that gpt2j is measured with, at batch 1, as one JSON object.

Eager keeps a cache and evaluates one token at a time; compiled is the same step compiled with CUDA
graphs over a cache of fixed size. Tokens stay on the device and are fed back there; the clock stops
when the last one is known: the host waits once, not once a token. Weights are random, as gpt2j's
are, which times don't depend on. Nothing needs transformers.
"""

import argparse
import json
import pathlib
import statistics
import sys
import time

import torch
import torch.nn.functional as F

SIZES = {"gpt2": (12, 12, 768), "gpt2-medium": (24, 16, 1024), "gpt2-large": (36, 20, 1280), "gpt2-xl": (48, 25, 1600)}
DTYPES = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}


class Gpt2(torch.nn.Module):
    """Parameters have the names of the checkpoint; linear weights are [outputs, inputs]."""

    def __init__(self, layers, heads, width, context=1024, vocabulary=50257):
        super().__init__()
        self.heads, self.width, self.context, self.vocabulary = heads, width, context, vocabulary
        self.wte = torch.nn.Embedding(vocabulary, width)
        self.wpe = torch.nn.Embedding(context, width)
        self.h = torch.nn.ModuleList(Block(width) for _ in range(layers))
        self.ln_f = torch.nn.LayerNorm(width)
        self.register_buffer("keys", torch.zeros(layers, 1, heads, context, width // heads), persistent=False)
        self.register_buffer("values", torch.zeros_like(self.keys), persistent=False)
        self.register_buffer("places", torch.arange(context), persistent=False)

    def prefill(self, ids):
        """The most probable token after ids [1, n], as [1, 1]; fills the cache."""
        n = ids.shape[1]
        x = self.wte(ids) + self.wpe(self.places[:n])

        def attend(layer, q, k, v):
            self.keys[layer, :, :, :n], self.values[layer, :, :, :n] = k, v
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)

        return self.blocks(x, attend)

    def step(self, token, position):
        """The same after one more token at a position that is a number: attends to what is filled."""
        x = self.wte(token) + self.wpe(self.places[position : position + 1])

        def attend(layer, q, k, v):
            self.keys[layer, :, :, position : position + 1] = k
            self.values[layer, :, :, position : position + 1] = v
            filled = slice(0, position + 1)
            return F.scaled_dot_product_attention(q, self.keys[layer, :, :, filled], self.values[layer, :, :, filled])

        return self.blocks(x, attend)

    def fixed_step(self, token, position):
        """The same at a position [1] on the device: attends to the whole cache under a mask."""
        x = self.wte(token) + self.wpe(position)
        mask = (self.places <= position).view(1, 1, 1, -1)

        def attend(layer, q, k, v):
            self.keys[layer].index_copy_(2, position, k)
            self.values[layer].index_copy_(2, position, v)
            return F.scaled_dot_product_attention(q, self.keys[layer], self.values[layer], attn_mask=mask)

        return self.blocks(x, attend)

    def blocks(self, x, attend):
        for layer, block in enumerate(self.h):
            x = block(x, self.heads, lambda q, k, v: attend(layer, q, k, v))
        return (self.ln_f(x[:, -1:]) @ self.wte.weight.T).argmax(-1)


class Block(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.ln_1, self.ln_2 = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.c_attn, self.c_proj = torch.nn.Linear(width, 3 * width), torch.nn.Linear(width, width)
        self.c_fc, self.mlp_proj = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)

    def forward(self, x, heads, attend):
        rows, n, width = x.shape
        split = self.c_attn(self.ln_1(x)).view(rows, n, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        x = x + self.c_proj(attend(*split).transpose(1, 2).reshape(rows, n, width))
        return x + self.mlp_proj(F.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))


class Clock:
    def __init__(self, device):
        self.synchronize = torch.cuda.synchronize if device == "cuda" else lambda: None

    def seconds(self, work, repetitions) -> float:
        """The median, after two that don't count."""
        times = []
        for _ in range(repetitions + 2):
            self.synchronize()
            begin = time.perf_counter()
            work()
            self.synchronize()
            times.append(time.perf_counter() - begin)
        return statistics.median(times[2:])


def measure(name, shape, precision, options) -> dict:
    device, clock = options.device, Clock(options.device)
    torch.manual_seed(0)
    model = Gpt2(*shape).to(device=device, dtype=DTYPES[precision]).eval()
    draw = lambda n: torch.randint(0, model.vocabulary, (1, n), device=device)
    row = {"model": name, "precision": precision, "prefill_s": {}}
    for n in map(int, options.prefill_tokens.split(",")):
        ids = draw(n)
        row["prefill_s"][str(n)] = clock.seconds(lambda: model.prefill(ids).item(), options.repetitions)

    prompt, count = draw(options.prompt_tokens), options.new_tokens

    def eager():
        token = first
        for i in range(count - 1):
            token = model.step(token, options.prompt_tokens + i)
        token.item()

    first = model.prefill(prompt)
    row["eager_step_s"] = clock.seconds(eager, options.repetitions) / (count - 1)
    try:
        step = torch.compile(model.fixed_step, mode="reduce-overhead", fullgraph=True)
        # As the compiled step's output is its own memory, which the next step overwrites.
        token, position = first.clone(), torch.tensor([0], device=device)

        def compiled():
            token.copy_(first)
            position.fill_(options.prompt_tokens)
            for _ in range(count - 1):
                token.copy_(step(token, position))
                position.add_(1)
            token.item()

        row["compiled_step_s"] = clock.seconds(compiled, options.repetitions) / (count - 1)
    except Exception as failure:  # no compiler, no Triton, a graph that breaks: said, not hidden
        row["compiled_failed"] = f"{type(failure).__name__}: {str(failure).strip().splitlines()[0][:300]}"
    return row


def shapes(options) -> dict:
    if options.model:
        c = json.loads((options.model / "config.json").read_text())
        shape = (c["n_layer"], c["n_head"], c["n_embd"], c["n_positions"], c["vocab_size"])
        return {options.model.name: shape}
    return {name: SIZES[name] for name in options.sizes.split(",")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--sizes", default="gpt2")
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--precisions", default="f16")
    parser.add_argument("--prompt-tokens", type=int, default=32)
    parser.add_argument("--new-tokens", type=int, default=256)
    parser.add_argument("--prefill-tokens", default="1024")
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    result = {"torch": torch.__version__, "device": options.device, "measurements": []}
    if options.device == "cuda":
        result["device"] = torch.cuda.get_device_name()
        result["cuda"] = torch.version.cuda
    with torch.inference_mode():
        for name, shape in shapes(options).items():
            for precision in options.precisions.split(","):
                print(f"{name} {precision}", file=sys.stderr, flush=True)
                result["measurements"].append(measure(name, shape, precision, options))
                torch.compiler.reset()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
