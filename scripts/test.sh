#!/bin/sh
# Runs some tests of one module, after what it needs is built.
#
#   scripts/test.sh MODULE TESTS [MAVEN OPTION …]
#
# TESTS are as Surefire takes them: FuzzTest,SignalTest, 'Cpu*Test', 'ScorerTest#nameOfTheTest'; those
# called Emulated… run on the emulated CUDA driver. Unlike Maven alone, this fails where no test has a
# name that was given. Exit status: 0 passed, 1 failed, 2 wrong usage or no such test.
set -eu

if [ $# -lt 2 ]; then
  echo "usage: $0 MODULE TESTS [MAVEN OPTION …]" >&2
  exit 2
fi
root=$(cd "$(dirname "$0")/.." && pwd)
module=$1
tests=$2
shift 2
if [ ! -e "$root/$module/pom.xml" ]; then
  echo "$0: there is no module $module" >&2
  exit 2
fi

case $tests in
  Emulated*) goals='test-compile surefire:test@emulated' ;;
  *) goals=test ;;
esac

begun=$(mktemp)
trap 'rm -f "$begun"' EXIT
# shellcheck disable=SC2086 # one goal or two
mvn -B -ntp -q -f "$root/pom.xml" -pl "$module" -am $goals "-Dtest=$tests" \
  -Dsurefire.failIfNoSpecifiedTests=false "$@"
missing=$(
  echo "$tests" | tr , '\n' | while IFS= read -r test; do
    class=${test%%#*}
    find "$root/$module/target" \( -name "TEST-*.$class.xml" -o -name "TEST-*.$class\$*.xml" \) \
      -newer "$begun" -exec grep -l '<testcase ' {} + | grep -q . || printf ' %s' "$test"
  done
)
if [ -n "$missing" ]; then
  echo "$0: $module has no test$missing" >&2
  exit 2
fi
