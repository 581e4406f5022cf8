"""Hugging Face transformers on the same work as gpt2j: prefill and cached greedy decoding."""

import statistics
import time


PREFILLS = 5


class Transformers:
    """One loaded model. Raises ImportError where torch or transformers is missing."""

    def __init__(self, model: str, precision: str, threads: int):
        import torch
        import transformers
        from transformers import DynamicCache, GPT2LMHeadModel

        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        torch.set_num_threads(threads)
        self.torch, self.cache = torch, DynamicCache
        self.version = f"transformers {transformers.__version__}, torch {torch.__version__}"
        dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[precision]
        self.model = GPT2LMHeadModel.from_pretrained(model, dtype=dtype).eval()

    def prefill(self, prompt: list[int]) -> dict:
        """The time until the token after the prompt is known: logits of the last position only."""
        times = []
        with self.torch.inference_mode():
            for _ in range(PREFILLS):
                begin = time.perf_counter()
                self._next(self.torch.tensor([prompt]), self.cache(config=self.model.config)).item()
                times.append(time.perf_counter() - begin)
        return {"prefill_s": statistics.median(times)}

    def decode(self, prompt: list[int], count: int) -> dict:
        """The time of a step after the first new token, and the greedy tokens.

        A bare loop over a DynamicCache rather than generate(), whose own work between steps would
        only make transformers slower.
        """
        with self.torch.inference_mode():
            cache = self.cache(config=self.model.config)
            token = self._next(self.torch.tensor([prompt]), cache)
            tokens, steps = [token.item()], []
            while len(tokens) < count:
                begin = time.perf_counter()
                token = self._next(token, cache)
                tokens.append(token.item())
                steps.append(time.perf_counter() - begin)
        return {
            "step_s": statistics.median(steps),
            "mean_step_s": statistics.mean(steps),
            "tokens": tokens,
        }

    def _next(self, ids, cache):
        """The most probable next token, [1, 1]."""
        out = self.model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        return out.logits[0, -1].argmax().view(1, 1)
