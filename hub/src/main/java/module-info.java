/** Models of the Hugging Face hub by their names: found in its cache, or downloaded there. */
module gpt2j.hub {
  requires transitive gpt2j.model.gpt2;
  requires transitive dagger;
  requires java.net.http;
  requires static transitive org.jspecify;

  exports gpt2j.hub;
}
