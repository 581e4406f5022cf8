package gpt2j.model.gpt2.gguf;

import gpt2j.api.tensor.DataType;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The types of tensors ({@code enum ggml_type}), with how many numbers a block has and how many
 * bytes. Those without a {@link #dataType} are known so that a file may hold them.
 */
enum GgmlType {
  F32(0, 1, 4, DataType.F32),
  F16(1, 1, 2, DataType.F16),
  Q4_0(2, SmallBlocks.SIZE, 18, SmallBlocks::q4_0),
  Q4_1(3, SmallBlocks.SIZE, 20, SmallBlocks::q4_1),
  Q5_0(6, SmallBlocks.SIZE, 22, SmallBlocks::q5_0),
  Q5_1(7, SmallBlocks.SIZE, 24, SmallBlocks::q5_1),
  Q8_0(8, SmallBlocks.SIZE, 34, SmallBlocks::q8_0),
  Q8_1(9, 32, 40),
  Q2_K(10, LargeBlocks.SIZE, 84, LargeBlocks::q2_K),
  Q3_K(11, LargeBlocks.SIZE, 110, LargeBlocks::q3_K),
  Q4_K(12, LargeBlocks.SIZE, 144, LargeBlocks::q4_K),
  Q5_K(13, LargeBlocks.SIZE, 176, LargeBlocks::q5_K),
  Q6_K(14, LargeBlocks.SIZE, 210, LargeBlocks::q6_K),
  Q8_K(15, LargeBlocks.SIZE, 292, LargeBlocks::q8_K),
  IQ2_XXS(16, 256, 66),
  IQ2_XS(17, 256, 74),
  IQ3_XXS(18, 256, 98),
  IQ1_S(19, 256, 50),
  IQ4_NL(20, 32, 18),
  IQ3_S(21, 256, 110),
  IQ2_S(22, 256, 82),
  IQ4_XS(23, 256, 136),
  I8(24, 1, 1),
  I16(25, 1, 2),
  I32(26, 1, 4),
  I64(27, 1, 8),
  F64(28, 1, 8, DataType.F32),
  IQ1_M(29, 256, 56),
  BF16(30, 1, 2, DataType.BF16),
  TQ1_0(34, 256, 54),
  TQ2_0(35, 256, 66),
  MXFP4(39, 32, 17),
  NVFP4(40, 64, 36);

  private final int id;
  private final int blockSize;
  private final int blockBytes;
  private final @Nullable DataType dataType;
  private final @Nullable BlockDecoder decoder;

  GgmlType(int id, int blockSize, int blockBytes) {
    this(id, blockSize, blockBytes, null, null);
  }

  GgmlType(int id, int blockSize, int blockBytes, DataType dataType) {
    this(id, blockSize, blockBytes, dataType, null);
  }

  GgmlType(int id, int blockSize, int blockBytes, BlockDecoder decoder) {
    this(id, blockSize, blockBytes, DataType.F32, decoder);
  }

  GgmlType(
      int id,
      int blockSize,
      int blockBytes,
      @Nullable DataType dataType,
      @Nullable BlockDecoder decoder) {
    this.id = id;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
    this.dataType = dataType;
    this.decoder = decoder;
  }

  /** The type with this number in a file. */
  static Optional<GgmlType> of(int id) {
    return Arrays.stream(values()).filter(type -> type.id == id).findFirst();
  }

  /** Its number in a file. */
  int id() {
    return id;
  }

  /** Numbers of one block; rows are whole blocks. */
  int blockSize() {
    return blockSize;
  }

  int blockBytes() {
    return blockBytes;
  }

  /** What to read it as, when it can be read; F64 is rounded to F32. */
  Optional<DataType> dataType() {
    return Optional.ofNullable(dataType);
  }

  /** What makes numbers of blocks, where there are blocks. */
  Optional<BlockDecoder> decoder() {
    return Optional.ofNullable(decoder);
  }
}
