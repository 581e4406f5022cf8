#!/usr/bin/env python3
"""Makes golden.txt: what PyTorch computes, in float64, from float32 inputs,
and what gguf makes of weights.

Usage: make_golden.py > ../resources/gpt2j/testkit/golden.txt

Each line is a name, a shape and the values: inputs so that they are read back exactly, results with
17 digits. The draws follow the Javadoc of gpt2j.api.SamplingParameters, written anew with NumPy.
"""

import math

import gguf
import numpy as np
import torch
import torch.nn.functional as F


def show(name, tensor):
    tensor = torch.as_tensor(tensor)
    shape = ",".join(str(size) for size in tensor.shape)
    digits = 9 if tensor.dtype == torch.float32 else 17
    values = " ".join(
        str(v) if isinstance(v, int) else f"{v:.{digits}g}".replace("inf", "Infinity")
        for v in tensor.flatten().tolist()
    )
    print(f"{name} {shape} {values}")


def random(*shape, scale=1.0):
    return torch.randn(*shape, dtype=torch.float32) * scale


def layer_norm():
    x, gain, bias = random(4, 13), random(13), random(13)
    x[1] += 100
    x[2] *= 1e-3
    x[3] = 2.5
    show("layer_norm.x", x)
    show("layer_norm.gain", gain)
    show("layer_norm.bias", bias)
    out = F.layer_norm(x.double(), (13,), gain.double(), bias.double(), eps=float(np.float32(1e-5)))
    show("layer_norm.out", out)


def linear():
    x, weight, bias, residual = random(3, 7), random(7, 5), random(5), random(3, 5)
    show("linear.x", x)
    show("linear.weight", weight)
    show("linear.bias", bias)
    show("linear.residual", residual)
    product = F.linear(x.double(), weight.T.double(), bias.double())
    show("linear.NONE", product)
    show("linear.GELU_TANH", F.gelu(product, approximate="tanh"))
    show("linear.GELU_ERF", F.gelu(product))
    show("linear.ADD_TO_OUT", residual.double() + product)
    for precision, dtype in (("F16", torch.float16), ("BF16", torch.bfloat16)):
        rounded = weight.to(dtype).double()
        show(f"linear.{precision}", F.linear(x.double(), rounded.T, bias.double()))


def weight_formats():
    """What gguf's own packing leaves of weights, in groups of 32 along the last dimension."""
    weights = random(8, 64)
    weights[1] = 0
    weights[2] *= 1e-6
    weights[3] = torch.linspace(-1, 1, 64)
    weights[4, ::3] *= 100
    weights[5] = weights[5].abs()
    weights[6] = -weights[6].abs()
    weights[7, :4] = torch.tensor([2.0, -2.0, 1.0, -1.0])  # of equal magnitude
    show("formats.weights", weights)
    for name in ("Q8_0", "Q4_0"):
        kind = gguf.GGMLQuantizationType[name]
        packed = gguf.quants.quantize(weights.numpy(), kind)
        show(f"formats.{name}", torch.from_numpy(gguf.quants.dequantize(packed, kind)))


def gelu():
    x = torch.linspace(-10, 10, 161, dtype=torch.float32)
    show("gelu.x", x)
    show("gelu.tanh", F.gelu(x.double(), approximate="tanh"))
    show("gelu.erf", F.gelu(x.double()))
    points = [0.0, 1e-300, 1e-10, 0.1, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 5.9, 6, 7, 30]
    points = torch.tensor(points, dtype=torch.float64)
    show("erf.x", points)
    show("erf.out", torch.tensor([math.erf(v) for v in points.tolist()], dtype=torch.float64))


def attention():
    """One sequence of 9 positions, 3 heads of size 5."""
    heads, size, length = 3, 5, 9
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        name = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}[dtype]
        qkv = random(length, 3 * heads * size, scale=2)
        show(f"attention.{name}.qkv", qkv)
        q, k, v = (
            part.reshape(length, heads, size).transpose(0, 1)  # (heads, length, size)
            for part in qkv.chunk(3, dim=1)
        )
        k, v = k.to(dtype), v.to(dtype)
        scale = float(np.float32(0.4))
        out = F.scaled_dot_product_attention(
            q.double(), k.double(), v.double(), is_causal=True, scale=scale
        )
        show(f"attention.{name}.out", out.transpose(0, 1).reshape(length, heads * size))
        scores = (q.double() @ k.double().transpose(1, 2)) * scale
        scores.masked_fill_(torch.ones(length, length).triu(1).bool(), -math.inf)
        show(f"attention.{name}.scores", scores.transpose(0, 1).contiguous())
        show(f"attention.{name}.probabilities", scores.softmax(-1).transpose(0, 1).contiguous())


def logits():
    x, head, targets = random(4, 6), random(11, 6), torch.tensor([10, 0, 3, 3], dtype=torch.int32)
    show("logits.x", x)
    show("logits.head", head)
    out = x.double() @ head.double().T
    show("logits.out", out)
    single = out.float() * 8
    show("cross_entropy.logits", single)
    show("cross_entropy.targets", targets)
    show("cross_entropy.losses", F.cross_entropy(single.double(), targets.long(), reduction="none"))


def philox(key, block, draw, stream):
    c = [block, draw, stream & 0xFFFFFFFF, stream >> 32 & 0xFFFFFFFF]
    k = [key & 0xFFFFFFFF, key >> 32 & 0xFFFFFFFF]
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [
            p1 >> 32 ^ c[1] ^ k[0],
            p1 & 0xFFFFFFFF,
            p0 >> 32 ^ c[3] ^ k[1],
            p0 & 0xFFFFFFFF,
        ]
        k = [k[0] + 0x9E3779B9 & 0xFFFFFFFF, k[1] + 0xBB67AE85 & 0xFFFFFFFF]
    return c


def draw_token(logits, seen, draw, stream, temperature, top_k, top_p, min_p, penalty, seed):
    scores = np.array(logits, dtype=np.float64)
    for token in seen:
        scores[token] = scores[token] / penalty if scores[token] > 0 else scores[token] * penalty
    if temperature == 0:
        return int(np.argmax(scores))
    scores /= temperature
    order = sorted(range(len(scores)), key=lambda token: (-scores[token], token))
    if top_k:
        order = order[:top_k]
    p = np.exp(scores[order] - scores[order[0]])
    p /= p.sum()
    if top_p < 1:
        count = int(np.searchsorted(np.cumsum(p), top_p)) + 1
        order, p = order[:count], p[:count]
    order = [token for token, probability in zip(order, p) if probability >= min_p * p[0]]

    def noisy(token):
        word = philox(seed, token // 4, draw, stream)[token % 4]
        return scores[token] - math.log(-math.log((word + 0.5) / 2**32))

    return max(order, key=noisy)


def sampling():
    """Sequences of 25 draws from changing logits; each a row of parameters, then of tokens."""
    steps, vocabulary = 25, 40
    logits = random(steps, vocabulary, scale=2)
    show("sampling.logits", logits)
    single = lambda value: float(np.float32(value))
    parameters = []
    for temperature in (0, 0.7, 1, 1.6):
        for top_k in (0, 1, 7):
            for top_p in (1, 0.9, 0.4):
                for min_p in (0, 0.1):
                    for penalty in (1, 1.4):
                        parameters.append((temperature, top_k, top_p, min_p, penalty))
    tokens = []
    for i, p in enumerate(parameters):
        seed, stream, first = 0x9E3779B97F4A7C15 * i % 2**63, 3 * i + (i << 33), 1000 * i
        seen, drawn = {i % vocabulary}, []
        rounded = [single(value) for value in p]
        for step in range(steps):
            values = logits[step].tolist()
            token = draw_token(values, seen, first + step, stream, rounded[0], p[1], *rounded[2:], seed)
            seen.add(token)
            drawn.append(token)
        tokens.append(drawn)
    show("sampling.parameters", torch.tensor(parameters, dtype=torch.float32))
    show("sampling.tokens", torch.tensor(tokens, dtype=torch.int32))


def dropout_mask(count, probability, seed, site, number):
    """0 or 1 / (1 - probability) for each element, as the Javadoc of gpt2j.api.Dropout says."""
    threshold = int(probability * 2**32)
    words = [philox(seed, e // 4, number, site)[e % 4] for e in range(count)]
    return torch.tensor([0 if w < threshold else 1 / (1 - probability) for w in words], dtype=torch.float64)


def training_dropout():
    probability = float(np.float32(0.3))
    show("dropout.mask", dropout_mask(203, probability, 0x123456789ABCDEF0, 5, 77))


def training_norm():
    x, gain, bias, gradient = random(4, 13), random(13), random(13), random(4, 13)
    leaves = [t.double().requires_grad_() for t in (x, gain, bias)]
    F.layer_norm(leaves[0], (13,), *leaves[1:], eps=float(np.float32(1e-5))).backward(gradient.double())
    for name, t in (("x", x), ("gain", gain), ("bias", bias), ("gradient", gradient)):
        show("layer_norm_backward." + name, t)
    for name, t in zip(("x", "gain", "bias"), leaves):
        show("layer_norm_backward.by_" + name, t.grad)


def training_gelu():
    x = torch.linspace(-6, 6, 49, dtype=torch.float32)
    show("gelu_backward.x", x)
    for form, approximate in (("TANH", "tanh"), ("ERF", "none")):
        leaf = x.double().requires_grad_()
        F.gelu(leaf, approximate=approximate).sum().backward()
        show("gelu_backward." + form, leaf.grad)


def training_attention():
    """Two sequences of 5, three heads of 4, with dropout and without."""
    sequences, length, heads, size = 2, 5, 3, 4
    width, n = heads * size, sequences * length
    qkv, gradient = random(n, 3 * width), random(n, width)
    show("attention_backward.qkv", qkv)
    show("attention_backward.gradient", gradient)
    probability = float(np.float32(0.3))
    mask = dropout_mask(n * heads * length, probability, 0x123456789ABCDEF0, 5, 77)
    # Element (row * heads + head) * T + j, as [sequence, head, row, j].
    mask = mask.view(sequences, length, heads, length).transpose(1, 2)
    for name, factor in (("none", torch.ones_like(mask)), ("dropout", mask)):
        leaf = qkv.double().requires_grad_()
        q, k, v = leaf.view(sequences, length, 3, heads, size).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1) * float(np.float32(0.4))
        causal = torch.ones(length, length, dtype=torch.bool).tril()
        scores = scores.masked_fill(~causal, -torch.inf)
        out = (scores.softmax(-1) * factor) @ v
        out = out.transpose(1, 2).reshape(n, width)
        out.backward(gradient.double())
        show(f"attention_backward.{name}.out", out.detach())
        sums = scores.detach().logsumexp(-1).transpose(1, 2).reshape(n, heads)
        show(f"attention_backward.{name}.log_sum_exp", sums)
        show(f"attention_backward.{name}.by_qkv", leaf.grad)


def training_loss():
    logits, targets = random(6, 11, scale=3), torch.tensor([3, -100, 0, 10, -100, 7], dtype=torch.int32)
    leaf = logits.double().requires_grad_()
    losses = F.cross_entropy(leaf, targets.long(), ignore_index=-100, reduction="none")
    (losses.sum() / 4).backward()
    show("loss_backward.logits", logits)
    show("loss_backward.targets", targets)
    show("loss_backward.losses", losses.detach())
    show("loss_backward.by_logits", leaf.grad)


def training_update():
    """Three updates of one parameter, clipped to a norm of 1."""
    parameter, gradients = random(17), random(3, 17)
    leaf = parameter.double().requires_grad_()
    single = lambda value: float(np.float32(value))
    optimizer = torch.optim.AdamW(
        [leaf], lr=single(0.01), betas=(single(0.9), single(0.95)), eps=single(1e-6), weight_decay=single(0.1)
    )
    show("adamw.parameter", parameter)
    show("adamw.gradients", gradients)
    norms = []
    for gradient in gradients:
        leaf.grad = gradient.double()
        norms.append(torch.nn.utils.clip_grad_norm_([leaf], 1.0).item())
        optimizer.step()
    show("adamw.norms", torch.tensor(norms, dtype=torch.float64))
    show("adamw.updated", leaf.detach())


torch.manual_seed(20)
layer_norm()
linear()
gelu()
attention()
logits()
sampling()
training_dropout()
training_norm()
training_gelu()
training_attention()
training_loss()
training_update()
weight_formats()
