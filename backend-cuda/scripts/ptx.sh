#!/bin/sh
# Generates the PTX of the CUDA kernels, one compressed file per compute capability, and a checksum of
# the sources that they are of, which a test compares everywhere; or, with --check, only compares what
# is there with what the sources give. It takes some two minutes.
#
#   backend-cuda/scripts/ptx.sh [--check | --line-info]
#
# A GPU runs the PTX, so after a change of a .cu file nothing changes there until this has run. With
# --line-info the PTX also says which lines of the sources it comes from, so that Nsight Compute shows
# them; that is for your own tree, not to be checked in.
#
# Needs nvcc and ptxas of CUDA 13.0: other releases write other PTX. Exit status: 0 done or equal,
# 1 different or not assembled, 2 wrong usage, 3 no such nvcc.
set -eu

case "${1-}" in
  "" | --check | --line-info) mode="${1-}" ;;
  *)
    echo "usage: $0 [--check | --line-info]" >&2
    exit 2
    ;;
esac

module=$(cd "$(dirname "$0")/.." && pwd)
sources=$module/src/main/cuda
resources=$module/src/main/resources/gpt2j/backend/cuda/launch
release=13.0

if ! nvcc --version 2>/dev/null | grep -q "release $release,"; then
  echo "ptx: nvcc $release is not on the path" >&2
  exit 3
fi

line_info=
[ "$mode" != --line-info ] || line_info=-lineinfo

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# All kernels in one translation unit; each file has a namespace of its own.
(cd "$sources" && for file in *.cu; do echo "#include \"$file\""; done) >"$work/kernels.cu"

# generate CAPABILITY PTX_VERSION: nvcc names its own newest version, which only the newest drivers
# know; what the kernels use is older. ptxas finds out whether that is so, below. Pragmas that say which
# bytes of a load are used are newer too, and only hints.
generate() {
  echo "ptx: compiling for compute capability $1" >&2
  # shellcheck disable=SC2086 # nothing or one flag
  nvcc -ptx -arch="compute_$1" -O3 -std=c++17 $line_info -I "$sources" -o "$work/raw.ptx" "$work/kernels.cu"
  sed -e '/^\/\//d' -e '/\.pragma "used_bytes_mask/d' -e "s/^\\.version .*/.version $2/" "$work/raw.ptx" |
    cat -s >"$work/sm_$1.ptx"
}

# assemble CAPABILITY DEVICE
assemble() {
  echo "ptx: assembling sm_$1.ptx for sm_$2" >&2
  if ! ptxas -arch="sm_$2" -o "$work/device.cubin" "$work/sm_$1.ptx"; then
    echo "ptx: sm_$1.ptx can't be assembled for sm_$2" >&2
    exit 1
  fi
}

generate 75 7.0
generate 80 7.0
generate 90 7.8
for device in 75 80; do
  assemble 75 "$device"
done
for device in 80 86 89 90; do
  assemble 80 "$device"
done
assemble 90 90

status=0
for file in "$work"/sm_*.ptx; do
  name=$(basename "$file")
  if [ "$mode" = --check ]; then
    if ! gzip -dc "$resources/$name.gz" | cmp -s "$file" -; then
      echo "ptx: $name.gz differs from the sources: run $0" >&2
      status=1
    fi
  else
    mkdir -p "$resources"
    gzip -9 -n <"$file" >"$resources/$name.gz"
  fi
done
if [ "$mode" != --check ]; then
  # shellcheck disable=SC2035 # no name begins with a dash
  (cd "$sources" && LC_ALL=C sha256sum *.cu *.cuh) >"$resources/sources.sha256"
fi
exit $status
