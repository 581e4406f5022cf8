#!/usr/bin/env python3
"""Learns a vocabulary with Hugging Face tokenizers, for gpt2j to learn the same.

    python3 make_vocabulary_golden.py

Needs the version in requirements.txt. Reads text.txt in
../resources/gpt2j/model/gpt2/tokenizer/learned and writes merges.txt beside it: the merges of a
vocabulary of 599 tokens, and the one that ends a text makes 600.
"""

import json
import pathlib

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

OUT = pathlib.Path(__file__).parent.parent / "resources/gpt2j/model/gpt2/tokenizer/learned"

tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.train_from_iterator(
    [(OUT / "text.txt").read_text(encoding="utf-8")],
    trainers.BpeTrainer(
        vocab_size=599,
        min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[],
        show_progress=False,
    ),
)
merges = json.loads(tokenizer.to_str())["model"]["merges"]
lines = [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]
(OUT / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
