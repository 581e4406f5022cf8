#!/usr/bin/env python3
"""Writes a small model as llm.c's train_gpt2.py does, in its two versions.

    python3 make_llmc_golden.py

Needs the versions in requirements.txt. Writes f32.bin and bf16.bin to
../resources/gpt2j/model/gpt2/llmc, and expected.safetensors with the log-probabilities that
transformers gives with their weights in float64.
"""

import numpy as np
import torch

import small_model

OUT = small_model.RESOURCES / "llmc"
LAYERS, HEADS = 2, 2


def write(name, version, tensors, to_bytes):
    wte = tensors["wte.weight"]
    padded = -(-len(wte) // 128) * 128
    header = np.zeros(256, np.int32)
    header[:8] = [20240326, version, small_model.CONTEXT, len(wte), LAYERS, HEADS, wte.shape[1],
                  padded]
    with open(OUT / name, "wb") as file:
        file.write(header.tobytes())
        file.write(to_bytes(np.pad(wte, ((0, padded - len(wte)), (0, 0)))))
        file.write(to_bytes(tensors["wpe.weight"]))
        for part in ("ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"):
            for kind in ("weight", "bias"):
                for layer in range(LAYERS):
                    # PyTorch's Linear is [outputs, inputs].
                    file.write(to_bytes(tensors[f"h.{layer}.{part}.{kind}"].T))
        file.write(to_bytes(tensors["ln_f.weight"]))
        file.write(to_bytes(tensors["ln_f.bias"]))


def main():
    OUT.mkdir(exist_ok=True)
    tensors = small_model.weights(5, width=16, layers=LAYERS, inner=64)
    write("f32.bin", 3, tensors, lambda t: np.ascontiguousarray(t).tobytes())
    rounded = {name: torch.from_numpy(t.copy()).bfloat16() for name, t in tensors.items()}
    write("bf16.bin", 5, tensors, lambda t: torch.from_numpy(np.ascontiguousarray(t)).bfloat16()
          .view(torch.int16).numpy().tobytes())
    small_model.save_expected("llmc", {
        "f32": small_model.log_probabilities(tensors, HEADS),
        "bf16": small_model.log_probabilities(
            {name: t.float().numpy() for name, t in rounded.items()}, HEADS),
    })


main()
