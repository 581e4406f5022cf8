"""GPT-2 in PyTorch in the manner of nanoGPT: without a cache as the original, so that each step
evaluates the whole text again, or, as its forks do, with keys and values kept and concatenated."""

import json
import pathlib

import protocol

CACHE = "cache"


def load(options):
    import safetensors.torch
    import torch
    from torch import nn
    from torch.nn import functional as F

    protocol.require(torch, options.device)
    torch.set_num_threads(options.threads)
    folder = pathlib.Path(options.model)
    config = json.loads((folder / "config.json").read_text())
    if config.get("activation_function", "gelu_new") != "gelu_new":
        raise protocol.Unsupported("activation functions other than gelu_new aren't written here")
    width, heads, layers = (config[name] for name in ("n_embd", "n_head", "n_layer"))
    epsilon = config.get("layer_norm_epsilon", 1e-5)
    inner = config.get("n_inner") or 4 * width

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.ln_1, self.ln_2 = (nn.LayerNorm(width, eps=epsilon) for _ in range(2))
            self.c_attn = nn.Linear(width, 3 * width)
            self.attn_proj = nn.Linear(width, width)
            self.c_fc = nn.Linear(width, inner)
            self.mlp_proj = nn.Linear(inner, width)
            self.keys = self.values = None

        def forward(self, x, keep):
            batch, length, _ = x.shape
            parts = self.c_attn(self.ln_1(x)).split(width, dim=2)
            query, key, value = (part.view(batch, length, heads, -1).transpose(1, 2) for part in parts)
            if keep:
                if self.keys is not None:
                    key = torch.cat((self.keys, key), dim=2)
                    value = torch.cat((self.values, value), dim=2)
                self.keys, self.values = key, value
            mixed = F.scaled_dot_product_attention(query, key, value, is_causal=length > 1)
            x = x + self.attn_proj(mixed.transpose(1, 2).reshape(batch, length, width))
            return x + self.mlp_proj(F.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.wte = nn.Embedding(config["vocab_size"], width)
            self.wpe = nn.Embedding(config["n_positions"], width)
            self.blocks = nn.ModuleList(Block() for _ in range(layers))
            self.ln_f = nn.LayerNorm(width, eps=epsilon)
            self.head = nn.Linear(width, config["vocab_size"], bias=False)
            self.head.weight = self.wte.weight

        def forward(self, ids, position, keep):
            positions = torch.arange(position, position + ids.shape[1], device=ids.device)
            x = self.wte(ids) + self.wpe(positions)
            for block in self.blocks:
                x = block(x, keep)
            return self.head(self.ln_f(x[:, -1:]))[:, -1].argmax(-1, keepdim=True)

    parts = {
        "ln_1": "ln_1",
        "ln_2": "ln_2",
        "attn.c_attn": "c_attn",
        "attn.c_proj": "attn_proj",
        "mlp.c_fc": "c_fc",
        "mlp.c_proj": "mlp_proj",
    }
    weights = {}
    for file in sorted(folder.glob("*.safetensors")):
        for name, tensor in safetensors.torch.load_file(file).items():
            weights[name.removeprefix("transformer.")] = tensor
    if "lm_head.weight" in weights and not torch.equal(weights["lm_head.weight"], weights["wte.weight"]):
        raise protocol.Unsupported("output heads of their own aren't written here")
    state = {name: weights[name] for name in ("wte.weight", "wpe.weight", "ln_f.weight", "ln_f.bias")}
    state["head.weight"] = state["wte.weight"]
    for layer in range(layers):
        for theirs, ours in parts.items():
            for kind in ("weight", "bias"):
                tensor = weights[f"h.{layer}.{theirs}.{kind}"]
                # Matrices are [inputs, outputs] in the checkpoint, [outputs, inputs] in nn.Linear.
                state[f"blocks.{layer}.{ours}.{kind}"] = tensor.t() if tensor.dim() == 2 else tensor
    with torch.device("meta"):
        model = Model()
    model.load_state_dict({name: tensor.contiguous() for name, tensor in state.items()}, assign=True)
    model.head.weight = model.wte.weight
    model = model.to(device=options.device, dtype=protocol.dtype(torch, options.precision)).eval()
    del weights, state
    keep = options.variant == CACHE

    @torch.inference_mode()
    def generate(prompts, count):
        if not keep and len(prompts) > 1:
            raise protocol.Unsupported("without a cache batches take too long to wait for")
        for block in model.blocks:
            block.keys = block.values = None
        text = ids = torch.tensor(prompts, device=options.device)
        for _ in range(count):
            ids = model(ids, text.shape[1] - ids.shape[1], keep)
            yield ids[:, 0].tolist()
            text = torch.cat((text, ids), dim=1)
            ids = ids if keep else text

    return f"torch {torch.__version__}", generate


if __name__ == "__main__":
    protocol.main(load)
