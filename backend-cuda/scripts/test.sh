#!/bin/sh
# Tests some operations of the CUDA backend on the emulated driver, with the kernels as their sources
# are now: needs g++ and no GPU.
#
#   backend-cuda/scripts/test.sh PART …
#
# A part is one of the contract (Gelu, LayerNorm, Training/Gelu …) or a test of it (Gelu/tanhForm); a
# name that there isn't fails, with a list of those that there are. Exit status: 0 passed, 1 failed, 2 wrong
# usage.
set -eu

if [ $# = 0 ]; then
  echo "usage: $0 PART …, such as $0 Gelu" >&2
  exit 2
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
exec "$root/scripts/test.sh" backend-cuda EmulatedPartsTest "-Dgpt2j.parts=$*"
