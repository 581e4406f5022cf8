"""The checkpoints that make_golden.py writes: what is special about each, and nothing else."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Golden:
    """One small checkpoint.

    name      folder
    why       what it would catch
    config    fields of GPT2Config; what is missing is BASE's
    attention factor on the queries' weights, and so on all scores: at 8 or more the softmax saturates
    key_bias  standard deviation of the keys' biases, which move all scores of a query alike
    outliers  factor on three channels of wpe
    mean      of wpe
    dtype     type of the tensors in the file
    norms     type of the layer norms in the file; None for the same
    prefix    of the names, "transformer." or nothing
    shards    number of files
    buffers   "" for none, else the type in which attn.bias is stored
    head      lm_head.weight in the file: "" none, "copy" of wte, "own" values
    lacks     the tensors that the file hasn't: a regular expression that their names end with
    strangers whether the file has tensors that the model hasn't, and an index that contradicts it
    tokens    length of the sequence that is evaluated; 0 for the whole context
    seed      another one where float32 itself is too far from float64 (see WELL_CONDITIONED)
    """

    name: str
    why: str
    config: dict = field(default_factory=dict)
    attention: float = 1.0
    key_bias: float = 0.1
    outliers: float = 1.0
    mean: float = 0.0
    dtype: str = "F32"
    norms: str | None = None
    prefix: str = "transformer."
    shards: int = 1
    buffers: str = ""
    head: str = ""
    lacks: str = ""
    strangers: bool = False
    tokens: int = 32
    seed: int = 0


BASE = dict(
    vocab_size=47,
    n_positions=48,
    n_embd=20,
    n_layer=2,
    n_head=4,
    activation_function="gelu_new",
)

GOLDENS = [
    Golden("gelu-tanh", "the usual GPT-2, the whole context filled", tokens=0),
    Golden("gelu-erf", "GELU by the error function", dict(activation_function="gelu")),
    Golden("one-head", "head size = width", dict(n_head=1)),
    Golden("three-heads", "an odd number of heads", dict(n_head=3, n_embd=24)),
    Golden(
        "five-heads-of-seven",
        "an odd number of heads, an odd head size, a width that no vector divides",
        dict(n_head=5, n_embd=35, n_layer=1, vocab_size=43),
    ),
    Golden(
        "head-size-64",
        "the head size of every published GPT-2",
        dict(n_head=1, n_embd=64, n_inner=64, n_layer=1, vocab_size=40),
    ),
    Golden("peaked-attention-8", "a softmax near saturation", attention=8.0, tokens=0, seed=5),
    Golden(
        "peaked-attention-20",
        "a saturated softmax over an odd number of heads",
        dict(n_head=3, n_embd=24),
        attention=20.0,
        seed=7,
    ),
    Golden(
        "peaked-attention-erf",
        "a saturated softmax with the other GELU",
        dict(activation_function="gelu", n_layer=3),
        attention=12.0,
        seed=2,
    ),
    Golden(
        "large-scores",
        "scores in the hundreds, above and below zero: exp must neither overflow nor vanish",
        attention=4.0,
        key_bias=10.0,
    ),
    Golden(
        "outlier-channels",
        "channels much larger than the rest, as trained GPT-2 models have them",
        outliers=20.0,
    ),
    Golden(
        "large-mean",
        "rows whose mean is far above their deviation: a variance by E[x²] - E[x]² cancels",
        mean=20.0,
    ),
    Golden(
        "untied-head",
        "an output head of its own",
        dict(tie_word_embeddings=False),
        head="own",
    ),
    Golden("tied-head-in-file", "lm_head stored although it is wte again", head="copy"),
    Golden(
        "tied-head-differs",
        "tied by config.json, yet the file has another lm_head: transformers 5 takes the file's",
        head="own",
    ),
    Golden("f16-file", "float16 weights", dtype="F16"),
    Golden("bf16-file", "bfloat16 weights", dtype="BF16"),
    Golden(
        "bf16-file-peaked",
        "bfloat16 weights, a saturated softmax, odd heads, erf",
        dict(n_head=3, n_embd=24, activation_function="gelu"),
        dtype="BF16",
        attention=12.0,
        seed=6,
    ),
    Golden("mixed-types", "bfloat16 matrices beside float32 layer norms", dtype="BF16", norms="F32"),
    Golden(
        "no-prefix",
        "names as in OpenAI's own checkpoints, with float32 attn.bias buffers",
        prefix="",
        buffers="F32",
    ),
    Golden("bool-buffers", "attn.bias as booleans beside masked_bias", buffers="BOOL"),
    Golden("sharded", "three files and their index", dict(n_layer=3), shards=3),
    Golden(
        "sharded-bf16-no-prefix-buffers",
        "what the file layouts do together",
        dtype="BF16",
        prefix="",
        shards=2,
        buffers="BOOL",
    ),
    Golden("n-inner", "an MLP that isn't four times as wide", dict(n_inner=52)),
    Golden("layer-norm-epsilon", "an epsilon that shows", dict(layer_norm_epsilon=0.05)),
    Golden("unscaled-attention", "scores not divided by the root", dict(scale_attn_weights=False)),
    Golden(
        "scaled-by-layer",
        "scores divided by the layer's number, counted from 1",
        dict(scale_attn_by_inverse_layer_idx=True, n_layer=4),
        attention=4.0,
    ),
    Golden("reorder-and-upcast", "the same mathematics in another order", dict(reorder_and_upcast_attn=True)),
    Golden(
        "every-attention-field",
        "all three fields of attention away from their defaults",
        dict(
            scale_attn_weights=False,
            scale_attn_by_inverse_layer_idx=True,
            reorder_and_upcast_attn=True,
            n_layer=3,
            n_head=3,
            n_embd=24,
        ),
        attention=2.0,
    ),
    Golden("one-layer", "the first layer is the last", dict(n_layer=1)),
    Golden("twelve-layers", "as deep as 124M", dict(n_layer=12, n_embd=12, n_head=2)),
    Golden(
        "context-1024",
        "the context of every published GPT-2, filled to the last position",
        dict(n_positions=1024, n_embd=16, n_head=2, vocab_size=7, n_layer=1),
        attention=2.0,
        tokens=0,
    ),
    Golden(
        "no-biases",
        "a model that was trained without biases, neither of linear layers nor of norms",
        dict(n_layer=1),
        lacks=r"\.bias",
    ),
    Golden(
        "f64-no-norm-biases",
        "float64 weights, to be rounded, and no biases of norms",
        dict(n_layer=1, n_head=2),
        dtype="F64",
        lacks=r"ln_\w\.bias",
    ),
    Golden(
        "strangers",
        "heads for other tasks, masks of any type, a block too many; an index that knows none of them",
        dict(n_layer=1),
        shards=2,
        strangers=True,
    ),
]
