package gpt2j.backend.cuda.gemm;

import gpt2j.backend.cuda.gemm.PlainProduct.Form;
import gpt2j.backend.cuda.launch.CudaRuntime;
import java.util.EnumMap;
import java.util.Map;
import jcuda.driver.CUfunction;

/** Products of plain matrices by this backend's own kernels, exact in float32. */
final class PlainProducts {
  private final CudaRuntime runtime;
  private final PartialSums sums;
  private final Map<Form, CUfunction> large = new EnumMap<>(Form.class);
  private final Map<Form, CUfunction> small = new EnumMap<>(Form.class);

  PlainProducts(CudaRuntime runtime) {
    this.runtime = runtime;
    sums = new PartialSums(runtime);
    for (Form form : Form.values()) {
      large.put(form, kernel(form, ProductTiles.LARGE));
      small.put(form, kernel(form, ProductTiles.SMALL));
    }
  }

  private CUfunction kernel(Form form, int tile) {
    String name =
        switch (form) {
          case STORED -> "training_product";
          case TRANSPOSED -> "training_product_transposed";
          case ADDED -> "training_product_added";
        };
    return runtime.kernels().get(name + "_" + tile);
  }

  /** Queues it. */
  void multiply(PlainProduct product) {
    int rows = product.rows();
    int columns = product.columns();
    ProductTiles tiles = ProductTiles.of(rows, columns, product.depth(), runtime.multiprocessors());
    int part = tiles.part(product.depth());
    int parts = Math.ceilDiv(product.depth(), part);
    boolean whole = parts == 1;
    int down = Math.ceilDiv(rows, tiles.tile());
    int beside = Math.ceilDiv(columns, tiles.tile());
    runtime
        .launcher()
        .begin()
        .address(whole ? product.out() : sums.parts())
        .address(product.a())
        .address(product.b())
        .address(product.bias())
        .integer(rows)
        .integer(columns)
        .integer(product.depth())
        .integer(part)
        .launch(
            (tiles.tile() == ProductTiles.LARGE ? large : small).get(product.form()),
            Math.multiplyExact(down, beside),
            parts,
            1,
            tiles.threads(),
            0);
    if (!whole) {
      boolean add = product.form() == Form.ADDED;
      sums.finish(product.out(), product.bias(), columns, product.results(), parts, add);
    }
  }
}
