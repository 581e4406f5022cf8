"""Writes what sampling must do: distributions by transformers, draws by numpy.

cases.safetensors holds, for each case,

    parameters F32 [cases, 5]                temperature, top-k, top-p, min-p, repetition penalty
    seeds      I64 [cases]
    logits     F32 [cases, vocab]            before anything is done to them
    seen       I32 [cases, SEEN]             tokens that count as seen
    log_probs  F32 [cases, vocab]            after transformers' own chain of logits processors, in
                                             the order of generate(); -inf where a token is removed
    streams    I64 [streams]                 random streams
    draws      I32 [cases, streams, DRAWS]   token of draw 0, 1, … of each stream, -1 where two
                                             tokens are too close to tell

The draws follow the Javadoc of SamplingParameters in float64, written down here a second time.
"""

import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel

VOCABULARY = 41
SEEN = 5
DRAWS = 16
# Stream 125697 has, with seed 7 in draw 15, the word 0xffffffe9 for token 7: a uniform number that
# float32 would round to 1, and its noise to infinity.
STREAMS = [0, 1, 2, 3, 4, 5, 6, 7, 125697, 2**31, 2**32 - 1, 2**32, 2**40 + 3, 2**62, -1, -(2**63)]
EDGE_SEED, EDGE_TOKEN = 7, 7
CLEAR = 1e-3

#        T    top-k top-p min-p penalty
CASES = [
    (1.0, 0, 1.0, 0.0, 1.0),
    (1.0, 0, 1.0, 0.0, 1.0),  # the edge, see write_sampling
    (0.7, 0, 1.0, 0.0, 1.0),
    (2.5, 0, 1.0, 0.0, 1.0),
    (0.05, 0, 1.0, 0.0, 1.0),
    (1.0, 1, 1.0, 0.0, 1.0),
    (1.0, 5, 1.0, 0.0, 1.0),
    (1.0, 1000, 1.0, 0.0, 1.0),
    (1.0, 0, 0.9, 0.0, 1.0),
    (1.0, 0, 0.3, 0.0, 1.0),
    (1.0, 0, 0.01, 0.0, 1.0),
    (1.0, 0, 1.0, 0.1, 1.0),
    (1.0, 0, 1.0, 0.99, 1.0),
    (1.0, 0, 1.0, 0.0, 1.3),
    (1.0, 0, 1.0, 0.0, 0.7),
    (1.8, 10, 0.9, 0.0, 1.0),
    (1.8, 12, 0.8, 0.2, 1.0),
    (0.6, 0, 0.95, 0.05, 1.2),
    (3.0, 20, 0.7, 0.05, 1.5),
    (3.0, 7, 0.99, 0.5, 2.0),
    (0.0, 0, 1.0, 0.0, 1.0),
    (0.0, 3, 0.5, 0.5, 1.8),
]


def by_transformers(logits: np.ndarray, seen: np.ndarray, case: tuple) -> np.ndarray:
    """Log-probabilities by the chain that generate() builds; at temperature 0 all on the best."""
    temperature, top_k, top_p, min_p, penalty = case
    settings = GenerationConfig(
        do_sample=temperature > 0,
        temperature=temperature or None,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p or None,
        repetition_penalty=float(penalty),
    )
    model = GPT2LMHeadModel(GPT2Config(n_embd=4, n_layer=1, n_head=1, vocab_size=VOCABULARY))
    chain = model._get_logits_processor(settings, input_ids_seq_length=len(seen), device="cpu")
    scores = chain(torch.from_numpy(seen)[None], torch.from_numpy(logits)[None].clone())[0]
    if temperature == 0:
        scores = torch.where(scores == scores.max(), 0.0, -torch.inf)
    return scores.log_softmax(-1).numpy()


def by_specification(logits: np.ndarray, seen: np.ndarray, case: tuple) -> tuple[np.ndarray, float]:
    """The scores that are drawn from, -inf where removed, and how far the limits are from a token."""
    temperature, top_k, top_p, min_p, penalty = case
    scores = logits.astype(np.float64)
    for token in set(seen.tolist()):
        scores[token] = scores[token] / penalty if scores[token] > 0 else scores[token] * penalty
    order = np.argsort(-scores, kind="stable")
    margin = float(np.diff(scores[order[::-1]]).min())
    if temperature == 0:
        out = np.full_like(scores, -np.inf)
        out[order[0]] = 0
        return out, margin
    scores /= temperature
    kept = order[:top_k] if top_k else order
    p = np.exp(scores[kept] - scores[kept[0]])
    p /= p.sum()
    if top_p < 1:
        before = np.cumsum(p) - p
        margin = min(margin, np.abs(before[1:] - top_p).min())
        kept = kept[before < top_p]
        p = p[: len(kept)] / p[: len(kept)].sum()
    if min_p > 0:
        margin = min(margin, np.abs(p / p[0] - min_p).min())
        kept = kept[p >= min_p * p[0]]
    out = np.full_like(scores, -np.inf)
    out[kept] = scores[kept]
    return out, margin


def philox(key: int, block: np.ndarray, draw: int, stream: int) -> np.ndarray:
    """Philox4x32-10 (Salmon et al. 2011) of counters (block, draw, stream): words [blocks, 4]."""
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    stream, key = stream % 2**64, key % 2**64
    c = [block.astype(np.uint64)]
    c += [np.full_like(c[0], value) for value in (draw, stream & 0xFFFFFFFF, stream >> 32)]
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(b >> half) ^ c[1] ^ np.uint64(k0), b & low, (a >> half) ^ c[3] ^ np.uint64(k1), a & low]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, axis=1)


def draw(scores: np.ndarray, seed: int, number: int, stream: int) -> int:
    words = philox(seed, np.arange((len(scores) + 3) // 4), number, stream).reshape(-1)
    noisy = scores - np.log(-np.log((words[: len(scores)] + 0.5) * 2.0**-32))
    best = np.argsort(-noisy)[:2]
    return int(best[0]) if noisy[best[0]] - noisy[best[1]] > CLEAR else -1


def write_sampling(folder: pathlib.Path) -> None:
    zeros = philox(0, np.arange(1), 0, 0)[0].tolist()
    assert zeros == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8], "Random123's known answer"
    random = np.random.RandomState(41)
    rows = {"logits": [], "seen": [], "log_probs": [], "draws": [], "seeds": []}
    for number, case in enumerate(CASES):
        edge = number == 1
        seed = EDGE_SEED if edge else int(random.randint(-(2**63), 2**63, dtype=np.int64))
        while True:
            logits = (2.5 * random.standard_normal(VOCABULARY)).astype(np.float32)
            if edge:
                logits[EDGE_TOKEN] = -60
            seen = random.choice(VOCABULARY, SEEN)
            seen[:2] = logits.argmax(), logits.argmin()
            scores, margin = by_specification(logits, seen, case)
            if margin > CLEAR:
                break
        log_probs = by_transformers(logits, seen, case)
        ours = scores - np.log(np.exp(scores - scores.max()).sum()) - scores.max()
        both = np.isfinite(ours)
        assert (both == np.isfinite(log_probs)).all(), f"case {case}: transformers keeps other tokens"
        assert np.allclose(ours[both], log_probs[both], rtol=1e-6, atol=1e-5), f"case {case}"
        rows["logits"].append(logits)
        rows["seen"].append(seen.astype(np.int32))
        rows["log_probs"].append(log_probs)
        rows["seeds"].append(np.int64(seed))
        rows["draws"].append(
            np.array([[draw(scores, seed, d, s) for d in range(DRAWS)] for s in STREAMS], np.int32)
        )
    tensors = {name: torch.from_numpy(np.stack(values)) for name, values in rows.items()}
    tensors["parameters"] = torch.tensor(CASES, dtype=torch.float32)
    tensors["streams"] = torch.tensor(STREAMS, dtype=torch.int64)
    folder.mkdir(parents=True)
    save_file(tensors, folder / "cases.safetensors")
    unclear, draws = (tensors["draws"] < 0).sum().item(), tensors["draws"].numel()
    print(f"sampling: {len(CASES)} cases agree with transformers; {unclear} of {draws} draws unclear")
