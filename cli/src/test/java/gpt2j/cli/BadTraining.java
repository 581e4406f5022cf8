package gpt2j.cli;

import static gpt2j.cli.BadInput.failure;
import static gpt2j.cli.BadInput.usage;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Training that can't be. */
final class BadTraining {
  private BadTraining() {}

  /** A new tiny model on proper data, with some more options. */
  private static String[] train(String... options) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "train",
                "--data=@/data",
                "--out=@/new-run",
                "--n-layer=1",
                "--n-head=1",
                "--n-embd=8",
                "--n-ctx=16"));
    all.addAll(List.of(options));
    return all.toArray(String[]::new);
  }

  static Stream<BadInput> options() {
    return Stream.of(
        usage(
            "no data",
            "no data: give --data DIR, a directory that prepare wrote",
            "train",
            "--out=@/new-run"),
        usage(
            "no place",
            "no place for the run: give --out DIR, or --resume DIR to go on",
            "train",
            "--data=@/data"),
        usage(
            "no model",
            "no model: give the size of a new one (--size NAME, or --n-layer, --n-head and"
                + " --n-embd), --model MODEL, or --resume DIR",
            "train",
            "--data=@/data",
            "--out=@/new-run"),
        usage(
            "a checkpoint and a size",
            "--model and the size of a new model exclude each other: a checkpoint has its own",
            train("--model=@/model")),
        usage(
            "a checkpoint and another head",
            "--model and the size of a new model exclude each other: a checkpoint has its own",
            "train",
            "--data=@/data",
            "--out=@/new-run",
            "--model=@/model",
            "--untied-head"),
        usage(
            "resumed elsewhere",
            "--out and --resume exclude each other: a resumed run keeps its directory",
            train("--resume=@/run")),
        usage(
            "resumed with settings",
            "--config and --resume exclude each other: a resumed run keeps its settings",
            "train",
            "--resume=@/run",
            "--config=@/file.txt"),
        usage(
            "resumed with another size",
            "--n-layer and --resume exclude each other: a resumed run keeps its model",
            "train",
            "--resume=@/run",
            "--n-layer=3"),
        usage(
            "resumed with another checkpoint",
            "--model and --resume exclude each other: a resumed run keeps its model",
            "train",
            "--resume=@/run",
            "--model=@/model"),
        usage(
            "resumed with another learning rate",
            "--learning-rate: is 0.5, but the run in @/run has 0.001 and keeps it; begin a new run"
                + " from its last checkpoint with --model @/run/last",
            "train",
            "--resume=@/run",
            "--learning-rate=0.5",
            "--min-learning-rate=1e-4"),
        usage(
            "resumed with another seed",
            "--seed: is 9, but the run in @/run has 0 and keeps it; *",
            "train",
            "--resume=@/run",
            "--seed=9"),
        usage(
            "resumed with a larger batch",
            "--batch-size: is 3, but the run in @/run has 2 and keeps it; *",
            "train",
            "--resume=@/run",
            "--batch-size=3"),
        usage(
            "sequences longer than the context",
            "--sequence-length: 17 is more than the model's context of 16",
            train("--sequence-length=17")),
        usage(
            "a batch beyond all memory",
            "--batch-size: 2000000000 sequences of 16 tokens are too many at once; give"
                + " --accumulation",
            train("--batch-size=2000000000")),
        usage(
            "vocabulary larger than the model's",
            "--data @/data: has a vocabulary of 257 tokens, more than the model's 100; prepare it"
                + " with the model's vocabulary",
            train("--vocab-size=100")),
        usage(
            "vocabulary other than the model's",
            "--data @/data: has another vocabulary than @/model: token 0 is another one; prepare it"
                + " with the model's",
            "train",
            "--data=@/data",
            "--out=@/new-run",
            "--model=@/model"),
        usage(
            "too little data",
            "--data @/short-data: 4 tokens, too few for rows of 16 and the token after; prepare"
                + " more text, or give a smaller --sequence-length or --batch-size",
            "train",
            "--data=@/short-data",
            "--out=@/new-run",
            "--n-layer=1",
            "--n-head=1",
            "--n-embd=8",
            "--n-ctx=16"),
        usage(
            "lowest rate above the highest",
            "--min-learning-rate: 0.1 is more than the learning rate of 0.01",
            train("--learning-rate=0.01", "--min-learning-rate=0.1")),
        usage(
            "warm-up without end",
            "--warmup-steps: 50 are not fewer than the 50 steps of the learning rate's decay",
            train("--max-steps=50", "--warmup-steps=50")),
        usage(
            "prompt longer than the context",
            "--sample-prompt: has 18 tokens; it must have at least one and fewer than the context"
                + " of 16",
            train("--sample-prompt=once upon a time a")),
        usage(
            "empty prompt",
            "--sample-prompt: has 0 tokens; it must have at least one and fewer than the context of"
                + " 16",
            train("--sample-prompt=")));
  }

  static Stream<BadInput> values() {
    return Stream.of(
        value("--batch-size", "0", "a whole number, 1 or more"),
        value("--accumulation", "-1", "a whole number, 1 or more"),
        value("--stride", "-1", "a whole number, 0 or more"),
        value("--learning-rate", "0", "a number above 0"),
        value("--learning-rate", "1e99", "a number above 0"),
        value("--min-learning-rate", "-1", "a number, 0 or more"),
        value("--weight-decay", "much", "a number, 0 or more"),
        value("--beta1", "1", "a number from 0, below 1"),
        value("--beta2", "1.5", "a number from 0, below 1"),
        value("--epsilon", "0", "a number above 0"),
        value("--clip", "-1", "a number, 0 or more"),
        value("--dropout", "1", "a number from 0, below 1"),
        value("--biases", "some", "all, all-but-qkv or none"),
        value("--recompute", "all", "none or gelu"),
        value("--max-steps", "0", "a whole number, 1 or more"),
        value("--max-time", "10", "a time such as 90s, 15m or 2h"),
        value("--max-time", "0s", "a time such as 90s, 15m or 2h"),
        value("--patience", "-2", "a whole number, 0 or more"),
        value("--keep", "0", "a whole number, 1 or more"));
  }

  private static BadInput value(String option, String value, String range) {
    return usage(
        option + " " + value,
        "%s: must be %s, not '%s'".formatted(option, range, value.equals("0s") ? "0" : value),
        train(option + "=" + value));
  }

  static Stream<BadInput> settings() {
    return Stream.of(
        failure("no settings file", "--config @/none: does not exist", train("--config=@/none")),
        usage(
            "settings that aren't JSON",
            "--config @/file.txt: is not valid JSON at character 0: *",
            train("--config=@/file.txt")),
        usage(
            "settings that aren't an object",
            "--config @/list.json: is not a JSON object",
            train("--config=@/list.json")),
        usage(
            "settings cut off",
            "--config @/cut.json: is not valid JSON at character *",
            train("--config=@/cut.json")),
        usage(
            "unknown setting",
            "--config @/unknown.json: there is no setting 'batchsize'",
            train("--config=@/unknown.json")),
        usage(
            "option that is no setting",
            "--config @/resume.json: there is no setting 'resume'",
            train("--config=@/resume.json")),
        usage(
            "setting out of range",
            "--config @/range.json: dropout must be a number from 0, below 1, not '1.5'",
            train("--config=@/range.json")),
        usage(
            "setting of another kind",
            "--config @/kind.json: 'keep' must be a number, a text, true or false",
            train("--config=@/kind.json")));
  }

  static Stream<BadInput> places() {
    return Stream.of(
        failure(
            "no such data",
            "@/none: does not exist; *",
            "train",
            "--data=@/none",
            "--out=@/new-run",
            "--size=gpt2"),
        failure(
            "texts as data",
            "@/texts: holds no tokens; prepare makes a folder of tokens: prepare @/texts --out DIR",
            "train",
            "--data=@/texts",
            "--out=@/new-run",
            "--size=gpt2"),
        failure(
            "data without shards",
            "@/vocabulary/train.bin: does not exist",
            "train",
            "--data=@/vocabulary",
            "--out=@/new-run",
            "--size=gpt2"),
        failure(
            "empty shard",
            "@/empty-data/train.bin: is empty",
            "train",
            "--data=@/empty-data",
            "--out=@/new-run",
            "--size=gpt2"),
        failure(
            "place in use",
            "@/model: isn't empty; give another --out, or go on with --resume @/model",
            "train",
            "--data=@/data",
            "--out=@/model",
            "--size=gpt2"),
        failure(
            "place that is a file",
            "@/file.txt: is a file; give a new directory",
            "train",
            "--data=@/data",
            "--out=@/file.txt",
            "--size=gpt2"),
        failure(
            "place below a file",
            "@/file.txt/run: can't be written: @/file.txt is not a directory",
            "train",
            "--data=@/data",
            "--out=@/file.txt/run",
            "--size=gpt2"),
        failure(
            "place where nothing can be",
            "/proc/run: can't be written: nothing can be made in /proc",
            "train",
            "--data=@/data",
            "--out=/proc/run",
            "--n-layer=1",
            "--n-head=1",
            "--n-embd=8",
            "--n-ctx=16",
            "--batch-size=1"),
        failure("no run to resume", "@/none: does not exist", "train", "--resume=@/none"),
        failure(
            "file as run",
            "@/file.txt: is a file; give a run's directory",
            "train",
            "--resume=@/file.txt"),
        failure(
            "directory without a run",
            "@/model: holds no run: settings.json does not exist",
            "train",
            "--resume=@/model"),
        failure(
            "checkpoint as run",
            "@/run/step-000002: is a checkpoint of a run; give the run's directory, or begin a new"
                + " run from it with --model",
            "train",
            "--resume=@/run/step-000002"),
        failure(
            "damaged run",
            "@/damaged-run/step-000002/optimizer.safetensors: *; to go on from step-000001, delete"
                + " step-000002",
            "train",
            "--resume=@/damaged-run"),
        failure(
            "run on data that changed",
            "@/run: was trained on other data (*, these are *); give that as --data, or begin a new"
                + " run",
            "train",
            "--resume=@/run",
            "--data=@/other-data"),
        failure(
            "no such checkpoint",
            "@/none: does not exist; give a directory *",
            "train",
            "--data=@/data",
            "--out=@/new-run",
            "--model=@/none"),
        failure(
            "checkpoint cut off",
            "@/truncated: model.safetensors: *",
            "train",
            "--data=@/data",
            "--out=@/new-run",
            "--model=@/truncated"));
  }

  static Stream<BadInput> all() {
    return Stream.of(options(), values(), settings(), places()).flatMap(cases -> cases);
  }
}
