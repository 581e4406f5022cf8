package gpt2j.bench.visualize;

import gpt2j.api.SamplingParameters;
import gpt2j.model.gpt2.Decoder;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.SessionOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Generates, and keeps what one head of one layer does meanwhile. */
final class KvTracer {
  private final Gpt2 model;
  private final ObservedBackend backend;
  private final int layer;
  private final int head;
  private KvTrace.@Nullable Step last;
  private long bytesPerPosition;
  private float scale;

  /**
   * A tracer of one head.
   *
   * @param backend the model's
   */
  KvTracer(Gpt2 model, ObservedBackend backend, int layer, int head) {
    this.model = model;
    this.backend = backend;
    this.layer = layer;
    this.head = head;
  }

  /**
   * Generates {@code newTokens} tokens, fewer where the text or the context ends.
   *
   * @throws CancellationException when cancelled
   */
  KvTrace trace(
      int[] prompt, int newTokens, SamplingParameters sampling, BooleanSupplier cancelled) {
    int capacity = Math.min(model.config().contextLength(), prompt.length + newTokens - 1);
    List<KvTrace.Token> tokens = new ArrayList<>();
    TokenLabels labels = new TokenLabels(model.tokenizer());
    Arrays.stream(prompt).forEach(token -> tokens.add(labels.of(token)));
    List<KvTrace.Step> steps = new ArrayList<>();
    backend.observe(layer, this::keep);
    try (Session session = model.session(SessionOptions.defaults().withCapacity(capacity))) {
      session.prefill(0, prompt);
      steps.add(taken());
      try (Decoder decoder = session.decoder(sampling, 0)) {
        int token = decoder.next()[0];
        tokens.add(labels.of(token));
        while (session.length(0) < capacity && !endsText(token)) {
          if (cancelled.getAsBoolean()) {
            throw new CancellationException();
          }
          token = decoder.next()[0];
          tokens.add(labels.of(token));
          steps.add(taken());
        }
      }
    } finally {
      backend.endObservation();
    }
    return new KvTrace(
        layer,
        head,
        model.config().layers(),
        model.config().heads(),
        capacity,
        bytesPerPosition,
        scale,
        prompt.length,
        List.copyOf(tokens),
        List.copyOf(steps));
  }

  private boolean endsText(int token) {
    return model.config().eosTokens().contains(token);
  }

  private KvTrace.Step taken() {
    KvTrace.Step step = last;
    last = null;
    if (step == null) {
      throw new IllegalStateException("the step had no attention in layer " + layer);
    }
    return step;
  }

  /** Of a prompt that is evaluated in chunks the last one stays. */
  private void keep(ObservedAttention attention) {
    int row = attention.rows() - 1;
    int position = attention.positions()[row];
    ObservedAttention.KeysAndValues cached = attention.keysAndValues(0, position + 1, head);
    bytesPerPosition = attention.spec().bytesPerPosition();
    scale = attention.scale();
    last =
        new KvTrace.Step(
            position,
            attention.query(row, head),
            cached.keys(),
            attention.probabilities(row, position + 1)[head],
            cached.values(),
            attention.output(row, head));
  }
}
