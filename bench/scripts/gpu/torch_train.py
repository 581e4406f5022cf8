"""Updates of GPT-2 in plain PyTorch on the work that gpt2j's training is measured with, as one JSON
object: forward and backward pass, clipping, AdamW, in exact float32 (no TF32), as gpt2j's. Random
tokens, on which times don't depend; eager, and with the model compiled.
"""

import argparse
import json

import torch
import torch.nn.functional as F

import torch_gpt2


class Trained(torch.nn.Module):
    """The mean loss of whole sequences."""

    def __init__(self, shape):
        super().__init__()
        self.gpt2 = torch_gpt2.Gpt2(*shape)

    def forward(self, tokens, targets):
        m = self.gpt2
        x = m.wte(tokens) + m.wpe(m.places[: tokens.shape[1]])
        for block in m.h:
            x = block(x, m.heads, lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True))
        logits = m.ln_f(x) @ m.wte.weight.T
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))


def measure(shape, options) -> dict:
    device, clock = options.device, torch_gpt2.Clock(options.device)
    torch.manual_seed(0)
    model = Trained(shape).to(device)
    text = torch.randint(0, model.gpt2.vocabulary, (options.batch, options.tokens + 1), device=device)
    tokens, targets = text[:, :-1].contiguous(), text[:, 1:].contiguous()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), fused=device == "cuda")

    def update(loss_of):
        loss = loss_of(tokens, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss.item()

    row = {"batch": options.batch, "tokens": options.tokens}
    row["eager_update_s"] = clock.seconds(lambda: update(model), options.repetitions)
    try:
        compiled = torch.compile(model)
        row["compiled_update_s"] = clock.seconds(lambda: update(compiled), options.repetitions)
    except Exception as failure:  # no compiler, no Triton: said, not hidden
        row["compiled_failed"] = f"{type(failure).__name__}: {str(failure).strip().splitlines()[0][:300]}"
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--size", default="gpt2", help="a standard size, or LAYERS,HEADS,WIDTH,CONTEXT")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    torch.set_float32_matmul_precision("highest")
    given = options.size.split(",")
    shape = torch_gpt2.SIZES[options.size] if len(given) == 1 else tuple(map(int, given))
    print(json.dumps({"torch": torch.__version__} | measure(shape, options)))


if __name__ == "__main__":
    main()
