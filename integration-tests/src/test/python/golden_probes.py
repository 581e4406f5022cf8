#!/usr/bin/env python3
"""Writes what Hugging Face transformers computes on the way to the logits of golden checkpoints.

    python3 golden_probes.py            writes ../resources/gpt2j/integration/probes
    python3 golden_probes.py --check    compares what is there with what would be written

make_golden.py wrote the checkpoints. Each folder is called as one of them and has an
expected.safetensors, computed in float64 by hooks on the modules of GPT2LMHeadModel:

    tokens         I32 [n]       the first of the checkpoint's tokens
    NAME           F32 [n, …]    for each name of gpt2j's Probes
    replaced.NAME  F32 [n, V]    the logits when, in each row from FIRST on, what has that name is moved
                                 by one place, the last value to the first; for each that can be
                                 replaced

Scores are made by hand from queries and keys; their softmax must be what transformers says that it
attends to.
"""

import argparse
import math
import pathlib
import sys
import tempfile

import torch
import transformers
from make_golden import RESOURCES, compare, load, replace
from safetensors.torch import load_file, save_file

CHECKPOINTS = ["scaled-by-layer", "n-inner", "untied-head"]
TOKENS = 12
FIRST = 3


class Run:
    """One pass that keeps what its modules compute, and changes what `replaced` names."""

    def __init__(self, model, tokens, replaced=None):
        self.model = model
        self.replaced = replaced
        self.seen = {}
        self.handles = []
        config = model.config
        heads = (config.n_head, config.n_embd // config.n_head)
        for layer, block in enumerate(model.transformer.h):
            name = f"blocks.{layer}."
            self.before(block, name + "hook_resid_pre")
            self.after(block.ln_1, name + "ln1.hook_out")
            self.handles.append(block.attn.c_attn.register_forward_hook(self.qkv(name, heads)))
            self.before(block.attn.c_proj, name + "attn.hook_z", heads)
            self.after(block.attn.c_proj, name + "hook_attn_out")
            # The residual goes round ln_2, so its input is changed where it is added up.
            self.handles.append(block.attn.c_proj.register_forward_hook(self.resid_mid(name)))
            self.after(block.ln_2, name + "ln2.hook_out")
            self.after(block.mlp.c_fc, name + "mlp.hook_pre")
            self.before(block.mlp.c_proj, name + "mlp.hook_post")
            self.after(block.mlp.c_proj, name + "hook_mlp_out")
            self.after(block, name + "hook_resid_post")
        self.after(model.transformer.ln_f, "ln_final.hook_out")
        with torch.inference_mode():
            out = model(tokens[None], use_cache=False, output_attentions=True)
        self.patterns = [pattern[0] for pattern in out.attentions]
        self.logits = out.logits[0]
        for handle in self.handles:
            handle.remove()

    def keep(self, name, value, heads=None):
        """What goes on: `value`, or what replaces it."""
        if name == self.replaced:
            value = value.clone()
            value[:, FIRST:] = value[:, FIRST:].roll(1, -1)
        shown = value[0].clone()
        self.seen[name] = shown.reshape(len(shown), *heads) if heads else shown
        return value

    def before(self, module, name, heads=None):
        def hook(_, inputs):
            return (self.keep(name, inputs[0], heads), *inputs[1:])

        self.handles.append(module.register_forward_pre_hook(hook))

    def after(self, module, name):
        def hook(_, inputs, output):
            if isinstance(output, tuple):
                return (self.keep(name, output[0]), *output[1:])
            return self.keep(name, output)

        self.handles.append(module.register_forward_hook(hook))

    def qkv(self, name, heads):
        def hook(_, inputs, output):
            parts = output.chunk(3, dim=-1)
            names = [name + "attn.hook_" + part for part in "qkv"]
            return torch.cat([self.keep(n, p, heads) for n, p in zip(names, parts)], dim=-1)

        return hook

    def resid_mid(self, name):
        def hook(_, inputs, output):
            x = self.seen[name + "hook_resid_pre"][None]
            return self.keep(name + "hook_resid_mid", x + output) - x

        return hook


def scores(model, run, layer):
    """[n, heads, n], masked."""
    config = model.config
    q = run.seen[f"blocks.{layer}.attn.hook_q"].transpose(0, 1)
    k = run.seen[f"blocks.{layer}.attn.hook_k"].transpose(0, 1)
    scale = 1 / math.sqrt(q.shape[-1]) if config.scale_attn_weights else 1.0
    if config.scale_attn_by_inverse_layer_idx:
        scale /= layer + 1
    out = scale * q @ k.transpose(1, 2)
    out.masked_fill_(torch.ones(out.shape[1:]).triu(1).bool(), -math.inf)
    if (out.softmax(-1) - run.patterns[layer]).abs().max() > 1e-12:
        sys.exit("softmax of the scores isn't what transformers attends to")
    return out.transpose(0, 1)


def write(name: str, out: pathlib.Path) -> None:
    folder = RESOURCES / "golden" / name
    model = load(folder, torch.float64)
    tokens = load_file(folder / "expected.safetensors")["tokens"][:TOKENS].long()
    run = Run(model, tokens)
    expected = dict(run.seen)
    with torch.inference_mode():
        for layer in range(model.config.n_layer):
            block = f"blocks.{layer}."
            expected[block + "attn.hook_attn_scores"] = scores(model, run, layer)
            expected[block + "attn.hook_pattern"] = run.patterns[layer].transpose(0, 1)
            last = run.seen[block + "hook_resid_post"]
            expected[block + "logit_lens"] = model.lm_head(model.transformer.ln_f(last))
    expected["unembed.hook_out"] = run.logits
    for replaced in run.seen:
        if not replaced.endswith("mlp.hook_pre"):
            changed = Run(model, tokens, replaced).logits
            if (changed - run.logits).abs().max() < 1e-3:
                sys.exit(f"{name}: replacing {replaced} changes nothing")
            expected["replaced." + replaced] = changed
    tensors = {key: value.float().contiguous().clone() for key, value in expected.items()}
    (out / name).mkdir(parents=True)
    metadata = {"torch": torch.__version__, "transformers": transformers.__version__}
    save_file(
        tensors | {"tokens": tokens.int()}, out / name / "expected.safetensors", metadata=metadata
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as scratch:
        anew = pathlib.Path(scratch)
        for name in CHECKPOINTS:
            write(name, anew / "probes")
        if arguments.check:
            problems = compare(RESOURCES / "probes", anew / "probes")
            sys.exit("\n".join(problems) if problems else 0)
        replace(anew, ["probes"])


if __name__ == "__main__":
    main()
