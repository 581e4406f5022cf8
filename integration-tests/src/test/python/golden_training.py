#!/usr/bin/env python3
"""Writes small GPT-2 checkpoints and what PyTorch makes of them in ten steps of training.

    python3 golden_training.py                          writes ../resources/gpt2j/integration/training
    python3 golden_training.py --check                  compares what is there with what would be written
    python3 golden_training.py --dims gpt2 --out DIR    writes one of the size of GPT-2 124M, 1 GB

The last is compared by

    mvn -pl integration-tests -am verify -Dtest=CpuTrainingGoldenTest \\
        -Dsurefire.failIfNoSpecifiedTests=false -Dgpt2j.training.golden=DIR

Each folder is a checkpoint and expected.safetensors, computed in float64 by Hugging Face's
GPT2LMHeadModel, torch's autograd, clip_grad_norm_ and AdamW:

    batch      I32 [3]                   sequences, tokens of each, micro-batches of a step
    tokens     I32 [STEPS·micro, B·T]    inputs, each micro-batch another
    targets    I32 [STEPS·micro, B·T]    -100 for those that don't count
    rates      F64 [STEPS]               learning rate of each step: warm-up, then cosine decay
    settings   F64 [6]                   dropout, beta1, beta2, epsilon, weight decay, maximal norm
    seed       I64 [1]                   of dropout
    biases     I32 [1]                   trained: 0 all, 1 all but those of c_attn, 2 none
    losses     F64 [STEPS]               before each step, mean of all targets that count
    norms      F64 [STEPS]               of all gradients of a step, before clipping
    grad.NAME  F32, as the tensor        gradient of the first step, before clipping

Dropout is done by masks that follow the Javadoc of gpt2j's Dropout, here a second time. The first
pass of a training is number 1. A checkpoint on which torch's own float32 is further than
WELL_CONDITIONED from its float64, in any gradient's norm or any loss, is refused.
"""

import argparse
import contextlib
import math
import pathlib
import sys
import tempfile
import zlib
from dataclasses import dataclass
from unittest import mock

import numpy as np
import torch
import transformers
from golden_configs import Golden
from golden_sampling import philox
from make_golden import RESOURCES, compare, load, replace, write_checkpoint
from safetensors.torch import save_file

STEPS = 10
WARM_UP = 4
IGNORED = -100
WELL_CONDITIONED = 3e-5


@dataclass(frozen=True)
class Training:
    """One training.

    masked   share of the targets that don't count
    rate     the highest
    fresh    begins with what transformers initialises to, not with make_golden.py's weights
    others   see above
    """

    golden: Golden
    batch: int = 2
    length: int = 8
    micro: int = 1
    masked: float = 0.0
    rate: float = 1e-2
    dropout: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.95
    epsilon: float = 1e-8
    decay: float = 0.1
    maximum: float = 1.0
    seed: int = 1337
    biases: int = 0
    fresh: bool = False

    def trains(self, name: str) -> bool:
        bias = name.endswith(".bias")
        return not bias or self.biases == 0 or self.biases == 1 and not name.endswith("c_attn.bias")


TRAININGS = [
    Training(
        Golden(
            "tied-tanh",
            "the usual GPT-2, the whole context filled",
            dict(n_positions=12, vocab_size=31, n_embd=16),
        ),
        length=12,
    ),
    Training(
        Golden(
            "untied-erf",
            "a head of its own, the other GELU; micro-batches of unequal numbers of targets",
            dict(
                n_positions=10,
                vocab_size=29,
                n_embd=18,
                n_head=3,
                n_layer=1,
                activation_function="gelu",
                tie_word_embeddings=False,
            ),
            head="own",
        ),
        micro=2,
        masked=0.4,
        decay=0.5,
        maximum=math.inf,
    ),
    Training(
        Golden(
            "odd-sizes",
            "five heads of three, a narrow MLP, a short sequence, attention scaled otherwise",
            dict(
                n_positions=9,
                vocab_size=37,
                n_embd=15,
                n_head=5,
                n_layer=3,
                n_inner=11,
                layer_norm_epsilon=0.05,
                scale_attn_weights=False,
                scale_attn_by_inverse_layer_idx=True,
            ),
        ),
        batch=3,
        length=5,
        masked=0.2,
        maximum=0.3,
        epsilon=1e-3,
        beta2=0.999,
    ),
    Training(
        Golden("no-qkv-biases", "c_attn's biases stay what they are", dict(n_positions=8, n_embd=12, n_head=2)),
        biases=1,
        decay=0.0,
    ),
    Training(
        Golden("no-biases", "all biases stay what they are", dict(n_positions=8, n_embd=12, n_head=2)),
        biases=2,
        micro=2,
    ),
    Training(
        Golden(
            "dropout",
            "an element dropped in four, at each of the four places",
            dict(n_positions=8, vocab_size=31, n_embd=12, n_head=3),
        ),
        batch=3,
        length=7,
        micro=2,
        dropout=0.25,
        masked=0.2,
        seed=-0x123456789ABCDEF,
    ),
]

GPT2 = Training(
    Golden("gpt2", "GPT-2 124M", dict(n_positions=1024, n_embd=768, n_layer=12, n_head=12, vocab_size=50257)),
    length=16,
    masked=0.1,
    rate=6e-4,
    fresh=True,
)


def rates(training: Training) -> list[float]:
    decay = [math.cos(math.pi / 2 * i / (STEPS - WARM_UP)) for i in range(STEPS - WARM_UP)]
    return [training.rate * factor for factor in [(i + 1) / WARM_UP for i in range(WARM_UP)] + decay]


def batches(training: Training, vocabulary: int, random: np.random.RandomState) -> tuple:
    """Tokens and targets, [STEPS·micro, B·T]: each row of sequences is cut from a longer text."""
    count, size = STEPS * training.micro, (training.batch, training.length + 1)
    text = random.randint(0, vocabulary, (count, *size))
    tokens, targets = text[:, :, :-1].reshape(count, -1), text[:, :, 1:].reshape(count, -1).copy()
    targets[random.random_sample(targets.shape) < training.masked] = IGNORED
    assert (targets != IGNORED).any(1).all()
    return torch.from_numpy(tokens.copy()), torch.from_numpy(targets)


def mask(training: Training, shape: tuple, number: int, site: int) -> torch.Tensor:
    """The factors of dropout; of attention's probabilities [B, heads, T, T] as of others [B, T, C]."""
    if len(shape) == 4:
        b, heads, t, _ = shape
        shape = (b, t, heads, t)
    count = math.prod(shape)
    words = philox(training.seed, np.arange((count + 3) // 4), number, site).reshape(-1)[:count]
    probability = float(np.float32(training.dropout))
    factors = np.where(words >= int(probability * 2**32), 1 / (1 - probability), 0.0).reshape(shape)
    return torch.from_numpy(factors.swapaxes(1, 2).copy() if len(shape) == 4 else factors)


@contextlib.contextmanager
def masks(training: Training, number: int):
    """Dropout within is ours; its places are met in the order of their numbers."""
    sites = 0

    def dropout(x, p=0.5, training_=True, inplace=False, **_):
        nonlocal sites
        out = x * mask(training, tuple(x.shape), number, sites).to(x.dtype)
        sites += 1
        return out

    if training.dropout == 0:
        yield
        return
    with mock.patch("torch.nn.functional.dropout", dropout):
        yield
    assert sites > 1 and sites % 3 == 1, "an embedding and three places of each block"


def train(training: Training, folder: pathlib.Path, dtype: torch.dtype, tokens, targets) -> dict:
    model = load(folder, dtype).train(training.dropout > 0)  # eval() has gradients too
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(training.trains(name))
    trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    groups = [
        {"params": [p for p in trained.values() if p.dim() >= 2], "weight_decay": training.decay},
        {"params": [p for p in trained.values() if p.dim() < 2], "weight_decay": 0.0},
    ]
    betas = (training.beta1, training.beta2)
    optimizer = torch.optim.AdamW(groups, lr=0.0, betas=betas, eps=training.epsilon)
    losses, norms, gradients = [], [], {}
    for step, rate in enumerate(rates(training)):
        numbers = range(step * training.micro, (step + 1) * training.micro)
        counted = sum(int((targets[i] != IGNORED).sum()) for i in numbers)
        losses.append(0.0)
        for i in numbers:
            with masks(training, i + 1):
                logits = model(tokens[i].reshape(training.batch, -1), use_cache=False).logits
            loss = torch.nn.functional.cross_entropy(
                logits.flatten(0, 1), targets[i], ignore_index=IGNORED, reduction="sum"
            )
            (loss / counted).backward()
            losses[-1] += loss.item() / counted
        if step == 0:
            gradients = {name.removeprefix("transformer."): p.grad.clone() for name, p in trained.items()}
        norms.append(torch.nn.utils.clip_grad_norm_(trained.values(), training.maximum).item())
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        optimizer.zero_grad()
    return {"losses": losses, "norms": norms, "gradients": gradients}


def write_training(training: Training, folder: pathlib.Path) -> str:
    golden = training.golden
    random = np.random.RandomState(zlib.crc32(f"{golden.name} {golden.seed}".encode()))
    if training.fresh:
        torch.manual_seed(training.seed)
        transformers.GPT2LMHeadModel(transformers.GPT2Config(**golden.config)).save_pretrained(folder)
    else:
        write_checkpoint(golden, folder, random)
    vocabulary = transformers.GPT2Config.from_pretrained(folder).vocab_size
    tokens, targets = batches(training, vocabulary, random)
    single = train(training, folder, torch.float32, tokens, targets)
    double = train(training, folder, torch.float64, tokens, targets)

    gradient_error, worst = max(
        (float((single["gradients"][name].double() - g).norm() / g.norm()), name)
        for name, g in double["gradients"].items()
    )
    loss_error = max(abs(a / b - 1) for a, b in zip(single["losses"], double["losses"], strict=True))
    line = (
        f"{golden.name:16} loss {double['losses'][0]:.4f} … {double['losses'][-1]:.4f}   torch's float32: "
        f"gradients off by {gradient_error:.1e} ({worst}), losses by {loss_error:.1e}"
    )
    if max(gradient_error, loss_error) > WELL_CONDITIONED:
        sys.exit(line + ": give it another seed")

    def integers(*values):
        return torch.tensor(values, dtype=torch.int32)

    def doubles(*values):
        return torch.tensor(values, dtype=torch.float64)

    expected = {f"grad.{name}": g.float() for name, g in double["gradients"].items()}
    expected |= {
        "batch": integers(training.batch, training.length, training.micro),
        "tokens": tokens.to(torch.int32),
        "targets": targets.to(torch.int32),
        "rates": doubles(*rates(training)),
        "settings": doubles(
            training.dropout,
            training.beta1,
            training.beta2,
            training.epsilon,
            training.decay,
            training.maximum,
        ),
        "seed": torch.tensor([training.seed]),
        "biases": integers(training.biases),
        "losses": doubles(*double["losses"]),
        "norms": doubles(*double["norms"]),
    }
    metadata = {"why": golden.why, "torch": torch.__version__, "transformers": transformers.__version__}
    save_file(expected, folder / "expected.safetensors", metadata=metadata)
    size = sum(file.stat().st_size for file in folder.iterdir())
    return f"{line}   {size / 1000:.0f} kB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument("--dims", choices=["gpt2"], help="write one of this size instead")
    parser.add_argument("--out", type=pathlib.Path, help="a new folder for what --dims writes")
    arguments = parser.parse_args()
    if (arguments.dims is None) != (arguments.out is None):
        parser.error("--dims and --out belong together")
    torch.use_deterministic_algorithms(True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if arguments.dims:
        print(write_training(GPT2, arguments.out / GPT2.golden.name))
        return
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        anew = pathlib.Path(scratch)
        for training in TRAININGS:
            print(write_training(training, anew / "training" / training.golden.name), flush=True)
        if arguments.check:
            problems = compare(RESOURCES / "training", anew / "training")
            sys.exit("\n".join(problems) if problems else 0)
        replace(anew, ["training"])


if __name__ == "__main__":
    main()
