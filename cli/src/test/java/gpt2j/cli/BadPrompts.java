package gpt2j.cli;

import static gpt2j.cli.BadInput.failure;
import static gpt2j.cli.BadInput.usage;

import java.util.stream.Stream;

/** Prompts and texts that can't be taken. */
final class BadPrompts {
  private static final String LONG_PROMPT = "one two three four five ".repeat(10);

  private BadPrompts() {}

  static Stream<BadInput> prompts() {
    return Stream.of(
        usage(
            "empty prompt",
            "--prompt: is empty, and there must be something to go on from; for a text of its own,"
                + " give --special --prompt '<|endoftext|>'",
            "--model=@/model",
            "--prompt="),
        usage(
            "empty prompt file",
            "--prompt-file @/empty.txt: is empty, and there must be something to go on from; for a"
                + " text of its own, give --special --prompt '<|endoftext|>'",
            "--model=@/model",
            "--prompt-file=@/empty.txt"),
        usage(
            "empty standard input",
            "standard input: is empty, and there must be something to go on from; for a text of its"
                + " own, give --special --prompt '<|endoftext|>'",
            "--model=@/model",
            "--prompt=-"),
        usage(
            "empty stop string",
            "--stop: is empty; give the text at which to end",
            "--model=@/model",
            "--prompt=a",
            "--stop="),
        usage(
            "no token ids",
            "--token-ids: has no token ids; give some, as in 15496,995",
            "--model=@/model",
            "--token-ids="),
        usage(
            "token ids in words",
            "--token-ids: token id at index 1 must be a whole number, 0 or more, not 'two'",
            "--model=@/model",
            "--token-ids=1,two"),
        usage(
            "negative token id",
            "--token-ids: token id at index 0 must be a whole number, 0 or more, not '-1'",
            "--model=@/model",
            "--token-ids=-1"),
        usage(
            "hole in the token ids",
            "--token-ids: token id at index 1 must be a whole number, 0 or more, not ''",
            "--model=@/model",
            "--token-ids=1,,2"),
        usage(
            "token id out of range",
            "--token-ids: token 50257 at index 2 is outside the model's vocabulary, 0 to 50256",
            "--model=@/model",
            "--token-ids=1,2,50257"),
        usage(
            "text beyond the model's vocabulary",
            "--prompt: token 15496 at index 0 is outside the model's vocabulary, 0 to 99",
            "--model=@/small",
            "--prompt=Hello"),
        usage(
            "prompt longer than the context",
            "the prompt has * tokens, more than the model's context of 32; shorten it, or give"
                + " --context-overflow recompute or slide",
            "--model=@/model",
            "--prompt",
            LONG_PROMPT),
        failure(
            "no prompt file",
            "--prompt-file @/none.txt: does not exist",
            "--model=@/model",
            "--prompt-file=@/none.txt"),
        failure(
            "directory as prompt file",
            "--prompt-file @/model: is a directory; give a file",
            "--model=@/model",
            "--prompt-file=@/model"),
        failure(
            "prompt file that can't be read",
            "--prompt-file /proc/self/mem: can't be read: *",
            "--model=@/model",
            "--prompt-file=/proc/self/mem"),
        failure(
            "prompt file not in UTF-8",
            "--prompt-file @/latin1.txt: is not UTF-8, from byte 3 on; convert it first",
            "--model=@/model",
            "--prompt-file=@/latin1.txt"),
        failure(
                "standard input not in UTF-8",
                "standard input: is not UTF-8, from byte 1 on; convert it first",
                "--model=@/model",
                "--prompt=-")
            .input((byte) 'a', (byte) 0xff),
        failure(
                "standard input that breaks off in a character",
                "standard input: is not UTF-8, from byte 1 on; convert it first",
                "--model=@/model",
                "--prompt=-")
            .input((byte) 'a', (byte) 0xc3),
        usage(
            "one token to score",
            "--token-ids: needs at least 2 tokens, since the first has none before it; it has 1",
            "score",
            "--model=@/model",
            "--token-ids=5"),
        usage(
            "nothing to score",
            "TEXT: needs at least 2 tokens, since the first has none before it; it has 0",
            "score",
            "--model=@/model",
            ""),
        usage(
            "stride beyond the context",
            "--stride: must be at most the model's context of 32, not 33",
            "score",
            "--model=@/model",
            "--stride=33",
            "two words"),
        usage(
            "no such token to decode",
            "--decode: no token has id 50257; the ids are 0 to 50256",
            "tokenize",
            "--decode=50257"),
        usage(
            "text to decode",
            "--decode: token id at index 0 must be a whole number, 0 or more, not 'Hello'",
            "tokenize",
            "--decode=Hello"),
        failure(
            "no file to tokenize",
            "--file @/none.txt: does not exist",
            "tokenize",
            "--file=@/none.txt"));
  }
}
