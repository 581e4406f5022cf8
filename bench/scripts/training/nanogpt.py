"""GPT-2 in PyTorch with the model and the training settings of nanoGPT (github.com/karpathy/nanoGPT,
model.py and train.py of 2024): what initial weights are, which of them decay, how the learning rate
goes, where batches come from. Parameters have the names and, but for linear weights, which are
[outputs, inputs] here, the shapes of a checkpoint of Hugging Face."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

DEVIATION = 0.02


@dataclass(frozen=True)
class Size:
    vocabulary: int
    context: int
    layers: int
    heads: int
    width: int


@dataclass(frozen=True)
class Settings:
    """Defaults are nanoGPT's for small models on a processor, in its README and in
    config/train_shakespeare_char.py."""

    batch: int = 12
    length: int = 64
    steps: int = 2000
    rate: float = 1e-3
    last_rate: float = 1e-4
    warm_up: int = 100
    beta1: float = 0.9
    beta2: float = 0.99
    epsilon: float = 1e-8
    decay: float = 0.1
    clip: float = 1.0

    def rate_of(self, step: int) -> float:
        """The learning rate of a step, counted from 0; it falls until the last one."""
        if step < self.warm_up:
            return self.rate * (step + 1) / (self.warm_up + 1)
        progress = (step - self.warm_up) / (self.steps - self.warm_up)
        return self.last_rate + 0.5 * (1 + math.cos(math.pi * progress)) * (self.rate - self.last_rate)


class Attention(nn.Module):
    def __init__(self, size: Size, bias: bool):
        super().__init__()
        self.heads = size.heads
        self.c_attn = nn.Linear(size.width, 3 * size.width, bias=bias)
        self.c_proj = nn.Linear(size.width, size.width, bias=bias)

    def forward(self, x):
        batch, length, width = x.shape
        parts = self.c_attn(x).split(width, dim=2)
        query, key, value = (part.view(batch, length, self.heads, -1).transpose(1, 2) for part in parts)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)  # [B, heads, T, head size]
        return self.c_proj(mixed.transpose(1, 2).reshape(batch, length, width))


class Mlp(nn.Module):
    def __init__(self, size: Size, bias: bool, gelu: str):
        super().__init__()
        self.gelu = gelu
        self.c_fc = nn.Linear(size.width, 4 * size.width, bias=bias)
        self.c_proj = nn.Linear(4 * size.width, size.width, bias=bias)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate=self.gelu))


class Block(nn.Module):
    def __init__(self, size: Size, bias: bool, gelu: str):
        super().__init__()
        self.ln_1 = nn.LayerNorm(size.width, bias=bias)
        self.attn = Attention(size, bias)
        self.ln_2 = nn.LayerNorm(size.width, bias=bias)
        self.mlp = Mlp(size, bias, gelu)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Model(nn.Module):
    """Without dropout; the head's weights are the embeddings.

    bias   of linear layers and layer norms; nanoGPT trains small models without
    gelu   "none", the exact one, as in nanoGPT, or "tanh", as in GPT-2
    """

    def __init__(self, size: Size, bias: bool = False, gelu: str = "none"):
        super().__init__()
        self.wte = nn.Embedding(size.vocabulary, size.width)
        self.wpe = nn.Embedding(size.context, size.width)
        self.h = nn.ModuleList(Block(size, bias, gelu) for _ in range(size.layers))
        self.ln_f = nn.LayerNorm(size.width, bias=bias)
        for name, parameter in self.named_parameters():
            if name.endswith("c_proj.weight"):
                nn.init.normal_(parameter, std=DEVIATION / math.sqrt(2 * size.layers))
            elif parameter.dim() == 2:
                nn.init.normal_(parameter, std=DEVIATION)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens, targets):
        """The mean loss of a batch [B, T]."""
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        logits = F.linear(self.ln_f(x), self.wte.weight)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))

    def load(self, checkpoint: dict) -> None:
        """Takes the tensors of a checkpoint of Hugging Face. Biases that this model lacks must be 0."""
        own = self.state_dict()
        for name, tensor in checkpoint.items():
            name = name.removeprefix("transformer.")
            if name not in own and not name.endswith(".bias"):
                raise ValueError(f"the checkpoint has {name}, which the model lacks")
            if name not in own and tensor.any():
                raise ValueError(f"the checkpoint's {name} isn't 0, and the model lacks it")
            if name in own:
                linear = tensor.dim() == 2 and name.startswith("h.")
                own.pop(name).copy_(tensor.t() if linear else tensor)
        if own:
            raise ValueError(f"the checkpoint lacks {', '.join(own)}")


class Trainer:
    """A model and its optimiser: AdamW, of which only matrices and embeddings decay.

    fused   whether AdamW is torch's fused one, which nanoGPT takes on a GPU only
    """

    def __init__(self, model: Model, settings: Settings, fused: bool = False):
        self.model, self.settings = model, settings
        parameters = list(model.parameters())
        groups = [
            {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": settings.decay},
            {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(
            groups,
            lr=settings.rate,
            betas=(settings.beta1, settings.beta2),
            eps=settings.epsilon,
            fused=fused or None,
        )

    def step(self, number: int, tokens, targets) -> float:
        """Does step `number`, counted from 0; the loss before it."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate_of(number)
        loss = self.model(tokens, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.item()


def batch(tokens: np.ndarray, starts, length: int):
    """Sequences that begin at some places, as inputs and targets [B, T]."""
    rows = np.stack([tokens[start : start + length + 1].astype(np.int64) for start in starts])
    return torch.from_numpy(rows[:, :-1].copy()), torch.from_numpy(rows[:, 1:].copy())


def random_starts(generator: torch.Generator, tokens: np.ndarray, settings: Settings):
    """Where the next batch begins, as nanoGPT draws it."""
    return torch.randint(len(tokens) - settings.length, (settings.batch,), generator=generator).tolist()


@torch.inference_mode()
def score(model: Model, tokens: np.ndarray, length: int, rows: int = 256) -> float:
    """The mean loss of a token, over all of a text in windows that follow each other."""
    windows = (len(tokens) - 1) // length
    total = 0.0
    for first in range(0, windows, rows):
        starts = [window * length for window in range(first, min(first + rows, windows))]
        total += model(*batch(tokens, starts, length)).item() * len(starts)
    return total / windows
