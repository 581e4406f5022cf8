package gpt2j.cli;

import static gpt2j.cli.BadInput.failure;
import static gpt2j.cli.BadInput.usage;

import java.util.stream.Stream;

/** Texts that can't be prepared, stories that can't be written, data that can't be read. */
final class BadData {
  private BadData() {}

  static Stream<BadInput> data() {
    return Stream.of(
        usage("no text", "no text: give files or folders", "prepare", "--out=@/new"),
        usage(
            "no place for tokens",
            "no place for the tokens: give --out DIR",
            "prepare",
            "@/file.txt"),
        prepare("no such text", "@/none.txt: does not exist", "@/none.txt"),
        prepare(
            "text in another encoding",
            "@/latin1.txt: line 1 is not UTF-8; convert the file first",
            "@/latin1.txt"),
        prepare("empty text", "@/empty.txt: has no text", "@/empty.txt"),
        prepare(
            "line without a text", "@/lines.jsonl: line 2 has no member \"text\"", "@/lines.jsonl"),
        prepare(
            "folder without texts",
            "@/shards: has no files named *.txt, *.text, *.md or *.jsonl",
            "@/shards"),
        prepare(
            "too little text",
            "@/file.txt: is too short to set a part apart for validation; give more text, or"
                + " --validation 0",
            "@/file.txt"),
        failure(
            "place for tokens that is in use",
            "@/model: can't be written: the directory isn't empty; choose a new one",
            "prepare",
            "@/file.txt",
            "--out=@/model"),
        prepareUsage(
            "unknown vocabulary",
            "--vocabulary: must be gpt2, bytes or bpe, not 'words'",
            "--vocabulary=words"),
        prepareUsage(
            "learned vocabulary without a size",
            "--vocabulary=bpe: needs a size, as in --vocab-size=1024",
            "--vocabulary=bpe"),
        prepareUsage(
            "size of a vocabulary that is not learned",
            "--vocab-size: only for --vocabulary=bpe, not for bytes",
            "--vocabulary=bytes",
            "--vocab-size=500"),
        prepareUsage(
            "vocabulary smaller than the bytes",
            "--vocab-size: must be a whole number, 257 or more, not '256'",
            "--vocab-size=256"),
        prepareUsage(
            "two vocabularies",
            "--model and --vocabulary exclude each other: give one of them",
            "--vocabulary=gpt2",
            "--model=@/model"),
        prepareUsage(
            "everything for validation",
            "--validation: must be a number from 0, below 1, not '1'",
            "--validation=1"),
        failure(
            "no checkpoint with a vocabulary",
            "@/none: does not exist; give a directory *",
            "prepare",
            "@/file.txt",
            "--validation=0",
            "--model=@/none",
            "--out=@/new"),
        usage("no number of stories", "no size: give --bytes N, as in --bytes=8M", "stories"),
        usage(
            "stories by the terabyte",
            "--bytes: must be a number of bytes, 1 or more, as in 500k, 8M or 1G, at most 1000G,"
                + " not '2T'",
            "stories",
            "--bytes=2T"),
        failure(
            "stories in place of a file",
            "@/file.txt: is there already; choose a new name",
            "stories",
            "--bytes=1k",
            "--out=@/file.txt"),
        failure(
            "stories where nothing can be",
            "@/none/x.txt: can't be written: the folder @/none does not exist",
            "stories",
            "--bytes=1k",
            "--out=@/none/x.txt"),
        usage("no data", "no data: give the folder that prepare wrote", "baseline"),
        failure(
            "no folder of data",
            "@/none: does not exist; prepare makes a folder of tokens: prepare TEXTS --out DIR",
            "baseline",
            "@/none"),
        failure(
            "folder of texts as data",
            "@/texts: holds no tokens; prepare makes a folder of tokens: prepare @/texts --out DIR",
            "baseline",
            "@/texts"),
        failure(
            "text as data",
            "@/file.txt: is a file, not a folder of tokens; prepare makes a folder of tokens:"
                + " prepare @/file.txt --out DIR",
            "baseline",
            "@/file.txt"),
        failure(
            "half a token",
            "@/shards/train.bin: has 3 bytes, and tokens of uint16 take 2 each: it is cut off, or"
                + " something else",
            "baseline",
            "@/shards"),
        usage(
            "order beyond all",
            "--order: must be at most 6, not '7'",
            "baseline",
            "@/shards",
            "--order=7"));
  }

  private static BadInput prepare(String name, String message, String path) {
    return failure(name, message, "prepare", path, "--vocabulary=bytes", "--out=@/new");
  }

  private static BadInput prepareUsage(String name, String message, String... options) {
    return usage(
        name,
        message,
        Stream.concat(Stream.of("prepare", "@/file.txt", "--out=@/new"), Stream.of(options))
            .toArray(String[]::new));
  }
}
