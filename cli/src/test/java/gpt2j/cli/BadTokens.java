package gpt2j.cli;

import static gpt2j.cli.BadInput.usage;

import java.util.stream.Stream;

/** Biases of tokens, and tokens to draw from, that can't be. */
final class BadTokens {
  private BadTokens() {}

  static Stream<BadInput> tokens() {
    return Stream.of(
        usage(
            "bias of no token",
            "--logit-bias: must be token ids with numbers, as in 464=2.5,262=-100, not '2.5'",
            "--logit-bias=2.5"),
        usage(
            "no bias",
            "--logit-bias: must be token ids with numbers, as in 464=2.5,262=-100, not ''",
            "--logit-bias="),
        usage(
            "hole in the biases",
            "--logit-bias: must be token ids with numbers, as in 464=2.5,262=-100, not '1=2,,3=4'",
            "--logit-bias=1=2,,3=4"),
        usage(
            "bias of a word",
            "--logit-bias: a token id must be a whole number, 0 or more, not 'the'; bin/cli"
                + " tokenize TEXT tells the ids of a text",
            "--logit-bias=the=2.5"),
        usage(
            "bias of a token below 0",
            "--logit-bias: a token id must be a whole number, 0 or more, not '-1'",
            "--logit-bias=-1=2.5"),
        usage(
            "bias that is no number",
            "--logit-bias: the bias of token 464 must be a number of float32, not 'NaN'",
            "--logit-bias=464=NaN"),
        usage(
            "infinite bias",
            "--logit-bias: the bias of token 262 must be a number of float32, not '-inf'",
            "--logit-bias=464=1,262=-inf"),
        usage(
            "two biases of a token",
            "--logit-bias: names token 464 twice",
            "--logit-bias=464=1,464=1"),
        usage(
            "two biases of a token in two options",
            "--logit-bias: names token 464 twice",
            "--model=@/model",
            "--prompt=a",
            "--logit-bias=464=1",
            "--logit-bias=262=1,464=2"),
        usage(
            "bias of a token that the model hasn't",
            "--logit-bias: token 50257 is outside the model's vocabulary, 0 to 50256",
            "--model=@/model",
            "--prompt=a",
            "--logit-bias=1=1,50257=1"),
        usage(
            "no allowed token",
            "--allowed-tokens: has no token ids; give some, as in 15496,995",
            "--model=@/model",
            "--prompt=a",
            "--allowed-tokens="),
        usage(
            "allowed tokens in words",
            "--allowed-tokens: token id at index 1 must be a whole number, 0 or more, not 'the'",
            "--model=@/model",
            "--prompt=a",
            "--allowed-tokens=1,the"),
        usage(
            "allowed token that the model hasn't",
            "--allowed-tokens: token 50257 is outside the model's vocabulary, 0 to 50256",
            "--model=@/model",
            "--prompt=a",
            "--allowed-tokens=1,50257"));
  }
}
