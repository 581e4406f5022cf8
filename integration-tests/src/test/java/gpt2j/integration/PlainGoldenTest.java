package gpt2j.integration;

import gpt2j.api.Backend;
import gpt2j.api.BackendOptions;

class PlainGoldenTest extends GoldenContract {
  @Override
  Backend open() {
    return Backends.open("plain", BackendOptions.defaults());
  }
}
