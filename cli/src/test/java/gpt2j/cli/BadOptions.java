package gpt2j.cli;

import static gpt2j.cli.BadInput.failure;
import static gpt2j.cli.BadInput.usage;

import java.util.stream.Stream;

/** Command lines that are wrong whatever the files. */
final class BadOptions {
  private BadOptions() {}

  static Stream<BadInput> commandLines() {
    return Stream.of(
        usage(
            "nothing at all",
            "no prompt: give --prompt TEXT, --prompt-file FILE or --token-ids IDS"),
        usage(
            "unknown option",
            "unknown option '--modle'; did you mean --model?",
            "--modle",
            "@/model"),
        usage(
            "unknown option like no other",
            "unknown option '--xyz=1'; --help shows all",
            "--xyz=1"),
        usage("unknown short option", "unknown option '-x'; --help shows all", "-x"),
        usage("unknown command", "unknown command 'scroe'; did you mean score?", "scroe"),
        usage("command's beginning", "unknown command 'tok'; did you mean tokenize?", "tok"),
        usage(
            "word that is like no command",
            "unknown command 'Once'; --help shows all, and a text to go on from needs --prompt",
            "Once"),
        usage(
            "text in place of a command",
            "unknown command 'Once upon a time'; a text to go on from needs --prompt: bin/cli"
                + " --prompt 'Once upon a time'",
            "Once upon a time"),
        usage(
            "word in place of a command",
            "unknown command 'Q:'; --help shows all, and a text to go on from needs --prompt",
            "Q:"),
        usage(
            "unknown command to explain", "unknown command 'foo'; --help shows all", "help", "foo"),
        usage(
            "prompt without option",
            "unexpected argument 'Once upon'; a prompt needs --prompt",
            "--model",
            "@/model",
            "Once upon"),
        usage(
            "two texts",
            "unexpected argument 'two'; --help shows what may be given",
            "tokenize",
            "one",
            "two"),
        usage(
            "options before the command",
            "--model: options come after the command, as in bin/cli score --model …",
            "--model",
            "@/model",
            "score",
            "text"),
        usage("option without value", "--threads: needs a value, as in --threads=N", "--threads"),
        usage(
            "option instead of value",
            "--prompt: needs a value, as in --prompt=TEXT",
            "--prompt",
            "--top-k",
            "4"),
        usage("option twice", "--top-k: is given more than once", "--top-k", "4", "--top_k=5"),
        usage(
            "cache and no cache",
            "--use-cache: is given more than once",
            "--use-cache",
            "--no-use-cache"),
        usage(
            "two prompts",
            "--prompt and --prompt-file exclude each other: give one of them",
            "--model=@/model",
            "--prompt=a",
            "--prompt-file=@/file.txt"),
        usage(
            "three prompts",
            "--prompt and --prompt-file and --token-ids exclude each other: give one of them",
            "--model=@/model",
            "--prompt=a",
            "--prompt-file=@/file.txt",
            "--token-ids=1"),
        usage(
            "a text and a file to score",
            "TEXT and --file exclude each other: give one of them",
            "score",
            "--model=@/model",
            "text",
            "--file=@/file.txt"),
        usage("no text to score", "no text: give TEXT, --file FILE or --token-ids IDS", "score"),
        usage("no text to tokenize", "no text: give TEXT, --file FILE or --decode IDS", "tokenize"),
        usage(
            "empty model",
            "--model: must be a path or the name of a model of the hub, and is empty",
            "--model=",
            "--prompt=a"),
        usage(
            "unknown backend",
            "--backend: must be cpu, cuda or reference, not 'tpu'",
            "--backend=tpu"),
        usage(
            "unknown precision",
            "--precision: must be f32, f16, bf16, q8_0 or q4_0, not 'f8'",
            "--precision=f8"),
        usage(
            "unknown products",
            "--cuda-gemm: must be auto, custom or cublas, not 'fast'",
            "--cuda-gemm=fast"),
        usage(
            "products of another backend",
            "--cuda-gemm: only for --backend=cuda, not for cpu",
            "--model=@/model",
            "--prompt=a",
            "--backend=cpu",
            "--cuda-gemm=custom"),
        usage("unknown format", "--format: must be text or json, not 'xml'", "--format=xml"),
        usage(
            "unknown context overflow",
            "--context-overflow: must be stop, recompute or slide, not 'wrap'",
            "--context-overflow=wrap"),
        usage("unknown shell", "SHELL: must be bash or zsh, not 'fish'", "completion", "fish"),
        usage(
            "program name with a blank",
            "--name: must be the name of a program, not 'a b'",
            "completion",
            "--name=a b"),
        usage(
            "cache neither on nor off",
            "--use-cache: must be true or false, not 'perhaps'",
            "--use-cache=perhaps"));
  }

  static Stream<BadInput> benchmarks() {
    return Stream.of(
        usage(
            "a model and a size to measure",
            "--model and --size exclude each other: give one of them",
            "bench",
            "throughput",
            "--model=@/model",
            "--size=gpt2"),
        usage(
            "no batch",
            "--batch: must be a whole number, 1 or more, not '0'",
            "bench",
            "throughput",
            "--batch=1,0"),
        usage("twice the same", "--size: names 'gpt2' twice", "bench", "trace", "--size=gpt2,gpt2"),
        usage(
            "unknown backend to measure",
            "--backend: must be cpu, cuda or reference, not 'tpu'",
            "bench",
            "trace",
            "--backend=cpu,tpu"),
        usage(
            "setting of another backend",
            "--backend: 'cpu/gemm=cublas': the cpu backend has no setting gemm",
            "bench",
            "trace",
            "--backend=cpu/gemm=cublas"),
        usage(
            "unknown way to multiply, to measure",
            "--backend: 'cuda/gemm=fast': the cuda backend's setting gemm must be one of *",
            "bench",
            "trace",
            "--backend=cuda/gemm=fast"),
        usage(
            "setting without a value",
            "--backend: 'cuda/gemm': a backend is written name or name/setting=value, not"
                + " cuda/gemm",
            "bench",
            "trace",
            "--backend=cuda/gemm"),
        usage(
            "options beside a file with settings",
            "--config and --batch exclude each other: the settings come from the file",
            "bench",
            "experiment",
            "--config=@/file.txt",
            "--batch=2"),
        usage(
            "options beside a run to go on with",
            "--resume and --new-tokens exclude each other: the settings come from the file",
            "bench",
            "experiment",
            "--resume=@/model",
            "--new-tokens=2"),
        usage(
            "a file without settings",
            "--config @/file.txt: is not valid JSON at character 0: *",
            "bench",
            "experiment",
            "--config=@/file.txt"),
        failure(
            "nothing to go on with",
            "@/model/result.json: does not exist",
            "bench",
            "experiment",
            "--resume=@/model"));
  }

  static Stream<BadInput> numbers() {
    return Stream.of(
        usage("no threads", "--threads: must be a whole number, 1 or more, not '0'", "--threads=0"),
        usage(
            "threads in words",
            "--threads: must be a whole number, 1 or more, not 'two'",
            "--threads=two"),
        usage(
            "more threads than any machine has",
            "--threads: must be at most 4096, not '99999999999'",
            "--threads=99999999999"),
        usage(
            "more samples than any memory holds",
            "--num-samples: must be at most 65536, not '65537'",
            "--num-samples=65537"),
        usage(
            "negative temperature",
            "--temperature: must be a number, 0 or more, not '-1'",
            "--temperature=-1"),
        usage(
            "temperature that is no number",
            "--temperature: must be a number, 0 or more, not 'NaN'",
            "--temperature=NaN"),
        usage(
            "temperature without end",
            "--temperature: must be a number, 0 or more, not '1e99'",
            "--temperature=1e99"),
        usage(
            "negative top-k", "--top-k: must be a whole number, 0 or more, not '-1'", "--top-k=-1"),
        usage(
            "half a top-k", "--top-k: must be a whole number, 0 or more, not '1.5'", "--top-k=1.5"),
        usage(
            "top-p of none", "--top-p: must be a number above 0, at most 1, not '0'", "--top-p=0"),
        usage(
            "top-p of more than all",
            "--top-p: must be a number above 0, at most 1, not '1.1'",
            "--top-p=1.1"),
        usage("min-p of all", "--min-p: must be a number from 0, below 1, not '1'", "--min-p=1"),
        usage(
            "negative min-p",
            "--min-p: must be a number from 0, below 1, not '-.5'",
            "--min-p=-.5"),
        usage(
            "no penalty",
            "--repetition-penalty: must be a number above 0, not '0'",
            "--repetition-penalty=0"),
        usage(
            "presence penalty that is no number",
            "--presence-penalty: must be a number of float32, not 'NaN'",
            "--presence-penalty=NaN"),
        usage(
            "frequency penalty beyond float32",
            "--frequency-penalty: must be a number of float32, not '1e39'",
            "--frequency-penalty=1e39"),
        usage(
            "no new tokens",
            "--max-new-tokens: must be a whole number, 1 or more, not '0'",
            "--max_new_tokens=0"),
        usage(
            "no samples",
            "--num-samples: must be a whole number, 1 or more, not '0'",
            "--num_samples=0"),
        usage("seed in words", "--seed: must be a whole number, not 'x'", "--seed=x"),
        usage(
            "seed of 65 bits",
            "--seed: must be at most 9223372036854775807, not '9223372036854775808'",
            "--seed=9223372036854775808"),
        usage(
            "negative top logprobs",
            "--top-logprobs: must be a whole number, 0 or more, not '-2'",
            "score",
            "--top-logprobs=-2"),
        usage(
            "stride of nothing",
            "--stride: must be a whole number, 1 or more, not '0'",
            "score",
            "--stride=0"),
        usage(
                "wrong number in the environment",
                "environment variable GPT2J_THREADS: must be a whole number, 1 or more, not 'many'",
                "--model=@/model",
                "--prompt=a")
            .environment("GPT2J_THREADS", "many"),
        usage(
                "wrong backend in the environment",
                "environment variable GPT2J_BACKEND: must be cpu, cuda or reference, not 'gpu'",
                "score",
                "text")
            .environment("GPT2J_BACKEND", "gpu"));
  }
}
