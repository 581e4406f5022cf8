package gpt2j.model.gpt2.tokenizer;

/**
 * A part of a text, as {@link TextCutter} cuts it.
 *
 * @param continues whether the text begins before it
 */
public record TextPart(String text, boolean continues) {}
