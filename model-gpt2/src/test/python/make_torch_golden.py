#!/usr/bin/env python3
"""Saves small models with PyTorch, as nanoGPT, minGPT and transformers do.

    python3 make_torch_golden.py

Needs the versions in requirements.txt. Writes files to ../resources/gpt2j/model/gpt2/torch, and
expected.safetensors with the log-probabilities that PyTorch gives with them in float64.
"""

import collections
import math
import zipfile

import torch
from huggingface_hub import save_torch_state_dict
from torch import nn
from torch.nn import functional as F

import small_model

OUT = small_model.RESOURCES / "torch"
EMBEDDING, HEADS, LAYERS = 16, 2, 2


class Norm(nn.Module):
    def __init__(self, width, bias):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


class Attention(nn.Module):
    def __init__(self, width, bias):
        super().__init__()
        self.c_attn = nn.Linear(width, 3 * width, bias=bias)
        self.c_proj = nn.Linear(width, width, bias=bias)

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = (
            part.view(b, t, HEADS, c // HEADS).transpose(1, 2)
            for part in self.c_attn(x).split(c, dim=2)
        )
        scores = q @ k.transpose(-2, -1) / math.sqrt(c // HEADS)
        scores = scores.masked_fill(torch.tril(torch.ones(t, t)) == 0, float("-inf"))
        y = F.softmax(scores, dim=-1) @ v
        return self.c_proj(y.transpose(1, 2).reshape(b, t, c))


class Mlp(nn.Module):
    def __init__(self, width, bias):
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width, bias=bias)
        self.c_proj = nn.Linear(4 * width, width, bias=bias)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, width, bias):
        super().__init__()
        self.ln_1 = Norm(width, bias)
        self.attn = Attention(width, bias)
        self.ln_2 = Norm(width, bias)
        self.mlp = Mlp(width, bias)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Model(nn.Module):
    """The names and shapes of nanoGPT's parameters."""

    def __init__(self, vocabulary, bias):
        super().__init__()
        width = EMBEDDING
        self.transformer = nn.ModuleDict(
            dict(
                wte=nn.Embedding(vocabulary, width),
                wpe=nn.Embedding(small_model.CONTEXT, width),
                h=nn.ModuleList(Block(width, bias) for _ in range(LAYERS)),
                ln_f=Norm(width, bias),
            )
        )
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.transformer.wte.weight = self.lm_head.weight
        generator = torch.Generator().manual_seed(11)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                deviation = 0.6 if name.endswith(("wte.weight", "wpe.weight")) else 0.25
                mean = 1 if ".ln_" in name and name.endswith("weight") else 0
                parameter.copy_(mean + deviation * torch.randn(parameter.shape, generator=generator))

    def forward(self, tokens):
        x = self.transformer.wte(tokens) + self.transformer.wpe.weight[: tokens.shape[1]]
        for block in self.transformer.h:
            x = block(x)
        return self.lm_head(self.transformer.ln_f(x))


def log_probabilities(model):
    model = model.double()
    with torch.no_grad():
        logits = model(torch.tensor([small_model.TOKENS]))[0]
    return torch.log_softmax(logits, -1).float().numpy()


def checkpoint(model, vocabulary, bias, prefix=""):
    """All that nanoGPT's train.py saves."""
    other = nn.Parameter(torch.ones(EMBEDDING))
    optimizer = torch.optim.AdamW([other], lr=1e-3)
    other.grad = torch.ones(EMBEDDING)
    optimizer.step()
    arguments = dict(n_layer=LAYERS, n_head=HEADS, n_embd=EMBEDDING,
                     block_size=small_model.CONTEXT, bias=bias, vocab_size=vocabulary, dropout=0.0)
    return {
        "model": {prefix + name: t for name, t in model.state_dict().items()} if prefix
        else model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "model_args": arguments,
        "iter_num": 2000,
        "best_val_loss": torch.tensor(2.5),
        "config": {"out_dir": "out", "learning_rate": 6e-4, "init_from": "scratch",
                   "wandb_log": False, "seed": None, "betas": (0.9, 0.95)},
    }


def rewrite(source, target, change):
    """Copies an archive; change gives the new content of an entry."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry)))


def main():
    OUT.mkdir(exist_ok=True)
    expected = {}

    def save(name, model, content, **options):
        torch.save(content, OUT / (name + ".pt"), **options)
        expected[name] = log_probabilities(model)

    model = Model(small_model.VOCABULARY, True)
    save("nanogpt", model, checkpoint(model, small_model.VOCABULARY, True))
    model = Model(320, False)  # padded, without biases
    save("compiled", model, checkpoint(model, 320, False, "_orig_mod."))

    model = Model(small_model.VOCABULARY, True)
    whole = checkpoint(model, small_model.VOCABULARY, True)
    views = {}
    for i, (name, tensor) in enumerate(whole["model"].items()):
        if tensor.dim() == 2 and i % 3 == 0:
            tensor = tensor.t().contiguous().t()  # the other way round in its storage
        elif tensor.dim() == 2 and i % 3 == 1:
            padded = torch.randn(tensor.shape[0] + 3, tensor.shape[1] + 5)
            padded[2:-1, 1:-4] = tensor
            tensor = padded[2:-1, 1:-4]  # a part of a larger one
        elif tensor.dim() == 1:
            padded = torch.randn(2 * len(tensor) + 1)
            padded[1::2] = tensor
            tensor = nn.Parameter(padded[1::2])
        views[name] = tensor
    whole["model"] = views
    save("views", model, whole, pickle_protocol=4)

    model = Model(small_model.VOCABULARY, True)
    torch.save(checkpoint(model, small_model.VOCABULARY, True), OUT / "big.tmp")

    def big(name, content):
        if name.endswith("/byteorder"):
            return b"big"
        if "/data/" in name and len(content) % 4 == 0:
            return b"".join(content[i : i + 4][::-1] for i in range(0, len(content), 4))
        return content

    rewrite(OUT / "big.tmp", OUT / "big-endian.pt", big)
    (OUT / "big.tmp").unlink()
    expected["big-endian"] = log_probabilities(model)

    for kind in (torch.bfloat16, torch.float16, torch.float64):
        model = Model(small_model.VOCABULARY, True).to(kind)
        name = str(kind).split(".")[1]
        save(name, Model(small_model.VOCABULARY, True).to(kind),
             checkpoint(model, small_model.VOCABULARY, True))

    # As transformers saved before safetensors: matrices the other way round, and no settings.
    base = small_model.weights(1)
    state = collections.OrderedDict(
        ("transformer." + name, torch.from_numpy(t)) for name, t in base.items()
    )
    state["lm_head.weight"] = state["transformer.wte.weight"]
    torch.save(state, OUT / "pytorch_model.pt")
    expected["pytorch_model"] = small_model.log_probabilities(base)

    # The same in several files, as huggingface_hub cuts them.
    (OUT / "sharded").mkdir(exist_ok=True)
    save_torch_state_dict(state, OUT / "sharded", max_shard_size=30_000, safe_serialization=False)

    # Parameters alone, which tell the number of heads by nothing.
    torch.save(Model(small_model.VOCABULARY, True).state_dict(), OUT / "parameters.pt")
    small_model.save_expected("torch", expected)


main()
