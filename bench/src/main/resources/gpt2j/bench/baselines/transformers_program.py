"""Hugging Face transformers: a bare loop over a DynamicCache rather than generate(), whose own work
between steps would only make it slower."""

import protocol


def load(options):
    import torch
    import transformers
    from transformers import DynamicCache, GPT2LMHeadModel

    protocol.require(torch, options.device)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(options.threads)
    dtype = protocol.dtype(torch, options.precision)
    model = GPT2LMHeadModel.from_pretrained(options.model, dtype=dtype).eval().to(options.device)

    @torch.inference_mode()
    def generate(prompts, count):
        cache = DynamicCache(config=model.config)
        ids = torch.tensor(prompts, device=options.device)
        for _ in range(count):
            out = model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
            ids = out.logits[:, -1].argmax(-1, keepdim=True)
            yield ids[:, 0].tolist()

    return f"transformers {transformers.__version__}, torch {torch.__version__}", generate


if __name__ == "__main__":
    protocol.main(load)
