/**
 * ND4J with what it needs, repackaged: its own jars can't be used as modules. Its packages are for
 * the CPU backend alone.
 */
@SuppressWarnings("module") // exported to a module that is compiled after this one
module gpt2j.nd4j {
  requires transitive org.bytedeco.javacpp;
  requires org.bytedeco.openblas;
  // Native libraries, so that nobody has to name their modules.
  requires org.bytedeco.javacpp.linux.x86_64;
  requires org.bytedeco.openblas.linux.x86_64;
  requires nd4j.cpu.binary;
  requires commons.math3;
  requires org.slf4j;
  requires java.logging;
  requires java.management;
  requires java.xml;
  requires jdk.unsupported; // without it JavaCPP's indexers have no raw memory access

  exports org.nd4j.linalg.api.buffer to
      gpt2j.backend.cpu;
  exports org.nd4j.linalg.api.memory to
      gpt2j.backend.cpu;
  exports org.nd4j.linalg.api.memory.conf to
      gpt2j.backend.cpu;
  exports org.nd4j.linalg.api.ndarray to
      gpt2j.backend.cpu;
  exports org.nd4j.linalg.api.ops to
      gpt2j.backend.cpu;
  exports org.nd4j.linalg.api.ops.executioner to
      gpt2j.backend.cpu;
  exports org.nd4j.linalg.factory to
      gpt2j.backend.cpu;
  exports org.nd4j.nativeblas to
      gpt2j.backend.cpu,
      org.bytedeco.javacpp;

  uses org.nd4j.common.base.PreconditionsFormat;
  uses org.nd4j.linalg.compression.NDArrayCompressor;
  uses org.nd4j.linalg.env.EnvironmentalAction;
  uses org.nd4j.linalg.factory.Nd4jBackend;
  uses org.nd4j.systeminfo.GPUInfoProvider;

  // The same as in META-INF/services, which serves the class path.
  provides org.nd4j.common.base.PreconditionsFormat with
      org.nd4j.linalg.util.NDArrayPreconditionsFormat;
  provides org.nd4j.linalg.compression.NDArrayCompressor with
      org.nd4j.compression.impl.Gzip,
      org.nd4j.compression.impl.NoOp,
      org.nd4j.linalg.cpu.nativecpu.compression.CpuThreshold;
  provides org.nd4j.linalg.env.EnvironmentalAction with
      org.nd4j.linalg.env.impl.DebugAction,
      org.nd4j.linalg.env.impl.FallbackAction,
      org.nd4j.linalg.env.impl.NDArrayUnpackAction,
      org.nd4j.linalg.env.impl.OmpNumThreadsAction,
      org.nd4j.linalg.env.impl.VerboseAction,
      org.nd4j.linalg.env.impl.WorkspacesBypassAction,
      org.nd4j.linalg.env.impl.WorkspacesDebugAction,
      org.nd4j.linalg.env.impl.WorkspacesSpillAction;
  provides org.nd4j.linalg.factory.Nd4jBackend with
      org.nd4j.linalg.cpu.nativecpu.CpuBackend;
  provides org.nd4j.systeminfo.GPUInfoProvider with
      org.nd4j.nativeblas.NativeOpsGPUInfoProvider;
}
