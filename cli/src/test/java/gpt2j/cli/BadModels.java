package gpt2j.cli;

import static gpt2j.cli.BadInput.failure;

import java.util.stream.Stream;

/** Models that can't be run, and backends that can't run them. */
final class BadModels {
  private BadModels() {}

  static Stream<BadInput> checkpoints() {
    return Stream.of(
        failure(
            "no such model",
            "@/none: does not exist; give a directory *",
            "--model=@/none",
            "--prompt=a"),
        failure("no such model in the environment", "@/none: does not exist; *", "--prompt=a")
            .environment("GPT2J_MODEL", "@/none"),
        failure(
            "file as model",
            "@/model/config.json: is no model that can be read; *",
            "--model=@/model/config.json",
            "--prompt=a"),
        checkpoint("no configuration", "no-config", "config.json: does not exist"),
        checkpoint(
            "no weights",
            "no-weights",
            "has neither model.safetensors nor model.safetensors.index.json"),
        checkpoint(
            "pickled weights",
            "pickled",
            "pytorch_model.bin: is no archive of torch.save, as PyTorch writes them since 1.6"),
        checkpoint("truncated weights", "truncated", "model.safetensors: *"),
        checkpoint("lie in the header", "huge-header", "model.safetensors: *"),
        checkpoint("weights in another form", "not-safetensors", "model.safetensors: *"),
        checkpoint("weights of another shape", "wrong-shape", "model.safetensors: *wpe.weight*"),
        checkpoint(
            "other activation",
            "relu",
            "config.json: activation_function \"relu\" is not supported; gelu_new, gelu_fast,"
                + " gelu_pytorch_tanh and gelu are"),
        checkpoint(
            "heads that don't divide the width",
            "heads",
            "config.json: n_embd must be a multiple of n_head, but 16 is not one of 3"),
        checkpoint("other kind of model", "llama", "config.json: model_type *\"llama\"*"),
        checkpoint("configuration cut off", "bad-config", "config.json: is not valid JSON*"),
        checkpoint("vocabulary without merges", "no-merges", "merges.txt: does not exist"),
        checkpoint("tokenizer cut off", "bad-tokenizer", "tokenizer.json: is not valid JSON*"),
        checkpoint("other kind of tokenizer", "foreign", "tokenizer.model: is not supported; *"),
        failure(
            "no model to tokenize with",
            "@/none: does not exist; give a directory *",
            "tokenize",
            "--model=@/none",
            "text"),
        failure(
            "tokenizer cut off, to tokenize with",
            "@/bad-tokenizer: tokenizer.json: is not valid JSON*",
            "tokenize",
            "--model=@/bad-tokenizer",
            "text"),
        failure(
            "backend that isn't there",
            "the cuda backend is unavailable: *",
            "--model=@/model",
            "--prompt=a",
            "--backend=cuda"),
        failure(
            "precision that the backend hasn't",
            "--precision: the backend cpu doesn't have f16; choose f32, bf16, q8_0 or q4_0",
            "--model=@/model",
            "--prompt=a",
            "--precision=f16"));
  }

  private static BadInput checkpoint(String name, String checkpoint, String message) {
    return failure(
        name, "@/" + checkpoint + ": " + message, "--model=@/" + checkpoint, "--prompt=a");
  }
}
