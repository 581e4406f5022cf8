#!/usr/bin/env python3
"""Lays out a small model as OpenAI's checkpoints are, byte by byte, without TensorFlow.

    python3 make_tensorflow_golden.py

Needs the versions in requirements.txt. The formats are described in leveldb's doc/table_format.md,
TensorFlow's tensor_bundle.proto and Snappy's format_description.txt. Writes a checkpoint to
../resources/gpt2j/model/gpt2/tensorflow, another index of the same tensors whose blocks are
compressed, the same tensors in three files, and expected.safetensors with the log-probabilities that transformers gives in float64.
"""

import json
import struct

import numpy as np

import small_model

try:
    import google_crc32c
except ImportError:
    google_crc32c = None

OUT = small_model.RESOURCES / "tensorflow"
HEADS = 2
TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def checksum(data):
    """CRC-32C; by a library where it is installed, since for large models this is too slow."""
    if google_crc32c:
        return google_crc32c.value(bytes(data))
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def masked_checksum(data):
    crc = checksum(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """A number, or the bytes of a message."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value)


def entry(tensor, part, offset, data):
    shape = b"".join(field(2, field(1, size)) for size in tensor.shape)
    return (field(1, 1) + field(2, shape) + (field(3, part) if part else b"")
            + field(4, offset) + field(5, len(data)) + varint(6 << 3 | 5) + struct.pack("<I", masked_checksum(data)))


def block(entries, interval=16):
    """Keys without what they have in common with the one before, but for every sixteenth."""
    out, restarts, last = bytearray(), [], b""
    for i, (key, value) in enumerate(entries):
        shared = 0
        if i % interval == 0:
            restarts.append(len(out))
        else:
            while shared < min(len(last), len(key)) and last[shared] == key[shared]:
                shared += 1
        own = key[shared:]
        out += varint(shared) + varint(len(own)) + varint(len(value)) + own + value
        last = key
    return bytes(out) + b"".join(struct.pack("<I", r) for r in restarts + [len(restarts)])


def snappy(data):
    """Literals, and copies of what was seen up to 2 KiB before."""
    out, literal, at, seen = bytearray(varint(len(data))), bytearray(), 0, {}

    def flush():
        while literal:
            part = literal[:60]
            out.append(len(part) - 1 << 2)
            out.extend(part)
            del literal[:60]

    while at < len(data):
        before = seen.get(data[at : at + 4], -5000)
        seen[data[at : at + 4]] = at
        count = 0
        if at - before < 2048 and at + 4 <= len(data):
            while count < 11 and at + count < len(data) and data[before + count] == data[at + count]:
                count += 1
        if count >= 4:
            flush()
            out.append(1 | count - 4 << 2 | (at - before) >> 8 << 5)
            out.append((at - before) & 0xFF)
            at += count
        else:
            literal.append(data[at])
            at += 1
    flush()
    return bytes(out)


def table(entries, compressed, per_block):
    out = bytearray()

    def add(content, kind):
        content = snappy(content) if kind else content
        place = varint(len(out)) + varint(len(content))
        out.extend(content + bytes([kind])
                   + struct.pack("<I", masked_checksum(content + bytes([kind]))))
        return place

    kind = 1 if compressed else 0
    index = []
    for first in range(0, len(entries), per_block):
        part = entries[first : first + per_block]
        index.append((part[-1][0], add(block(part), kind)))
    footer = add(block([]), 0) + add(block(index, 1), kind)
    return bytes(out) + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)


def openai_name(name):
    part, kind = name.rsplit(".", 1)
    letter = "b" if kind == "bias" else "g" if "ln_" in part else "w"
    if part in ("wte", "wpe"):
        return "model/" + part
    if part.startswith("h."):
        _, layer, part = part.split(".", 2)
        part = f"h{layer}/" + part.replace(".", "/")
    return f"model/{part}/{letter}"


def lay_out(tensors, stem, part_of, parts, folder=OUT):
    """Writes the files of tensors and returns the entries of their index."""
    header = field(1, parts) + field(3, field(1, 1))
    data, entries = [bytearray() for _ in range(parts)], [(b"", header)]
    for name, tensor in sorted((openai_name(n), t) for n, t in tensors.items()):
        if name.endswith("/w"):
            tensor = tensor[np.newaxis]  # a convolution of width 1
        content = np.ascontiguousarray(tensor).tobytes()
        part = part_of(name)
        entries.append((name.encode(), entry(tensor, part, len(data[part]), content)))
        data[part] += content
    for part, content in enumerate(data):
        (folder / f"{stem}.data-{part:05}-of-{parts:05}").write_bytes(content)
    return entries


def write_checkpoint(tensors, folder):
    """Weights and their index, in files that are named as OpenAI's."""
    entries = lay_out(tensors, "model.ckpt", lambda name: 0, 1, folder)
    (folder / "model.ckpt.index").write_bytes(table(entries, False, 100))
    return entries


def main():
    OUT.mkdir(exist_ok=True)
    tensors = small_model.weights(6, width=16, inner=64)
    entries = write_checkpoint(tensors, OUT)
    (OUT / "compressed.ckpt.index").write_bytes(table(entries, True, 7))
    # As distributed training saves: tensors lie in several files, anyhow.
    entries = lay_out(tensors, "parts.ckpt", lambda name: len(name) % 3, 3)
    (OUT / "parts.ckpt.index").write_bytes(table(entries, False, 100))
    (OUT / "hparams.json").write_text(json.dumps(
        {"n_vocab": small_model.VOCABULARY, "n_ctx": small_model.CONTEXT, "n_embd": 16,
         "n_head": HEADS, "n_layer": 2}))
    tokens, merges, ids = small_model.vocabulary()
    (OUT / "encoder.json").write_text(json.dumps({token: id for id, token in enumerate(tokens)}))
    (OUT / "vocab.bpe").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    (OUT / "text.txt").write_text(small_model.TEXT + "\n" + " ".join(map(str, ids)) + "\n")
    small_model.save_expected(
        "tensorflow", {"model": small_model.log_probabilities(tensors, HEADS)})


if __name__ == "__main__":
    main()
