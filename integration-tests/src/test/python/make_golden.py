#!/usr/bin/env python3
"""Writes small GPT-2 checkpoints and what Hugging Face transformers computes from them.

    python3 make_golden.py            writes ../resources/gpt2j/integration/golden
    python3 make_golden.py --check    compares what is there with what would be written

Needs the versions in requirements.txt (the CPU build of torch is enough); other versions may round
differently, which --check allows for. Weights come from numpy's frozen RandomState, so they are the
same bytes everywhere.

Each folder is a checkpoint (config.json, model.safetensors or shards with their index), read back
by GPT2LMHeadModel.from_pretrained before anything is computed, and expected.safetensors with

    tokens              I32 [n]         the sequence evaluated
    logits              F32 [n, vocab]  in float32, attn_implementation="eager"
    logits_f64          F64 [n, vocab]  the same in float64: nearer to the truth than any float32
    logits_bf16_weights F32 [n, vocab]  float64 again, with all matrices rounded to bfloat16 first:
                                        what a backend with bfloat16 weights should come near
    logits_q8_0_weights F32 [n, vocab]  the same with all matrices rounded as gguf rounds them to its
    logits_q4_0_weights                 types of these names, zeros behind rows that aren't whole groups
    prompt              I32 [p]         of the greedy texts
    greedy              I32 [g]         by generate() with a DynamicCache
    greedy_penalized    I32 [g]         with repetition_penalty 1.5
    greedy_logits       F64 [vocab]     after prompt and greedy, in float64

A checkpoint on which transformers' own float32 is further than WELL_CONDITIONED from its float64 is
refused: there a difference of 1e-4 would be rounding, not an error.

In the greedy texts each token leads the next best by MARGIN or more, so that rounding can't change
them; prompts are tried until that is so.
"""

import argparse
import copy
import json
import pathlib
import re
import sys
import tempfile
import zlib

import gguf
import numpy as np
import safetensors
import torch
import transformers
from golden_configs import BASE, GOLDENS, Golden
from golden_sampling import write_sampling
from safetensors.torch import load_file, save_file
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel
from transformers.cache_utils import DynamicCache

RESOURCES = pathlib.Path(__file__).resolve().parent.parent / "resources/gpt2j/integration"
DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "BOOL": torch.bool,
}
PENALTY = 1.5
MARGIN = 0.01
WELL_CONDITIONED = 3e-5
PROMPT_TOKENS = 6
NEW_TOKENS = 24


def weights(golden: Golden, config: GPT2Config, random: np.random.RandomState) -> dict:
    """All tensors of the file by name without prefix, float32, of a scale that lets errors show."""
    width, inner = config.n_embd, config.n_inner or 4 * config.n_embd
    out = {}

    def normal(name, shape, std, mean=0.0):
        values = mean + std * random.standard_normal(shape)
        number = np.float64 if golden.dtype == "F64" else np.float32
        out[name] = torch.from_numpy(np.asarray(values, dtype=number))

    def conv1d(name, inputs, outputs):
        normal(f"{name}.weight", (inputs, outputs), 1 / np.sqrt(inputs))
        normal(f"{name}.bias", (outputs,), 0.1)

    def norm(name):
        normal(f"{name}.weight", (width,), 0.2, 1.0)
        normal(f"{name}.bias", (width,), 0.1)

    normal("wte.weight", (config.vocab_size, width), 0.3)
    normal("wpe.weight", (config.n_positions, width), 0.3, golden.mean)
    out["wpe.weight"][:, [1, 5, width - 1]] *= golden.outliers
    for layer in range(config.n_layer):
        h = f"h.{layer}"
        norm(f"{h}.ln_1")
        conv1d(f"{h}.attn.c_attn", width, 3 * width)
        for part in ("weight", "bias"):
            out[f"{h}.attn.c_attn.{part}"][..., :width] *= golden.attention
        out[f"{h}.attn.c_attn.bias"][width : 2 * width] *= golden.key_bias / 0.1
        conv1d(f"{h}.attn.c_proj", width, width)
        norm(f"{h}.ln_2")
        conv1d(f"{h}.mlp.c_fc", width, inner)
        conv1d(f"{h}.mlp.c_proj", inner, width)
    norm("ln_f")
    if golden.head == "own":
        normal("lm_head.weight", (config.vocab_size, width), 0.3)
    elif golden.head == "copy":
        out["lm_head.weight"] = out["wte.weight"].clone()
    return out


def buffers(golden: Golden, config: GPT2Config) -> dict:
    """The causal masks that older checkpoints carry."""
    if not golden.buffers:
        return {}
    n = config.n_positions
    mask = torch.tril(torch.ones(n, n)).reshape(1, 1, n, n).to(DTYPES[golden.buffers])
    out = {f"h.{i}.attn.bias": mask.clone() for i in range(config.n_layer)}
    if golden.buffers == "BOOL":
        out |= {f"h.{i}.attn.masked_bias": torch.tensor(-1e4) for i in range(config.n_layer)}
    return out


def strangers(golden: Golden, config: GPT2Config) -> dict:
    """What other programs leave in a file, by name as it is stored."""
    if not golden.strangers:
        return {}
    return {
        "score.weight": torch.ones(2, config.n_embd),
        "v_head.summary.weight": torch.ones(1, config.n_embd),
        "lm_head.bias": torch.ones(config.vocab_size),
        f"transformer.h.{config.n_layer}.ln_1.weight": torch.zeros(config.n_embd),
        "transformer.position_ids": torch.arange(config.n_positions),
        "transformer.h.0.attn.bias": torch.zeros(3, 5, dtype=torch.uint8),
        "transformer.h.0.attn.masked_bias": torch.tensor(7),
    }


def write_checkpoint(golden: Golden, folder: pathlib.Path, random: np.random.RandomState) -> None:
    config = GPT2Config(**(BASE | golden.config))
    tensors = {}
    for name, tensor in weights(golden, config, random).items():
        is_norm = ".ln_" in f".{name}"
        dtype = golden.norms if is_norm and golden.norms else golden.dtype
        prefix = "" if name == "lm_head.weight" else golden.prefix
        tensors[prefix + name] = tensor.to(DTYPES[dtype]).contiguous()
    tensors |= {golden.prefix + name: tensor for name, tensor in buffers(golden, config).items()}
    if golden.lacks:
        tensors = {k: t for k, t in tensors.items() if not re.search(golden.lacks + "$", k)}
    others = strangers(golden, config)
    tensors |= others

    folder.mkdir(parents=True)
    (folder / "config.json").write_text(config_json(golden, config))
    if golden.shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return
    names = list(tensors)
    files = {}
    for shard in range(golden.shards):
        file = f"model-{shard + 1:05d}-of-{golden.shards:05d}.safetensors"
        part = names[shard :: golden.shards]
        save_file({name: tensors[name] for name in part}, folder / file, metadata={"format": "pt"})
        files |= {name: file for name in part if name not in others}
    if golden.strangers:
        files["transformer.h.0.attn.other_bias"] = file
    size = sum(t.numel() * t.element_size() for t in tensors.values())
    index = {"metadata": {"total_size": size}, "weight_map": dict(sorted(files.items()))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def config_json(golden: Golden, config: GPT2Config) -> str:
    if golden.prefix:
        return config.to_json_string(use_diff=True)
    # As OpenAI's checkpoints have it, n_ctx and all.
    kept = "activation_function attn_pdrop bos_token_id embd_pdrop eos_token_id initializer_range"
    kept += " layer_norm_epsilon model_type n_embd n_head n_layer n_positions resid_pdrop vocab_size"
    fields = {key: config.to_dict()[key] for key in kept.split()}
    fields |= {"architectures": ["GPT2LMHeadModel"], "n_ctx": config.n_positions}
    fields["task_specific_params"] = {"text-generation": {"do_sample": True, "max_length": 50}}
    return json.dumps(dict(sorted(fields.items())), indent=2) + "\n"


def load(
    folder: pathlib.Path, dtype: torch.dtype, lacks: str = "", strangers: bool = False, **fields
) -> GPT2LMHeadModel:
    """A model that must be there whole, but for tensors that it may lack, and for strangers."""
    config = GPT2Config.from_pretrained(folder)
    for key, value in fields.items():
        setattr(config, key, value)
    model, info = GPT2LMHeadModel.from_pretrained(
        folder, config=config, dtype=dtype, attn_implementation="eager", output_loading_info=True
    )
    strange = [name for name in info["unexpected_keys"] if not name.endswith("masked_bias")]
    missing = [name for name in info["missing_keys"] if not re.search((lacks or "-") + "$", name)]
    if missing or info["mismatched_keys"] or bool(strange) != strangers:
        sys.exit(f"{folder}: transformers doesn't read it whole: {info}")
    return model.eval()


def in_bfloat16(rows: np.ndarray) -> np.ndarray:
    return torch.from_numpy(rows).to(torch.bfloat16).float().numpy()


def in_groups(kind: gguf.GGMLQuantizationType):
    """Rounds as GGUF's quantised types do, 32 neighbours in a row with one scale."""

    def rounded(rows: np.ndarray) -> np.ndarray:
        padded = np.pad(rows, [(0, 0), (0, -rows.shape[1] % 32)])
        return gguf.dequantize(gguf.quantize(padded, kind), kind)[:, : rows.shape[1]]

    return rounded


ROUNDINGS = {
    "bf16": in_bfloat16,
    "q8_0": in_groups(gguf.GGMLQuantizationType.Q8_0),
    "q4_0": in_groups(gguf.GGMLQuantizationType.Q4_0),
}


def with_rounded_matrices(model: GPT2LMHeadModel, rounded) -> GPT2LMHeadModel:
    """Rounds along the inputs: those of an output, or one vector of a table, are a row. With scales
    of groups the embedding of positions stays what it is, as in GGUF."""
    model = copy.deepcopy(model)
    exact = model.transformer.wpe.weight if rounded is not in_bfloat16 else None
    tables = {module.weight for module in model.modules() if isinstance(module, torch.nn.Embedding)}
    tables |= {model.lm_head.weight}
    for parameter in model.parameters():
        if parameter.dim() == 2 and parameter is not exact:
            is_table = any(parameter is table for table in tables)
            rows = parameter.data if is_table else parameter.data.T
            new = torch.from_numpy(rounded(rows.float().contiguous().numpy())).to(parameter.dtype)
            parameter.data = new if is_table else new.T.contiguous()
    return model


def logits(model: GPT2LMHeadModel, tokens: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return model(tokens[None], use_cache=False).logits[0]


def generate(model: GPT2LMHeadModel, prompt: torch.Tensor, **how) -> torch.Tensor | None:
    """The new tokens; None if a token leads the next best by less than MARGIN."""
    settings = GenerationConfig(
        do_sample=False,
        max_new_tokens=NEW_TOKENS,
        eos_token_id=None,
        pad_token_id=0,
        use_cache=True,
        return_dict_in_generate=True,
        output_scores=True,
        **how,
    )
    # Set here, for generate() fills what is None from the model's own.
    model.generation_config = settings
    mask = torch.ones_like(prompt[None])
    with torch.inference_mode():
        cache = DynamicCache(config=model.config)
        out = model.generate(prompt[None], attention_mask=mask, past_key_values=cache)
    best = torch.cat(out.scores).topk(2).values
    if (best[:, 0] - best[:, 1]).min() < MARGIN:
        return None
    new = out.sequences[0, len(prompt) :]
    assert len(new) == NEW_TOKENS
    return new


def greedy_texts(model: GPT2LMHeadModel, random: np.random.RandomState) -> dict:
    for _ in range(500):
        prompt = torch.from_numpy(random.randint(0, model.config.vocab_size, PROMPT_TOKENS))
        plain = generate(model, prompt)
        penalized = generate(model, prompt, repetition_penalty=PENALTY) if plain is not None else None
        if penalized is not None:
            return {"prompt": prompt, "greedy": plain, "greedy_penalized": penalized}
    sys.exit("no prompt whose greedy texts are clear of rounding")


def write_expected(golden: Golden, folder: pathlib.Path, random: np.random.RandomState) -> str:
    oddities = {"lacks": golden.lacks, "strangers": golden.strangers}
    model = load(folder, torch.float32, **oddities)
    # _upcast_and_reordered_attn means float32 and refuses float64; the mathematics is the same.
    precise = load(folder, torch.float64, **oddities, reorder_and_upcast_attn=False)
    count = golden.tokens or model.config.n_positions
    tokens = torch.from_numpy(random.randint(0, model.config.vocab_size, count))

    single, double = logits(model, tokens), logits(precise, tokens)
    texts = greedy_texts(model, random)
    after = logits(precise, torch.cat([texts["prompt"], texts["greedy"]]))[-1]
    rounded = {
        name: logits(with_rounded_matrices(precise, rounding), tokens)
        for name, rounding in ROUNDINGS.items()
    }
    expected = {name: tensor.to(torch.int32) for name, tensor in ({"tokens": tokens} | texts).items()}
    expected |= {"logits": single, "logits_f64": double}
    expected |= {f"logits_{name}_weights": found.float() for name, found in rounded.items()}
    expected |= {"greedy_logits": after.clone()}

    truth = double.log_softmax(-1)
    error = (single.double().log_softmax(-1) - truth).abs().max()
    if error > WELL_CONDITIONED:
        sys.exit(f"{golden.name}: float32 is off by {error:.1e}: give it another seed")
    metadata = {
        "why": golden.why,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "repetition_penalty": str(PENALTY),
    }
    save_file(expected, folder / "expected.safetensors", metadata=metadata)
    size = sum(file.stat().st_size for file in folder.iterdir())
    return (
        f"{golden.name:32} {size / 1000:6.0f} kB   log-probabilities: "
        f"std {truth.std():4.2f}   float32 off by {error:.1e}   "
        + ", ".join(
            f"{name} matrices by {(found.log_softmax(-1) - truth).abs().max():.1e}"
            for name, found in rounded.items()
        )
    )


def write_all(out: pathlib.Path) -> None:
    for golden in GOLDENS:
        folder = out / "golden" / golden.name
        random = np.random.RandomState(zlib.crc32(f"{golden.name} {golden.seed}".encode()))
        write_checkpoint(golden, folder, random)
        print(write_expected(golden, folder, random), flush=True)
    write_sampling(out / "sampling")


def compare(there: pathlib.Path, anew: pathlib.Path) -> list[str]:
    """Problems: checkpoints must be the same bytes, what is computed may differ by rounding."""
    problems = []
    files = {path.relative_to(root) for root in (there, anew) for path in root.rglob("*") if path.is_file()}
    for file in sorted(files):
        old, new = there / file, anew / file
        if not (old.exists() and new.exists()):
            problems.append(f"{file}: only in {'the new' if new.exists() else 'the committed'} files")
        elif file.name == "config.json":
            a, b = (json.loads(path.read_text()) for path in (old, new))
            a.pop("transformers_version", None), b.pop("transformers_version", None)
            if a != b:
                problems.append(f"{file}: other fields")
        elif file.name == "expected.safetensors":
            a, b = load_file(old), load_file(new)
            for name in sorted(a.keys() | b.keys()):
                if name not in a or name not in b or a[name].shape != b[name].shape:
                    problems.append(f"{file}: {name}: not in both, or of other shapes")
                elif not torch.allclose(a[name].double(), b[name].double(), rtol=0, atol=1e-5):
                    error = (a[name].double() - b[name].double()).abs().max()
                    problems.append(f"{file}: {name}: off by {error:.1e}")
        elif old.read_bytes() != new.read_bytes():
            problems.append(f"{file}: other bytes")
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as scratch:
        anew = pathlib.Path(scratch)
        write_all(anew)
        if arguments.check:
            parts = ("golden", "sampling")
            problems = [problem for part in parts for problem in compare(RESOURCES / part, anew / part)]
            sys.exit("\n".join(problems) if problems else 0)
        replace(anew, ["golden", "sampling"])


def replace(anew: pathlib.Path, parts: list[str]) -> None:
    for part in parts:
        old = RESOURCES / part
        for path in sorted(old.rglob("*"), reverse=True) if old.exists() else []:
            path.unlink() if path.is_file() else path.rmdir()
        for path in (anew / part).rglob("*"):
            if path.is_file():
                target = old / path.relative_to(anew / part)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())


if __name__ == "__main__":
    main()
