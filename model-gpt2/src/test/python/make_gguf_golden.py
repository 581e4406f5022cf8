#!/usr/bin/env python3
"""Writes small GPT-2s in GGUF with pip's gguf, one for each type of weights.

    python3 make_gguf_golden.py

Needs the versions in requirements.txt. Writes TYPE.gguf to ../resources/gpt2j/model/gpt2/gguf, and
expected.safetensors with the log-probabilities that transformers gives with the weights that their
blocks stand for, in float64. k-quants.gguf has every K-quant, whose blocks are made of random bits,
since the package can't quantise to them; so has blocks.safetensors, single ones with their values.
parts-….gguf and halves-….gguf are the model of q8_0.gguf in several files.
"""

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants
from safetensors.numpy import save_file

import small_model

OUT = small_model.RESOURCES / "gguf"
MATRICES = ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
NAMES = {
    "wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm", "lm_head": "output",
    "ln_1": "attn_norm", "ln_2": "ffn_norm", "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
}


def gguf_name(name):
    part, kind = name.rsplit(".", 1)
    if part.startswith("h."):
        _, layer, part = part.split(".", 2)
        return f"blk.{layer}.{NAMES[part]}.{kind}"
    return f"{NAMES[part]}.{kind}"


def is_linear(name):
    return name.endswith(".weight") and any(part in name for part in MATRICES)


def random_blocks(type_, rows, columns, random):
    """Blocks whose scales are of a size that keeps numbers in bounds."""
    size, count = gguf.GGML_QUANT_SIZES[type_]
    blocks = random.integers(0, 256, (rows * columns // size, count), dtype=np.uint8)
    places = {  # of d and of dmin, and how large they may be
        Type.Q2_K: [(80, 0.03), (82, 0.03)], Type.Q3_K: [(108, 0.002)],
        Type.Q4_K: [(0, 0.0004), (2, 0.003)], Type.Q5_K: [(0, 0.0002), (2, 0.003)],
        Type.Q6_K: [(208, 0.00008)],
    }[type_]
    for place, scale in places:
        d = (scale * random.uniform(0.5, 1, len(blocks))).astype(np.float16)
        blocks[:, place : place + 2] = d.view(np.uint8).reshape(-1, 2)
    return blocks.reshape(rows, -1)


def write(file, tensors, heads, type_of, **parts):
    """Writes a file, or its parts, and returns the weights that it stands for."""
    tokens, merges, _ = small_model.vocabulary()
    writer = gguf.GGUFWriter(OUT / file, "gpt2", **parts)
    writer.add_context_length(small_model.CONTEXT)
    writer.add_embedding_length(tensors["wte.weight"].shape[1])
    writer.add_feed_forward_length(tensors["h.0.mlp.c_fc.weight"].shape[1])
    writer.add_block_count(max(int(n.split(".")[1]) for n in tensors if n.startswith("h.")) + 1)
    writer.add_head_count(heads)
    writer.add_layer_norm_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * (len(tokens) - 1) + [3])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(len(tokens) - 1)
    writer.add_eos_token_id(len(tokens) - 1)
    stood_for = {}
    random = np.random.default_rng(7)
    for name, tensor in tensors.items():
        own = np.ascontiguousarray(tensor.T) if is_linear(name) else tensor
        type_here = type_of(name) if is_linear(name) or name in ("wte.weight", "lm_head.weight") \
            else Type.F32
        if type_here in (Type.Q2_K, Type.Q3_K, Type.Q4_K, Type.Q5_K, Type.Q6_K):
            blocks = random_blocks(type_here, *own.shape, random)
        elif type_here == Type.F32:
            blocks = own
        else:
            blocks = quants.quantize(own, type_here)
        values = quants.dequantize(blocks, type_here).reshape(own.shape)
        stood_for[name] = values.T if is_linear(name) else values
        # The writer takes the type of plain numbers from the array.
        plain = {Type.F32: None, Type.F16: None}
        writer.add_tensor(gguf_name(name), blocks, raw_dtype=plain.get(type_here, type_here))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return stood_for


def main():
    OUT.mkdir(exist_ok=True)
    expected = {}
    base = small_model.weights(1)
    for type_ in (Type.F32, Type.F16, Type.BF16, Type.Q8_0, Type.Q4_0, Type.Q4_1, Type.Q5_0,
                  Type.Q5_1):
        name = type_.name.lower()
        stood_for = write(name + ".gguf", base, 4, lambda _: type_)
        expected[name] = small_model.log_probabilities(stood_for)

    # As llama-gguf-split cuts them: the first part has no tensors in one, and has some in the other.
    for name, small_first in (("parts", True), ("halves", False)):
        write(name + ".gguf", base, 4, lambda _: Type.Q8_0, small_first_shard=small_first,
              split_max_tensors=14 if small_first else 16)

    head = dict(base)
    head["lm_head.weight"] = head["wte.weight"] + np.float32(0.1)
    stood_for = write("untied.gguf", head, 4,
                      lambda name: Type.F16 if name == "lm_head.weight" else Type.Q8_0)
    expected["untied"] = small_model.log_probabilities(stood_for)

    wide = small_model.weights(2, width=256, layers=1, inner=256)
    k_types = {"attn.c_attn": Type.Q2_K, "attn.c_proj": Type.Q3_K, "mlp.c_fc": Type.Q4_K,
               "mlp.c_proj": Type.Q5_K}
    stood_for = write("k-quants.gguf", wide, 4,
                      lambda name: next((t for part, t in k_types.items() if part in name),
                                        Type.Q6_K))
    expected["k-quants"] = small_model.log_probabilities(stood_for)
    small_model.save_expected("gguf", expected)

    random = np.random.default_rng(3)
    blocks = {}
    for type_ in (Type.Q2_K, Type.Q3_K, Type.Q4_K, Type.Q5_K, Type.Q6_K):
        some = random_blocks(type_, 1, 3 * 256, random)
        blocks[type_.name + ".blocks"] = some.reshape(-1)
        blocks[type_.name + ".values"] = quants.dequantize(some, type_).reshape(-1)
    for type_ in (Type.Q8_0, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1):
        values = random.standard_normal((6, 32)).astype(np.float32)
        values[1] = 0
        values[2] *= 1e-6
        values[3, ::2] = 3
        values[3, 1::2] = -3
        some = quants.quantize(values, type_)
        blocks[type_.name + ".inputs"] = values.reshape(-1)
        blocks[type_.name + ".blocks"] = some.reshape(-1)
        blocks[type_.name + ".values"] = quants.dequantize(some, type_).reshape(-1)
    # As I32, which gpt2j reads: four bytes in each, and zeros behind.
    save_file({name: np.pad(a, (0, -len(a) % 4)).view(np.int32) if a.dtype == np.uint8 else a
               for name, a in blocks.items()}, OUT / "blocks.safetensors")
    _, _, ids = small_model.vocabulary()
    (OUT / "text.txt").write_text(small_model.TEXT + "\n" + " ".join(map(str, ids)) + "\n")


main()
