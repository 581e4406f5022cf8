package gpt2j.cli;

import static gpt2j.cli.BadInput.failure;
import static gpt2j.cli.BadInput.usage;

import java.util.stream.Stream;

/** Checkpoints that can't be written. */
final class BadSizes {
  private BadSizes() {}

  static Stream<BadInput> newCheckpoints() {
    return Stream.of(
        usage(
            "no size",
            "no size: give --size NAME, or --n-layer, --n-head and --n-embd",
            "init",
            "--out=@/new"),
        usage("no place", "no place for the checkpoint: give --out DIR", "init", "--size=gpt2"),
        usage(
            "unknown size",
            "--size: must be gpt2, gpt2-medium, gpt2-large or gpt2-xl, not 'gpt3'",
            "init",
            "--size=gpt3"),
        usage(
            "unknown type",
            "--dtype: must be f32, f16 or bf16, not 'int8'",
            "init",
            "--dtype=int8"),
        usage(
            "two sizes",
            "--size and --n-layer exclude each other: give a standard size, or the numbers",
            "init",
            "--size=gpt2",
            "--n-layer=2",
            "--out=@/new"),
        usage(
            "half a size",
            "--n-head is missing: without --size it must be given",
            "init",
            "--n-layer=2",
            "--n-embd=8",
            "--out=@/new"),
        usage(
            "heads that don't divide the width",
            "--n-embd must be a multiple of --n-head, but 16 is not one of 3",
            "init",
            "--n-layer=2",
            "--n-head=3",
            "--n-embd=16",
            "--out=@/new"),
        usage(
            "width beyond all models",
            "--n-embd must be from 1 to 65536, not 1000000*",
            "init",
            "--n-layer=2",
            "--n-head=1",
            "--n-embd=1000000",
            "--out=@/new"),
        usage("nothing to convert", "no checkpoint: give --model MODEL", "convert", "--out=@/new"),
        usage(
            "no place for the copy",
            "no place for the checkpoint: give --out PATH",
            "convert",
            "--model=@/model"),
        failure(
            "copy of what is not there",
            "@/none: does not exist; give a directory *",
            "convert",
            "--model=@/none",
            "--out=@/new"),
        failure(
            "copy over another one",
            "@/small: can't be written: the directory isn't empty; choose a new one",
            "convert",
            "--model=@/model",
            "--out=@/small"),
        failure(
            "place that is in use",
            "@/model: can't be written: the directory isn't empty; choose a new one",
            "init",
            "--size=gpt2",
            "--out=@/model"),
        failure(
            "place that is a file",
            "@/file.txt: can't be written: a file has that name",
            "init",
            "--size=gpt2",
            "--out=@/file.txt"),
        failure(
            "place below a file",
            "@/file.txt/new: can't be written: @/file.txt is not a directory",
            "init",
            "--size=gpt2",
            "--out=@/file.txt/new"),
        failure(
            "place where nothing can be",
            "/proc/new: can't be written: nothing can be made in /proc",
            "init",
            "--size=gpt2",
            "--out=/proc/new"));
  }
}
