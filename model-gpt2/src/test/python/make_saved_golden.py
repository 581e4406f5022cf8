#!/usr/bin/env python3
"""Writes small tokenizer folders of every kind, and what transformers 5 and 4 make of texts with them.

    python3 make_saved_golden.py --five PYTHON --four PYTHON [--check] [--keep DIR]

The two interpreters have transformers 5 and 4 with their tokenizers; requirements.txt names the
versions. Neither needs PyTorch. The folders are the combinations of files, classes and options that
are in use, and combinations drawn at random, some saved again by both libraries. Everything goes to
../resources/gpt2j/model/gpt2/tokenizer/saved.json.gz and comes out the same each time:

    texts              what is encoded
    contents           files' contents, each once; a string, or a list of strings to be joined
    results            each once: the ids of each text with special tokens recognised, and taken as
                       text where that differs, sequences and the text of each, the token that ends
                       a text, and one more than the largest id; or error
    folders            name, files: content by name, five, four, slow: the result of AutoTokenizer in
                       transformers 5, in 4, and of the GPT2Tokenizer of 4 that is written in Python

--check tells whether the committed file is still what these versions make; --keep leaves the folders.
"""

import argparse
import gzip
import itertools
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

OUT = pathlib.Path(__file__).parent.parent / "resources/gpt2j/model/gpt2/tokenizer/saved.json.gz"
END = "<|endoftext|>"

TEXTS = [
    "",
    " ",
    "  \n ",
    "hello",
    " hello",
    "hello you, hello  you",
    "\u00e9\u6f22\U0001f600 hell\u00f6",
    "a<|endoftext|>b",
    "<|endoftext|>",
    " <|endoftext|> <|endoftext|> x",
    "a <pad> b<pad>c<sep> \t<sep>\n<pad>",
    "<mask>hello <mask> you<mask>",
    "x <new> y<new>",
    "hello newword newwords anewword newword",
    "newword-newword newword\u0301 _newword\u00a0newword\u3000 newword",
    "<s>hello</s> <unk>",
    "<pad><pad> <pad>",
    "<pad>> <pad>>> <sep>>",
    "hello .  hello , do n't hello ' s",
    "\ufeffhello",
    "he  \r\n\r\n l<new>\u2028<new>",
    "n\u00e9n\u00e9 \u0120x x y \u6f22\u6f22 \u0120hello \u00c3\u00a9 e\u0301\U0001f600",
]

BYTES = list(range(0x21, 0x7F)) + list(range(0xA1, 0xAD)) + list(range(0xAE, 0x100))


def alphabet():
    letters, extra = [], 0
    for b in range(256):
        if b in BYTES:
            letters.append(chr(b))
        else:
            letters.append(chr(0x100 + extra))
            extra += 1
    return letters


MERGES = [
    ("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("\u0120", "hello"), ("y", "o"), ("yo", "u"),
    ("\u0120", "you"), ("n", "e"), ("ne", "w"), ("\u0120", "new"), ("w", "o"), ("<", "|"), ("|", ">"),
    ("p", "a"), ("\u0120", "<"), ("\u0120", "\u0120"), ("\u00c3", "\u00a9"),
]  # fmt: skip


def vocabulary(end):
    tokens = alphabet() + [a + b for a, b in MERGES] + ([END] if end else [])
    return {token: id for id, token in enumerate(tokens)}


def added(id, content, **flags):
    token = dict(content=content, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    token.update(flags)
    return token if id is None else dict(id=id, **token)


def byte_level(prefix=False, **more):
    return dict(type="ByteLevel", add_prefix_space=prefix, trim_offsets=True, use_regex=True, **more)


def template(*pieces, special=()):
    def piece(p, kind):
        return {"Sequence": {"id": p[1], "type_id": kind}} if p.startswith("$") else {"SpecialToken": {"id": p, "type_id": kind}}

    return {
        "type": "TemplateProcessing",
        "single": [piece(p, 0) for p in pieces],
        "pair": [piece(p, 0) for p in pieces] + [{"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {s: {"id": s, "ids": [i], "tokens": [s]} for s, i in special},
    }


def tokenizer_json(vocab, tokens=(), prefix=False, post=None, **changes):
    content = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": list(tokens),
        "normalizer": None, "pre_tokenizer": byte_level(prefix), "post_processor": post,
        "decoder": byte_level(),
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "",
            "end_of_word_suffix": "", "fuse_unk": False, "byte_fallback": False,
            "ignore_merges": False, "vocab": vocab, "merges": [list(m) for m in MERGES],
        },
    }  # fmt: skip
    content.update(changes)
    return content


def merges_txt(header="#version: 0.2\n", end="\n"):
    return header + "".join(f"{a} {b}{end}" for a, b in MERGES)


GPT2 = {"model_type": "gpt2"}
FULL = vocabulary(True)
BARE = vocabulary(False)
N = len(FULL)  # the id of what is added first; <|endoftext|> has the one before
END_TOKEN = added(N - 1, END)
J = tokenizer_json(FULL, [END_TOKEN])
VM = {"vocab.json": FULL, "merges.txt": merges_txt()}
CLASSES = [None, "GPT2Tokenizer", "GPT2TokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend", "PreTrainedTokenizer"]


def with_class(name, **settings):
    return settings if name is None else dict(tokenizer_class=name, **settings)


def absent(**settings):
    """Those that aren't None."""
    return {k: v for k, v in settings.items() if v is not None}


def designed():
    """Name and files of the folders that somebody thought of."""
    # files alone
    yield "files-json", {"tokenizer.json": J}
    yield "files-vm", VM
    yield "files-json-vm", {"tokenizer.json": J, **VM}
    yield "files-bare-json", {"tokenizer.json": tokenizer_json(BARE)}
    yield "files-bare-vm", {"vocab.json": BARE, "merges.txt": merges_txt()}
    yield "files-end-added", {"tokenizer.json": tokenizer_json(BARE, [added(N - 1, END)])}
    yield "files-none", {}
    yield "files-vocab-only", {"vocab.json": FULL}
    yield "files-merges-only", {"merges.txt": merges_txt()}
    # add_prefix_space
    for cls, inside, outside, layout in itertools.product(CLASSES, [False, True], [None, False, True], "jv"):
        files = dict(VM) if layout == "v" else {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN], inside)}
        if layout == "v" and inside:
            continue
        files["tokenizer_config.json"] = with_class(cls, **absent(add_prefix_space=outside))
        yield f"prefix-{layout}-{cls}-{inside}-{outside}", files
    for cls in CLASSES[1:]:
        yield f"class-of-config-{cls}", {
            "tokenizer.json": tokenizer_json(FULL, [END_TOKEN], True),
            "config.json": dict(GPT2, tokenizer_class=cls),
        }
    yield "class-twice", {
        "tokenizer.json": tokenizer_json(FULL, [END_TOKEN], True),
        "config.json": dict(GPT2, tokenizer_class="PreTrainedTokenizerFast"),
        "tokenizer_config.json": with_class("GPT2Tokenizer"),
    }
    for cls in ["CodeGenTokenizer", "Qwen2Tokenizer", "GPTNeoXTokenizerFast", "RobertaTokenizer", "LlamaTokenizerFast", "OfMyOwn", "BertTokenizer", 7, ""]:
        for prefix in [False, True]:
            yield f"class-other-{cls or 'empty'}-{prefix}", {
                "tokenizer.json": tokenizer_json(FULL, [END_TOKEN], prefix), "tokenizer_config.json": with_class(cls)}
    # add_bos_token, add_eos_token
    for cls, name, value, layout in itertools.product(CLASSES[:4], ["add_bos_token", "add_eos_token"], [False, True], "jv"):
        files = dict(VM) if layout == "v" else {"tokenizer.json": J}
        files["tokenizer_config.json"] = with_class(cls, **{name: value})
        yield f"{name}-{layout}-{cls}-{value}", files
    # post-processors
    posts = {
        "none": None,
        "bytes": byte_level(),
        "prefix": byte_level(True),
        "a": template("$A"),
        "end": template("$A", END, special=[(END, N - 1)]),
        "start": template(END, "$A", special=[(END, N - 1)]),
        "unused": template("$A", special=[(END, N - 1)]),
        "twice": template("$A", "$A"),
        "b": template("$B"),
        "empty": template(),
        "sequence": {"type": "Sequence", "processors": [byte_level(), template("$A")]},
        "sequence-end": {"type": "Sequence", "processors": [byte_level(), template("$A", END, special=[(END, N - 1)])]},
        "roberta": {"type": "RobertaProcessing", "sep": [END, N - 1], "cls": [END, N - 1], "trim_offsets": True, "add_prefix_space": False},
    }  # fmt: skip
    for (name, post), cls in itertools.product(posts.items(), ["GPT2Tokenizer", "PreTrainedTokenizerFast"]):
        yield f"post-{name}-{cls}", {
            "tokenizer.json": tokenizer_json(FULL, [END_TOKEN], post=post), "tokenizer_config.json": with_class(cls)}
    # added tokens and their flags, in each place
    flags = [dict(), dict(lstrip=True), dict(rstrip=True), dict(lstrip=True, rstrip=True), dict(single_word=True), dict(normalized=True),
             dict(special=False), dict(special=False, normalized=True), dict(special=False, single_word=True, lstrip=True), dict(single_word=True, rstrip=True, normalized=True)]  # fmt: skip
    for i, f in enumerate(flags):
        tokens = [added(N + k, c, **f) for k, c in enumerate(["<pad>", "newword", "<pad>>"])]
        decoder = {str(t["id"]): {k: v for k, v in t.items() if k != "id"} for t in [END_TOKEN, *tokens]}
        for cls in ["GPT2Tokenizer", "PreTrainedTokenizerFast"]:
            yield f"flags-json-{i}-{cls}", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN, *tokens]), "tokenizer_config.json": with_class(cls)}
            yield f"flags-decoder-{i}-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, added_tokens_decoder=decoder)}
        yield f"flags-vm-{i}", {**VM, "tokenizer_config.json": with_class("GPT2Tokenizer", added_tokens_decoder=decoder)}
        changed = {k: dict(v, lstrip=not v["lstrip"]) for k, v in decoder.items()}
        for cls in ["GPT2Tokenizer", "PreTrainedTokenizerFast"]:
            yield f"flags-differ-{i}-{cls}", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN, *tokens]), "tokenizer_config.json": with_class(cls, added_tokens_decoder=changed)}
        yield f"flags-named-{i}", {**VM, "tokenizer_config.json": with_class("GPT2Tokenizer", pad_token=dict({k: v for k, v in tokens[0].items() if k != "id"}, __type="AddedToken"))}
        yield f"flags-map-{i}", {**VM, "special_tokens_map.json": {"pad_token": {k: v for k, v in tokens[0].items() if k not in ("id", "special")}}, "added_tokens.json": {"newword": N + 1, "<pad>": N}}
    # the same token twice, with other properties
    for cls, (first, second) in itertools.product(["GPT2Tokenizer", "PreTrainedTokenizerFast"], itertools.permutations([
        dict(), dict(special=False), dict(normalized=True), dict(special=False, normalized=True, single_word=True), dict(rstrip=True)], 2)):
        name = "-".join("".join(k[:2] for k in f) or "x" for f in (first, second))
        yield f"flags-twice-{name}-{cls}", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN, added(N, "<pad>", **first)]), "tokenizer_config.json": with_class(cls, added_tokens_decoder={str(N): added(None, "<pad>", **second)})}
    # contents in and out of the alphabet of bytes
    for i, contents in enumerate([["n\u00e9"], ["\u0120x", "x y"], ["\u6f22"], ["\u0120hello", "\u00c3\u00a9"], [" ", "\n"], ["e\u0301", "\U0001f600"]]):
        for special in [False, True]:
            yield f"content-{i}-{special}", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN, *(added(FULL.get(c, N + k), c, special=special) for k, c in enumerate(contents))])}
    # added_tokens.json
    yield "added-order", {**VM, "added_tokens.json": {"newword": N + 1, "<pad>": N}}
    yield "added-end", {"vocab.json": BARE, "merges.txt": merges_txt(), "added_tokens.json": {END: N - 1, "<pad>": N}}
    yield "added-end-named", {"vocab.json": BARE, "merges.txt": merges_txt(), "added_tokens.json": {END: N - 1, "<pad>": N}, "special_tokens_map.json": {"eos_token": END}}
    yield "added-gap", {**VM, "added_tokens.json": {"newword": N + 5, "<pad>": N}}
    yield "added-in-vocabulary", {**VM, "added_tokens.json": {"hello": FULL["hello"], "<pad>": N}}
    yield "added-beside-json", {"tokenizer.json": J, "added_tokens.json": {"<pad>": N, "newword": N + 1}}
    yield "added-beside-json-special", {"tokenizer.json": J, "added_tokens.json": {"<pad>": N}, "special_tokens_map.json": {"pad_token": "<pad>"}}
    yield "added-beside-decoder", {**VM, "added_tokens.json": {"<pad>": N}, "tokenizer_config.json": with_class("GPT2Tokenizer", added_tokens_decoder={str(N - 1): added(None, END)})}
    yield "decoder-gap", {**VM, "tokenizer_config.json": with_class("GPT2Tokenizer", added_tokens_decoder={str(N - 1): added(None, END), str(N + 3): added(None, "<pad>")})}
    yield "decoder-other-id", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN, added(N, "<pad>"), added(N + 1, "<sep>")]), "tokenizer_config.json": with_class("GPT2Tokenizer", added_tokens_decoder={str(N + 1): added(None, "<pad>"), str(N): added(None, "<sep>")})}
    yield "decoder-empty", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN, added(N, "<pad>")]), "tokenizer_config.json": with_class("GPT2Tokenizer", added_tokens_decoder={})}
    yield "decoder-empty-backend", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN, added(N, "<pad>")]), "tokenizer_config.json": with_class("PreTrainedTokenizerFast", added_tokens_decoder={})}
    yield "decoder-fewer", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN, added(N, "<pad>"), added(N + 1, "<sep>")]), "tokenizer_config.json": with_class("GPT2Tokenizer", added_tokens_decoder={str(N + 1): added(None, "<sep>")})}
    yield "decoder-fewer-backend", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN, added(N, "<pad>"), added(N + 1, "<sep>")]), "tokenizer_config.json": with_class("PreTrainedTokenizerFast", added_tokens_decoder={str(N + 1): added(None, "<sep>")})}
    yield "decoder-over-vocabulary", {**VM, "tokenizer_config.json": with_class("GPT2Tokenizer", added_tokens_decoder={"3": added(None, "<pad>")})}
    yield "json-gap", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN, added(N + 7, "<pad>")])}
    yield "json-gap-backend", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN, added(N + 7, "<pad>")]), "tokenizer_config.json": with_class("PreTrainedTokenizerFast")}
    yield "json-order", {"tokenizer.json": tokenizer_json(FULL, [added(N + 1, "<pad>"), added(N, "<sep>"), END_TOKEN])}
    yield "json-vocabulary-gap", {"tokenizer.json": tokenizer_json({**BARE, END: N + 4}, [added(N + 4, END), added(N + 5, "<pad>")])}
    yield "json-vocabulary-gap-backend", {"tokenizer.json": tokenizer_json({**BARE, END: N + 4}, [added(N + 4, END), added(N + 5, "<pad>")]), "tokenizer_config.json": with_class("PreTrainedTokenizerFast")}
    yield "vocabulary-in-vocab", {"tokenizer.json": tokenizer_json({**FULL, "<pad>": N, "<sep>": N + 1}, [END_TOKEN]), "tokenizer_config.json": with_class("GPT2Tokenizer", pad_token="<pad>")}
    yield "added-without-flags", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN, dict(id=N, content="<pad>", special=True)])}
    # named tokens
    names = ["bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token"]
    for name, cls, layout in itertools.product(names, ["GPT2Tokenizer", "PreTrainedTokenizerFast"], "jv"):
        files = dict(VM) if layout == "v" else {"tokenizer.json": J}
        for place in ["tokenizer_config.json", "special_tokens_map.json"]:
            content = {name: "<sep>" if name != "unk_token" else "<unk>"}
            extra = {"tokenizer_config.json": with_class(cls)} if place == "special_tokens_map.json" else {}
            if place == "tokenizer_config.json":
                content = with_class(cls, **content)
            yield f"named-{name}-{cls}-{layout}-{place[:3]}", {**files, **extra, place: content}
    for cls in ["GPT2Tokenizer", "PreTrainedTokenizerFast"]:
        yield f"named-word-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, pad_token="hello")}
        yield f"named-null-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, eos_token=None, pad_token=None)}
        yield f"named-empty-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, pad_token="")}
        yield f"named-twice-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, pad_token="<pad>"), "special_tokens_map.json": {"pad_token": "<sep>"}}
        yield f"named-twice-decoder-{cls}", {"tokenizer.json": J, "special_tokens_map.json": {"pad_token": "<sep>"}, "tokenizer_config.json": with_class(cls, pad_token="<pad>", added_tokens_decoder={str(N - 1): added(None, END)})}
        yield f"named-model-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, image_token="<new>")}
        for key in ["additional_special_tokens", "extra_special_tokens"]:
            yield f"named-{key}-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, **{key: ["<sep>", "<pad>"]})}
            yield f"named-{key}-objects-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, **{key: [dict(added(None, "<sep>", lstrip=True), __type="AddedToken"), "<pad>"]})}
            yield f"named-{key}-dict-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, **{key: {"image_token": "<new>"}})}
            yield f"named-{key}-map-{cls}", {"tokenizer.json": J, "special_tokens_map.json": {key: ["<sep>", "<pad>"]}, "tokenizer_config.json": with_class(cls)}
        yield f"named-both-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, additional_special_tokens=["<sep>"], extra_special_tokens=["<pad>"])}
        yield f"named-both-empty-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, additional_special_tokens=["<sep>"], extra_special_tokens=[])}
        yield f"named-plain-added-{cls}", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN, added(N, "<pad>", special=False, normalized=True)]), "tokenizer_config.json": with_class(cls, pad_token="<pad>")}
        yield f"named-object-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, pad_token=added(None, "<pad>"))}
        yield f"split-special-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, split_special_tokens=True)}
        for value in [False, True]:
            yield f"clean-{value}-{cls}", {"tokenizer.json": J, "tokenizer_config.json": with_class(cls, clean_up_tokenization_spaces=value)}
        yield f"truncation-{cls}", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN], truncation=dict(direction="Right", max_length=2, strategy="LongestFirst", stride=0)), "tokenizer_config.json": with_class(cls, model_max_length=3)}
        yield f"padding-{cls}", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN], padding=dict(strategy={"Fixed": 9}, direction="Right", pad_to_multiple_of=None, pad_id=0, pad_type_id=0, pad_token="!")), "tokenizer_config.json": with_class(cls)}
    # the model
    small = {t: i for i, t in enumerate([t for t in FULL if t not in ("x", "z", "\u00c3\u00a9", "\u00c3")] + ["<unk>"])}
    kept = [list(m) for m in MERGES if "".join(m) in small and m[0] in small and m[1] in small]
    for cls, fuse, unknown in itertools.product(["GPT2Tokenizer", "PreTrainedTokenizerFast"], [False, True], [None, "<unk>"]):
        model = dict(J["model"], vocab=small, merges=kept, unk_token=unknown, fuse_unk=fuse)
        yield f"model-unknown-{cls}-{fuse}-{unknown}", {"tokenizer.json": tokenizer_json(small, [], model=model), "tokenizer_config.json": with_class(cls)}
    yield "model-unknown-vm", {"vocab.json": small, "merges.txt": "".join(f"{a} {b}\n" for a, b in kept), "tokenizer_config.json": with_class("GPT2Tokenizer", unk_token="<unk>")}
    for cls, (name, value) in itertools.product(["GPT2Tokenizer", "PreTrainedTokenizerFast"], [("dropout", 0.0), ("ignore_merges", True), ("byte_fallback", True), ("end_of_word_suffix", "</w>"), ("continuing_subword_prefix", "##"), ("merges", [" ".join(m) for m in MERGES]), ("type", None)]):
        yield f"model-{name}-{value if not isinstance(value, (str, list)) else 'text'}-{cls}", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN], model=dict(J["model"], **{name: value})), "tokenizer_config.json": with_class(cls)}
    for cls, (name, change) in itertools.product(["GPT2Tokenizer", "PreTrainedTokenizerFast"], {
        "lower": dict(normalizer={"type": "Lowercase"}), "nfc": dict(normalizer={"type": "NFC"}),
        "whitespace": dict(pre_tokenizer={"type": "Whitespace"}), "regex-off": dict(pre_tokenizer=dict(byte_level(), use_regex=False)),
        "pre-null": dict(pre_tokenizer=None), "decoder-null": dict(decoder=None), "decoder-bpe": dict(decoder={"type": "BPEDecoder", "suffix": "</w>"}),
        "sequence": dict(pre_tokenizer={"type": "Sequence", "pretokenizers": [byte_level()]}),
    }.items()):  # fmt: skip
        yield f"part-{name}-{cls}", {"tokenizer.json": tokenizer_json(FULL, [END_TOKEN], **change), "tokenizer_config.json": with_class(cls)}
    # texts of files
    for name in ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt"]:
        files = {"tokenizer.json": J} if name.startswith("tokenizer.") else dict(VM)
        content = dict(files, **{"tokenizer_config.json": with_class("GPT2Tokenizer"), "special_tokens_map.json": {"eos_token": END}, "added_tokens.json": {"<pad>": N}})
        del content["tokenizer_config.json" if name in ("special_tokens_map.json", "added_tokens.json") else "special_tokens_map.json"]
        yield f"text-bom-{name}", dict(content, **{name: "\ufeff" + text(content[name])})
        yield f"text-lfs-{name}", dict(content, **{name: "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1355256\n"})
        yield f"text-empty-{name}", dict(content, **{name: ""})
        if name.endswith("json"):
            yield f"text-nan-{name}", dict(content, **{name: text(content[name])[:-1] + ', "x": NaN}'})
    yield "text-infinity", {"tokenizer.json": J, "tokenizer_config.json": '{"model_max_length": Infinity}'}
    yield "text-no-header", {"vocab.json": FULL, "merges.txt": merges_txt("")}
    yield "text-crlf", {"vocab.json": FULL, "merges.txt": merges_txt("#version: 0.2\r\n", "\r\n")}
    yield "text-header-crlf-only", {"vocab.json": FULL, "merges.txt": merges_txt("#version: 0.2\r\n")}
    yield "text-blank-last", {"vocab.json": FULL, "merges.txt": merges_txt() + "\n\n"}
    yield "text-no-last-newline", {"vocab.json": FULL, "merges.txt": merges_txt()[:-1]}
    yield "text-blank-first", {"vocab.json": FULL, "merges.txt": merges_txt("\n")}
    yield "text-duplicate", {"vocab.json": FULL, "merges.txt": merges_txt() + "h e\n"}
    yield "text-header-twice", {"vocab.json": FULL, "merges.txt": merges_txt("#version: 0.2\n#version: 0.2\n")}
    yield "text-header-inside", {"vocab.json": FULL, "merges.txt": merges_txt() + "#version: 0.2\n"}
    yield "text-comment", {"vocab.json": {**FULL, "##": N}, "merges.txt": merges_txt("# #\n")}
    yield "config-foreign", {"tokenizer.json": J, "tokenizer_config.json": {"tokenizer_class": "GPT2Tokenizer", "unknown_thing": {"x": [1]}, "errors": "ignore", "model_max_length": 1e30}}


def drawn(count):
    """Folders with whatever comes."""
    rng = random.Random(7)
    for i in range(count):
        end = rng.random() < 0.7
        vocab = vocabulary(end)
        size = len(vocab)
        contents = rng.sample(["<pad>", "<sep>", "<mask>", "<new>", "newword", "<pad>>", " <new>", "hello", "ne"], rng.randrange(0, 5))
        if not end and rng.random() < 0.7:
            contents.insert(rng.randrange(len(contents) + 1), END)

        def flags():
            return {f: rng.random() < 0.25 for f in ("lstrip", "rstrip", "single_word")} | {"normalized": rng.random() < 0.4, "special": rng.random() < 0.6}

        tokens, next_id = [], size
        for c in contents:
            if c in vocab:
                tokens.append(added(vocab[c], c, **flags()))
            else:
                tokens.append(added(next_id, c, **flags()))
                next_id += 1
        if end and rng.random() < 0.8:
            tokens.insert(0, added(size - 1, END, normalized=rng.random() < 0.3))
        files = {}
        split = rng.randrange(len(tokens) + 1)
        layout = rng.choice(["j", "v", "jv"])
        config = with_class(rng.choice(CLASSES), **absent(
            add_prefix_space=rng.choice([None, None, False, True]), clean_up_tokenization_spaces=rng.choice([None, False, True]),
            add_bos_token=rng.choice([None, None, None, False]), pad_token=rng.choice([None, None, "<pad>", "<sep>"]),
            eos_token=rng.choice([None, None, END, "</s>"]), bos_token=rng.choice([None, None, END, "<s>"])))  # fmt: skip
        if "j" in layout:
            here = tokens if rng.random() < 0.6 else tokens[:split]
            files["tokenizer.json"] = tokenizer_json(vocab, here, rng.random() < 0.3, rng.choice([None, byte_level(), template("$A")]))
        if "v" in layout:
            files["vocab.json"], files["merges.txt"] = vocab, merges_txt()
        where = rng.choice(["decoder", "decoder", "added", "none"])
        if where == "decoder":
            config["added_tokens_decoder"] = {str(t["id"]): {k: v for k, v in t.items() if k != "id"} for t in tokens}
        elif where == "added":
            files["added_tokens.json"] = {t["content"]: t["id"] for t in tokens if t["id"] >= size}
        if rng.random() < 0.3:
            key = rng.choice(["additional_special_tokens", "extra_special_tokens"])
            config[key] = rng.sample(["<sep>", "<mask>", "<new>"], 2)
        if rng.random() < 0.3:
            files["special_tokens_map.json"] = {"pad_token": rng.choice(["<pad>", {k: v for k, v in added(None, "<pad>", rstrip=True).items() if k != "special"}]), "eos_token": END}
        if rng.random() < 0.85:
            files["tokenizer_config.json"] = config
        yield f"drawn-{i}", files


def text(content):
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def write(folder, files):
    folder.mkdir(parents=True)
    for name, content in ({"config.json": GPT2} | files).items():
        (folder / name).write_text(text(content), encoding="utf-8", newline="")


# -- under one of the two interpreters ------------------------------------------------------------


def resave(folder):
    """Saves some of the folders again, by the library at hand."""
    import transformers

    version = transformers.__version__.split(".")[0]
    for name in (folder / "again.txt").read_text().split():
        sources = {"auto": transformers.AutoTokenizer, "slow": transformers.GPT2Tokenizer}
        for kind, cls in sources.items():
            if kind == "slow" and (version == "5" or not (folder / name / "vocab.json").exists()):
                continue
            try:
                tokenizer = cls.from_pretrained(str(folder / name))
            except Exception:
                continue
            target = folder / f"saved-{version}-{kind}-{name}"
            tokenizer.save_pretrained(str(target))
            if kind == "auto" and rng_of(name).random() < 0.3:
                tokenizer.add_tokens(["<new>"])
                tokenizer.add_special_tokens({"mask_token": "<mask>"})
                target = folder / f"saved-{version}-more-{name}"
                tokenizer.save_pretrained(str(target))


def rng_of(name):
    return random.Random(name)


def record(folder, kind):
    """What the library at hand makes of each folder."""
    import transformers

    results = {}
    for name in sorted(p.name for p in folder.iterdir() if p.is_dir()):
        results[name] = result(folder / name, transformers.GPT2Tokenizer if kind == "slow" else transformers.AutoTokenizer)
    (folder / f"{kind}.json").write_text(json.dumps(results))


def result(folder, cls):
    try:
        tokenizer = cls.from_pretrained(str(folder))
        ids = [tokenizer(t)["input_ids"] for t in TEXTS]
        plain = [tokenizer(t, split_special_tokens=True)["input_ids"] for t in TEXTS]
    except BaseException as e:  # tokenizers panics
        return {"error": f"{type(e).__name__}: {e}".replace(str(folder), "")[:100]}
    vocabulary = tokenizer.get_vocab()
    sequences = sorted({tuple(i) for i in ids if i}) + sequences_of(sorted(vocabulary.values()))
    decoded = [tokenizer.decode(list(s), skip_special_tokens=False) for s in sequences]
    return {
        "ids": ids,
        **({} if plain == ids else {"plain": plain}),
        "sequences": sequences,
        "decoded": decoded,
        "end": tokenizer.eos_token_id,
        "size": max(vocabulary.values()) + 1,
    }


def sequences_of(ids):
    """Any ids in any order, and the last."""
    rng = random.Random(len(ids))
    return [tuple(rng.choices(ids, k=rng.randrange(1, 8))) for _ in range(6)] + [tuple(ids[-6:])]


# -- under any ------------------------------------------------------------------------------------


def run(python, *arguments):
    environment = dict(os.environ, HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="critical", PYTHONHASHSEED="0", TOKENIZERS_PARALLELISM="false")
    done = subprocess.run([python, "-W", "ignore", __file__, *map(str, arguments)], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)


class Once:
    """A list without doubles."""

    def __init__(self):
        self.items, self.places = [], {}

    def place(self, item):
        key = json.dumps(item, sort_keys=False)
        if key not in self.places:
            self.places[key] = len(self.items)
            self.items.append(item)
        return self.places[key]


def pack(folder):
    contents, results, folders = Once(), Once(), []
    recorded = {kind: json.loads((folder / f"{kind}.json").read_text()) for kind in ("five", "four", "slow")}
    for path in sorted(p for p in folder.iterdir() if p.is_dir()):
        files = {f.name: contents.place(f.read_bytes().decode()) for f in sorted(path.iterdir())}
        entry = {"name": path.name, "files": files}
        for kind, all_results in recorded.items():
            if kind != "slow" or "vocab.json" in files:
                entry[kind] = results.place(all_results[path.name])
        folders.append(entry)
    packed = {"texts": TEXTS, "contents": contents.items, "results": results.items, "folders": folders}
    return json.dumps(packed, ensure_ascii=False, separators=(",", ":")).encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--five", default=sys.executable)
    parser.add_argument("--four")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        step, folder = arguments.step
        resave(pathlib.Path(folder)) if step == "resave" else record(pathlib.Path(folder), step)
        return
    folder = arguments.keep or pathlib.Path(tempfile.mkdtemp())
    again = []
    for name, files in itertools.chain(designed(), drawn(160)):
        write(folder / name, files)
        if name.startswith(("flags-", "named-", "files-", "prefix-")) and rng_of(name).random() < 0.2 or name.startswith("drawn-") and rng_of(name).random() < 0.1:
            again.append(name)
    (folder / "again.txt").write_text("\n".join(again))
    for python in (arguments.five, arguments.four):
        run(python, "--step", "resave", folder)
    for kind, python in (("five", arguments.five), ("four", arguments.four), ("slow", arguments.four)):
        run(python, "--step", kind, folder)
    packed = pack(folder)
    if not arguments.keep:
        shutil.rmtree(folder)
    if arguments.check:
        same = gzip.decompress(OUT.read_bytes()) == packed
        print("as committed" if same else "differs from what is committed")
        sys.exit(not same)
    OUT.write_bytes(gzip.compress(packed, 9, mtime=0))
    print(f"{len(packed)} bytes, {OUT.stat().st_size} compressed")


if __name__ == "__main__":
    main()
