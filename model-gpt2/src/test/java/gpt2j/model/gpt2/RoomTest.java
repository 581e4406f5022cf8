package gpt2j.model.gpt2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.OutOfMemoryException;
import gpt2j.api.tensor.Shape;
import gpt2j.api.tensor.Usage;
import gpt2j.api.tensor.WeightFormat;
import gpt2j.model.gpt2.checkpoint.TensorLayout;
import gpt2j.model.gpt2.config.Gpt2Config;
import gpt2j.spi.ForwardingBackend;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked for before work begins is what is then allocated. */
class RoomTest {
  /** The most bytes of what draws tokens, for each sequence; left out of the sum. */
  private static final long SAMPLER = 32;

  @TempDir private Path parent;
  private Path directory;
  private final List<Long> asked = new ArrayList<>();
  private long room = Long.MAX_VALUE;

  @BeforeEach
  void write() {
    directory = TinyModels.write(parent, TinyModels.config().build(), 1);
  }

  private Backend backend() {
    return new ForwardingBackend(TinyModels.reference()) {
      @Override
      public void requireRoom(String what, long bytes) {
        asked.add(bytes);
        if (bytes > room) {
          throw new OutOfMemoryException(what, bytes, room);
        }
      }
    };
  }

  @Test
  void ofTheWeights() {
    for (Path model :
        List.of(
            directory,
            TinyModels.write(parent, TinyModels.config().tieWordEmbeddings(false).build(), 2))) {
      asked.clear();
      try (Backend backend = backend();
          Gpt2 gpt2 = TinyModels.load(model, backend)) {
        assertEquals(WeightFormat.F32, gpt2.precision());
        assertEquals(List.of(backend.memory().of(Usage.WEIGHTS)), asked);
      }
    }
  }

  @Test
  void ofASessionAndItsDecoder() {
    try (Backend backend = backend();
        Gpt2 gpt2 = TinyModels.load(directory, backend)) {
      long before = backend.memory().total();
      long most = 0;
      asked.clear();
      GenerationRequest request =
          GenerationRequest.of(Prompt.of(1, 2, 3)).withSamples(5).withMaxNewTokens(4);
      try (Generation generation = gpt2.start(request)) {
        while (generation.hasNext()) {
          generation.next();
          long taken = backend.memory().total() - before - backend.memory().of(Usage.IO);
          assertTrue(taken <= asked.getFirst() + 5 * SAMPLER, taken + " of " + asked);
          most = Math.max(most, taken);
        }
      }
      assertEquals(1, asked.size());
      assertTrue(most > asked.getFirst() * 3 / 4, most + " of " + asked);
    }
  }

  /** In one sum: each part of it would fit. */
  @Test
  void nothingIsAllocatedWhereThereIsNoRoomForAll() {
    try (Backend backend = backend()) {
      room = 1000;
      assertThrows(OutOfMemoryException.class, () -> TinyModels.load(directory, backend));
      assertEquals(0, backend.memory().total());

      room = Long.MAX_VALUE;
      try (Gpt2 gpt2 = TinyModels.load(directory, backend)) {
        long weights = backend.memory().total();
        room = 1000;
        OutOfMemoryException refusal =
            assertThrows(
                OutOfMemoryException.class,
                () -> gpt2.session(SessionOptions.defaults().withSequences(3)));
        assertTrue(
            String.valueOf(refusal.getMessage()).contains("a session of 3 × 12 tokens"),
            refusal.getMessage());
        assertEquals(weights, backend.memory().total());
      }
    }
  }

  /** Matrices and tables as they are kept, vectors in float32. */
  @Test
  void countsTheTypeOfWeights() {
    Gpt2Config config = TinyModels.config().build();
    long matrices =
        TensorLayout.of(config).values().stream()
            .filter(shape -> shape.rank() == 2)
            .mapToLong(Shape::elements)
            .sum();
    LoadOptions options = LoadOptions.defaults();
    try (Backend backend = backend()) {
      Gpt2.load(directory, backend, options.withPrecision(WeightFormat.F32)).close();
      Gpt2.load(directory, backend, options.withPrecision(WeightFormat.BF16)).close();
    }
    assertEquals(config.parameters() * Float.BYTES, asked.getFirst());
    assertEquals(asked.getFirst() - 2 * matrices, asked.getLast());
  }
}
