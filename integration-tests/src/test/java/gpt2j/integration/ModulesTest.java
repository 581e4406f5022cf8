package gpt2j.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.module.ModuleDescriptor.Requires;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who knows whom, as the module descriptors say it. */
class ModulesTest {
  @Test
  void testsRunInTheirModule() {
    assertEquals("gpt2j.integration.tests", ModulesTest.class.getModule().getName());
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2j.api,",
    "gpt2j.testkit, gpt2j.api",
    "gpt2j.nd4j,",
    "gpt2j.backend.cpu, gpt2j.api gpt2j.nd4j",
    "gpt2j.backend.cuda, gpt2j.api",
    "gpt2j.backend.plain, gpt2j.api",
    "gpt2j.model.gpt2, gpt2j.api",
    "gpt2j.bench, gpt2j.api gpt2j.model.gpt2",
  })
  void modulesKnowOnlyThese(String module, String known) {
    assertEquals(known == null ? Set.of() : Set.of(known.split(" ")), ofOurs(module));
  }

  @Test
  void nobodyButTheCpuBackendSeesNd4j() {
    var module = ModuleLayer.boot().findModule("gpt2j.nd4j").orElseThrow();

    assertTrue(
        module.getDescriptor().exports().stream()
            .allMatch(exported -> exported.targets().contains("gpt2j.backend.cpu")));
  }

  private static Set<String> ofOurs(String module) {
    return ModuleLayer.boot().findModule(module).orElseThrow().getDescriptor().requires().stream()
        .map(Requires::name)
        .filter(name -> name.startsWith("gpt2j."))
        .collect(Collectors.toSet());
  }
}
