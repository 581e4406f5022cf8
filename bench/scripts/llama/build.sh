#!/bin/sh
# Makes a program of llama.cpp's libraries: llama-bench, for bin/cli bench baselines --llama-bench,
# or llama-logits, for compare_llama.py.
#
#   bench/scripts/llama/build.sh LIBRARIES PROGRAM
#
# PROGRAM is the file to write, whose name begins with llama-bench or llama-logits.
# LIBRARIES is a folder with libllama and libggml, of npm's @node-llama-cpp/linux-x64 for example:
#
#   npm pack @node-llama-cpp/linux-x64 && tar xzf node-llama-cpp-linux-x64-*.tgz
#   bench/scripts/llama/build.sh package/bins/linux-x64 llama-bench
#   bench/scripts/llama/build.sh package/bins/linux-x64 llama-logits
#
# Needs gcc. They must stay where they are.
set -eu

if [ $# -ne 2 ]; then
  echo "usage: $0 LIBRARIES PROGRAM" >&2
  exit 2
fi
case $(basename "$2") in
  llama-bench*) source=llama_bench.c ;;
  llama-logits*) source=llama_logits.c ;;
  *)
    echo "$0: the name of $2 must begin with llama-bench or llama-logits" >&2
    exit 2
    ;;
esac
libraries=$(cd "$1" && pwd)
# One of several names: libllama.so, libllama.v0.5.0.so
llama=$(cd "$libraries" && ls | grep -E '^libllama\.(v[0-9.]*\.)?so$' | head -n 1)
ggml=$(cd "$libraries" && ls | grep -E '^libggml\.(v[0-9.]*\.)?so$' | head -n 1)
if [ -z "$llama" ] || [ -z "$ggml" ]; then
  echo "$0: $1 has no libllama and libggml" >&2
  exit 1
fi
version=$(echo "$llama" | sed -n 's/^libllama\.\(v.*\)\.so$/\1/p')
gcc -std=gnu11 -O2 -Wall -Wextra -Werror -o "$2" "$(dirname "$0")/$source" \
  "-DLIBRARIES=\"$libraries\"" "-DVERSION=\"${version:-unknown}\"" \
  -L"$libraries" "-l:$llama" "-l:$ggml" "-Wl,-rpath,$libraries" \
  -Wl,--unresolved-symbols=ignore-in-shared-libs
