package gpt2j.backend.cuda.launch;

import static jcuda.driver.CUresult.CUDA_ERROR_INVALID_PTX;
import static jcuda.driver.CUresult.CUDA_ERROR_NO_BINARY_FOR_GPU;
import static jcuda.driver.CUresult.CUDA_ERROR_UNSUPPORTED_PTX_VERSION;
import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static jcuda.driver.JCudaDriver.cuModuleLoadData;

import gpt2j.api.DeviceFailureException;
import gpt2j.backend.cuda.driver.Cuda;
import gpt2j.backend.cuda.driver.CudaDevice;
import gpt2j.backend.cuda.driver.CudaDevice.Capability;
import gpt2j.backend.cuda.driver.CudaDevice.DriverVersion;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import jcuda.driver.CUmodule;

/**
 * The kernels as PTX for devices of some compute capability or a later one. The driver assembles
 * them for the very device, and keeps the result for the next time.
 */
public final class PtxVariant {
  /** A version of the PTX language, such as 7.0. */
  record Version(int major, int minor) {
    /**
     * The driver that first knew it: CUDA 11.n came with PTX 7.n, later versions of 12 with at most
     * 8.n.
     */
    DriverVersion driver() {
      return new DriverVersion(major + 4, minor);
    }

    @Override
    public String toString() {
      return major + "." + minor;
    }
  }

  private static final int[] TARGETS = {120, 100, 90, 89, 86, 80, 75};
  private static final Pattern VERSION = Pattern.compile("(?m)^\\.version (\\d+)\\.(\\d+)");
  private static final Pattern TARGET = Pattern.compile("(?m)^\\.target sm_(\\d+)(\\d)\\b");
  private static final int HEAD = 1024; // bytes within which both stand

  private final String resource;
  private final Capability target; // the least
  private final Version version; // which the driver must know

  private PtxVariant(String resource) {
    this.resource = resource;
    String head = new String(read(resource, HEAD), StandardCharsets.US_ASCII);
    Matcher ofVersion = VERSION.matcher(head);
    Matcher ofTarget = TARGET.matcher(head);
    if (!ofVersion.find() || !ofTarget.find()) {
      throw new IllegalStateException(resource + " has no .version or .target");
    }
    target = new Capability(number(ofTarget, 1), number(ofTarget, 2));
    version = new Version(number(ofVersion, 1), number(ofVersion, 2));
  }

  /** All variants of this build, the newest first. */
  static List<PtxVariant> all() {
    return Arrays.stream(TARGETS)
        .mapToObj(target -> "sm_" + target + ".ptx.gz")
        .filter(resource -> PtxVariant.class.getResource(resource) != null)
        .map(PtxVariant::new)
        .toList();
  }

  /** The text up to so many bytes, or all of it and a zero. */
  private static byte[] read(String resource, int most) {
    try (InputStream in = PtxVariant.class.getResourceAsStream(resource);
        InputStream text = new GZIPInputStream(in);
        InputStream image = new SequenceInputStream(text, new ByteArrayInputStream(new byte[1]))) {
      return image.readNBytes(most);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int number(Matcher matcher, int group) {
    return Integer.parseInt(matcher.group(group));
  }

  /** The variants that a device and its driver can take, the best first. */
  public static List<PtxVariant> usableBy(CudaDevice device) {
    return all().stream().filter(variant -> variant.misfit(device).isEmpty()).toList();
  }

  /** Why a device can't take any variant, if it can't. */
  public static Optional<String> misfitOfAll(CudaDevice device) {
    List<PtxVariant> variants = all();
    if (variants.stream().anyMatch(variant -> variant.misfit(device).isEmpty())) {
      return Optional.empty();
    }
    return variants.isEmpty()
        ? Optional.of("this build of gpt2j has no PTX")
        : variants.getLast().misfit(device);
  }

  private Optional<String> misfit(CudaDevice device) {
    if (device.capability().compareTo(target) < 0) {
      return Optional.of(
          "%s has compute capability %s; gpt2j needs %s or later"
              .formatted(device.name(), device.capability(), target));
    }
    if (device.driver().compareTo(version.driver()) < 0) {
      return Optional.of(
          "the NVIDIA driver is for CUDA %s; gpt2j needs one for CUDA %s or later"
              .formatted(device.driver(), version.driver()));
    }
    return Optional.empty();
  }

  /**
   * Loads the best variant that the driver accepts into the current context.
   *
   * @throws DeviceFailureException when it accepts none
   */
  static Kernels load(CudaDevice device) {
    String refusal = misfitOfAll(device).orElse("");
    for (PtxVariant variant : usableBy(device)) {
      CUmodule module = new CUmodule();
      int result = cuModuleLoadData(module, variant.image());
      if (result == CUDA_SUCCESS) {
        return new Kernels(module, variant);
      }
      refusal = Cuda.describe("cuModuleLoadData of the PTX for " + variant.name(), result);
      if (!mayFitAnother(result)) {
        break;
      }
    }
    throw new DeviceFailureException(refusal);
  }

  private static boolean mayFitAnother(int result) {
    return result == CUDA_ERROR_NO_BINARY_FOR_GPU
        || result == CUDA_ERROR_UNSUPPORTED_PTX_VERSION
        || result == CUDA_ERROR_INVALID_PTX;
  }

  /** What the driver is given; long, so that nobody keeps it. */
  private byte[] image() {
    return read(resource, Integer.MAX_VALUE);
  }

  /** For example sm_80. */
  String name() {
    return "sm_" + target.major() + target.minor();
  }

  /** For listings. */
  @Override
  public String toString() {
    return "%s, PTX %s".formatted(name(), version);
  }
}
