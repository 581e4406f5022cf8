package gpt2j.cli.train;

import gpt2j.api.Words;
import gpt2j.bench.plot.LossPlot;
import gpt2j.cli.data.InitCommand;
import gpt2j.cli.data.PerByte;
import gpt2j.model.gpt2.config.Gpt2Config;
import java.nio.file.Path;
import java.util.Optional;

/** What is trained, on what, and what it has to be better than. */
record TrainSubject(Gpt2Config config, Path data, Optional<PerByte> perByte) {
  /** The model. */
  String model() {
    return "%s parameters, %s, %s, width %d, context %d, vocabulary %d"
        .formatted(
            InitCommand.count(config.parameters()),
            Words.count(config.layers(), "layer"),
            Words.count(config.heads(), "head"),
            config.embeddingWidth(),
            config.contextLength(),
            config.vocabularySize());
  }

  /** The loss of an evaluation per byte beside the baseline, to follow the loss per token. */
  String beside(double lossPerToken) {
    return perByte.map(known -> known.beside(lossPerToken)).orElse("");
  }

  /** For the picture; the folder by its name alone, since pictures are shown to others. */
  LossPlot.Subject plotted() {
    return new LossPlot.Subject(
        model(),
        data.toAbsolutePath().normalize().getFileName().toString(),
        perByte.map(
            known ->
                new LossPlot.Subject.Reference(
                    "Markov chain of order " + known.baseline().order(),
                    known.baseline().lossPerByte() * known.bytesPerToken())));
  }
}
