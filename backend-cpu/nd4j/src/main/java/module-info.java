/** ND4J and its non-modular dependencies, merged. */
open module gpt2j.nd4j {
  requires transitive org.bytedeco.javacpp;
  requires org.bytedeco.openblas;
  requires org.slf4j;
  requires commons.math3;
  requires java.logging;
  requires java.management;
  requires java.xml;
  requires java.desktop;
  requires java.sql;
  requires jdk.unsupported;

  exports org.nd4j.linalg.api.ndarray;
  exports org.nd4j.linalg.api.buffer;
  exports org.nd4j.linalg.api.ops;
  exports org.nd4j.linalg.api.ops.executioner;
  exports org.nd4j.linalg.api.memory;
  exports org.nd4j.linalg.api.memory.conf;
  exports org.nd4j.linalg.factory;
  exports org.nd4j.linalg.indexing;
  exports org.nd4j.linalg.ops.transforms;
  exports org.nd4j.nativeblas;

  uses org.nd4j.linalg.factory.Nd4jBackend;
  uses org.nd4j.linalg.compression.NDArrayCompressor;
  uses org.nd4j.linalg.env.EnvironmentalAction;
  uses org.nd4j.common.base.PreconditionsFormat;
  uses org.nd4j.systeminfo.GPUInfoProvider;

  provides org.nd4j.linalg.factory.Nd4jBackend with
      org.nd4j.linalg.cpu.nativecpu.CpuBackend;
  provides org.nd4j.linalg.compression.NDArrayCompressor with
      org.nd4j.linalg.cpu.nativecpu.compression.CpuThreshold,
      org.nd4j.compression.impl.Gzip,
      org.nd4j.compression.impl.NoOp;
  provides org.nd4j.common.base.PreconditionsFormat with
      org.nd4j.linalg.util.NDArrayPreconditionsFormat;
  provides org.nd4j.linalg.env.EnvironmentalAction with
      org.nd4j.linalg.env.impl.DebugAction,
      org.nd4j.linalg.env.impl.VerboseAction,
      org.nd4j.linalg.env.impl.FallbackAction,
      org.nd4j.linalg.env.impl.WorkspacesBypassAction,
      org.nd4j.linalg.env.impl.WorkspacesDebugAction,
      org.nd4j.linalg.env.impl.WorkspacesSpillAction,
      org.nd4j.linalg.env.impl.OmpNumThreadsAction,
      org.nd4j.linalg.env.impl.NDArrayUnpackAction;
  provides org.nd4j.systeminfo.GPUInfoProvider with
      org.nd4j.nativeblas.NativeOpsGPUInfoProvider;
}
