package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;
import gpt2j.api.BackendProvider;
import gpt2j.api.SamplingParameters;
import gpt2j.model.gpt2.Decoder;
import gpt2j.model.gpt2.Generation;
import gpt2j.model.gpt2.GenerationRequest;
import gpt2j.model.gpt2.Gpt2;
import gpt2j.model.gpt2.Prompt;
import gpt2j.model.gpt2.Session;
import gpt2j.model.gpt2.training.TrainingModel;
import gpt2j.model.gpt2.training.TrainingOptions;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What nobody closes the garbage collector gives back, and the log says so, once for each kind. */
@Timeout(120)
abstract class ForgottenContract {
  private static final int TIMES = 5;

  private final Logger logger = Logger.getLogger("gpt2j.api");
  private final List<String> said = new CopyOnWriteArrayList<>();
  private final Handler log =
      new Handler() {
        @Override
        public void publish(LogRecord record) {
          said.add(record.getParameters()[0].toString());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  abstract BackendProvider provider();

  @BeforeEach
  final void listen() {
    logger.addHandler(log);
    logger.setUseParentHandlers(false);
  }

  @AfterEach
  final void endListening() {
    logger.removeHandler(log);
    logger.setUseParentHandlers(true);
  }

  private Backend open() {
    return provider().open(BackendOptions.defaults());
  }

  private static Gpt2 load(Backend backend) {
    return Gpt2.load(Golden.all().getFirst().folder(), backend);
  }

  @Test
  final void handles() throws InterruptedException {
    try (Backend backend = open();
        Gpt2 model = load(backend)) {
      forgetOneOfEach(backend, model);
      collect(() -> said.size() == 5);
      long kept = backend.memory().total(); // with what the backend keeps for its own use
      for (int time = 1; time < TIMES; time++) {
        forgetOneOfEach(backend, model);
      }
      collect(() -> backend.memory().total() <= kept);
      assertTrue(backend.memory().total() <= kept, backend.memory() + " after " + kept);
      assertEquals(
          List.of("decoder", "generation", "model", "session", "training model"),
          said.stream().sorted().toList());
      assertEquals(4, completion(model)); // what is in use isn't touched
    }
  }

  private static void forgetOneOfEach(Backend backend, Gpt2 model) {
    Generation generation = model.start(GenerationRequest.of(Prompt.of(1, 2)));
    generation.next();
    Session session = model.session();
    session.prefill(0, 1, 2, 3);
    Decoder decoder = session.decoder(SamplingParameters.greedy(), 0);
    decoder.next();
    decoder.next(); // has a recorded step, which leads back to it
    Gpt2 another = load(backend);
    assertEquals(4, completion(another));
    TrainingModel training =
        TrainingModel.random(model.config(), TrainingOptions.of(1, 4), backend);
    assertEquals(0, training.updates());
  }

  private static int completion(Gpt2 model) {
    GenerationRequest request = GenerationRequest.of(Prompt.of(1, 2)).withMaxNewTokens(4);
    return model.generate(request.withStopAtEndOfText(false)).getFirst().tokens().size();
  }

  @Test
  final void backends() throws InterruptedException {
    for (int time = 0; time < TIMES; time++) {
      assertEquals(4, completion(load(open())));
    }
    collect(() -> said.stream().filter("backend"::equals).count() == TIMES);
    var counts = new TreeMap<String, Integer>();
    said.forEach(kind -> counts.merge(kind, 1, Integer::sum));
    assertEquals(TIMES, counts.get("backend"), counts.toString());
  }

  @Test
  final void whatIsClosedIsNoNews() throws InterruptedException {
    try (Backend backend = open();
        Gpt2 model = load(backend)) {
      forgetAndEnd(model);
    }
    Backend closed = open();
    load(closed).session();
    closed.close();
    for (int look = 0; look < 10; look++) {
      System.gc();
      Thread.sleep(10);
    }
    assertEquals(List.of(), said);
  }

  /** A generation that has come to its end holds nothing that would have to be given back. */
  private static void forgetAndEnd(Gpt2 model) {
    Generation generation = model.start(GenerationRequest.of(Prompt.of(1, 2)).withMaxNewTokens(3));
    generation.forEachRemaining(event -> {});
    model.session().close();
  }

  private static void collect(BooleanSupplier done) throws InterruptedException {
    for (int look = 0; look < 2000 && !done.getAsBoolean(); look++) {
      System.gc();
      Thread.sleep(10);
    }
  }
}
