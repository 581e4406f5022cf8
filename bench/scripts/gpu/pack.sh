#!/usr/bin/env bash
# Packs all that a machine with an NVIDIA GPU, and without Java, needs to test and measure the CUDA
# backend: pack.sh [FOLDER]. There, FOLDER/run does it; docs/gpu.md says how.
set -euo pipefail

readonly LIMIT=$((64 << 20)) # bytes
readonly JUNIT=org.junit.platform:junit-platform-console-standalone
readonly MODULES=java.base,java.desktop,java.logging,java.management,jdk.incubator.vector,jdk.management,jdk.unsupported

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -- "$here/../../.." && pwd)
out=${1:-$root/target/gpt2j-gpu}

say() {
  printf 'pack: %s\n' "$1" >&2
}

fail() {
  say "$1"
  exit 1
}

[[ ! -e $out ]] || fail "$out exists: remove it, or name another folder"
jdk=${JAVA_HOME:-}
for folder in /usr/lib/jvm/*; do
  if [[ ! -x $jdk/bin/jlink ]] || ! grep -q '^JAVA_VERSION="25' "$jdk/release" 2>/dev/null; then
    jdk=$folder
  fi
done
[[ -x $jdk/bin/jlink ]] || fail 'needs a JDK 25 with jlink: set JAVA_HOME'

if [[ -z ${GPT2J_PACK_BUILT:-} ]]; then
  say 'building'
  JAVA_HOME=$jdk mvn -B -ntp -q -f "$root/pom.xml" -pl cli,integration-tests -am package -DskipTests
fi

new=$out.new
rm -rf -- "$new"
mkdir -p -- "$new"/{lib,tests}
trap 'rm -rf -- "$new" "$new.tar.gz"' EXIT

say 'the runtime'
"$jdk/bin/jlink" --add-modules "$MODULES" --strip-java-debug-attributes --no-header-files \
  --no-man-pages --compress zip-9 --vm server --output "$new/runtime" 2>/dev/null
# What only a screen, a printer or a loudspeaker needs.
rm -f -- "$new"/runtime/lib/lib{awt_xawt,jawt,splashscreen,jsound}.so

say 'the classes'
# All of the command line but what the CPU backend computes with, which is larger than all the rest.
for jar in "$root"/cli/target/mods/*.jar; do
  case ${jar##*/} in
    *nd4j* | openblas* | javacpp* | commons-math3* | jcuda-natives* | jcublas-natives*) ;;
    *) cp -- "$jar" "$new/lib/" ;;
  esac
done
# Of JCuda's natives those that are used: on a class path they lie in a folder as in their jar.
for natives in jcuda-natives jcublas-natives; do
  jar=("$root"/cli/target/mods/"$natives"-*.jar)
  (cd -- "$new" && "$jdk/bin/jar" --extract --file "${jar[0]}" lib)
done
mkdir -- "$new/natives"
mkdir -- "$new/natives/lib"
mv -- "$new"/lib/lib{JCudaDriver,JCublas2}-*.so "$new/natives/lib/"
rm -f -- "$new"/lib/*.so
"$jdk/bin/javac" --release 25 -Werror --class-path "$(echo "$new"/lib/jcuda-[0-9]*.jar)" \
  -d "$new/natives" "$here/DeviceProbe.java"

say 'the tests'
version=$(sed -n 's:.*<junit.version>\(.*\)</junit.version>.*:\1:p' "$root/pom.xml")
mvn -B -ntp -q -f "$root/pom.xml" -N dependency:copy -Dartifact="$JUNIT:$version" \
  -DoutputDirectory="$new/tests" -Dmdep.useBaseVersion=true
for module in api/testkit integration-tests/plain-backend integration-tests; do
  cp -R -- "$root/$module/target/classes" "$new/tests/${module##*/}"
done
cp -R -- "$root/integration-tests/target/test-classes" "$new/tests/suites"

cp -- "$here"/{run.py,report.py,sanitizer.py,torch_gpt2.py,torch_train.py} "$new/"
cp -- "$here/run.sh" "$new/run"
git -C "$root" rev-parse HEAD >"$new/revision" 2>/dev/null || echo unknown >"$new/revision"
if [[ -n $(git -C "$root" status --porcelain 2>/dev/null) ]]; then
  echo 'with changes that are not committed' >>"$new/revision"
fi

tar -czf "$new.tar.gz" -C "$new" .
packed=$(stat -c %s -- "$new.tar.gz")
unpacked=$(du -sb -- "$new" | cut -f1)
if ((packed > LIMIT)); then
  rm -f -- "$new.tar.gz"
  fail "$packed bytes are more than $LIMIT"
fi
mv -- "$new" "$out"
mv -- "$new.tar.gz" "$out.tar.gz"
trap - EXIT
printf '%s: %d KiB; %s: %d KiB\n' "$out.tar.gz" $((packed >> 10)) "$out" $((unpacked >> 10))
