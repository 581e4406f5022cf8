"""A GPT-2 of some thousand parameters with a vocabulary, for golden files in other formats."""

import json
import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel

RESOURCES = pathlib.Path(__file__).parent.parent / "resources/gpt2j/model/gpt2"
VOCABULARY = 300  # the last one ends a text
CONTEXT = 16
TEXT = "Once upon a time there was a small dog. The dog saw a red ball. "
TOKENS = [78, 297, 5, 299, 31, 31, 120, 264, 0, 42, 290, 17]


def weights(seed, width=32, layers=2, inner=64, vocabulary=VOCABULARY):
    """Hugging Face's names; large enough that attention is peaked and every part matters."""
    random = np.random.default_rng(seed)

    def normal(deviation, *shape, mean=0.0):
        return (mean + deviation * random.standard_normal(shape)).astype(np.float32)

    tensors = {
        "wte.weight": normal(0.6, vocabulary, width),
        "wpe.weight": normal(0.5, CONTEXT, width),
    }
    for layer in range(layers):
        block = f"h.{layer}."
        for norm in ("ln_1", "ln_2"):
            tensors[block + norm + ".weight"] = normal(0.3, width, mean=1)
            tensors[block + norm + ".bias"] = normal(0.3, width)
        for name, inputs, outputs in (
            ("attn.c_attn", width, 3 * width),
            ("attn.c_proj", width, width),
            ("mlp.c_fc", width, inner),
            ("mlp.c_proj", inner, width),
        ):
            tensors[block + name + ".weight"] = normal(1.5 / width**0.5, inputs, outputs)
            tensors[block + name + ".bias"] = normal(0.2, outputs)
    tensors["ln_f.weight"] = normal(0.3, width, mean=1)
    tensors["ln_f.bias"] = normal(0.3, width)
    return tensors


def log_probabilities(tensors, heads=4, activation="gelu_new"):
    """What transformers makes of them in float64: [tokens, vocabulary]."""
    wte = tensors["wte.weight"]
    config = GPT2Config(
        vocab_size=wte.shape[0],
        n_positions=CONTEXT,
        n_embd=wte.shape[1],
        n_layer=1 + max(int(name.split(".")[1]) for name in tensors if name.startswith("h.")),
        n_head=heads,
        n_inner=tensors["h.0.mlp.c_fc.weight"].shape[1],
        activation_function=activation,
        tie_word_embeddings="lm_head.weight" not in tensors,
        attn_implementation="eager",
    )
    model = GPT2LMHeadModel(config).double().eval()
    own = model.state_dict()
    for name, tensor in tensors.items():
        own[name if name == "lm_head.weight" else "transformer." + name].copy_(
            torch.from_numpy(np.asarray(tensor, np.float64))
        )
    with torch.no_grad():
        logits = model(torch.tensor([TOKENS])).logits[0]
    return torch.log_softmax(logits, -1).numpy().astype(np.float32)


def vocabulary():
    """Tokens in the order of their ids, and merges."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(
        [TEXT * 20],
        trainers.BpeTrainer(
            vocab_size=VOCABULARY - 1,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    while len(tokens) < VOCABULARY - 1:  # the text has no more pairs
        tokens.append(f"unused{len(tokens)}")
    return tokens + ["<|endoftext|>"], merges, tokenizer.encode(TEXT).ids


def save_expected(folder, expected):
    """The log-probabilities of each file, by its name."""
    save_file({name: np.ascontiguousarray(e) for name, e in expected.items()},
              RESOURCES / folder / "expected.safetensors")
