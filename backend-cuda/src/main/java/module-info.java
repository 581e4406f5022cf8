/** The CUDA backend: JCuda for the driver, own kernels as PTX. */
module gpt2j.backend.cuda {
  requires transitive gpt2j.api;
  requires transitive dagger;
  requires jakarta.inject;
  requires jcublas;
  requires jcuda;
  requires static transitive org.jspecify;

  exports gpt2j.backend.cuda;
}
