# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests/fuzz/run and tests/sanitize, in the project's directory; both use one build (preset asan), unless preset is tsan.

# With --require as the caller's first argument a missing clang is a failure.
missing_status=77
if [ "${1:-}" = --require ]; then
  missing_status=1
  shift
fi

preset=asan

# build_sanitized TARGET...
build_sanitized() {
  if ! command -v clang++-14 > /dev/null || ! ls /usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a > /dev/null 2>&1; then
    echo "NOT TESTED: clang-14 and libclang-rt-14-dev are not installed" >&2
    exit $missing_status
  fi
  [ -f "build-$preset/build.ninja" ] || cmake --preset "$preset" > /dev/null
  CCACHE_DEPEND=1 nice ninja -C "build-$preset" "$@"
}

export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
