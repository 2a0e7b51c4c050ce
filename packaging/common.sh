# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by packaging/run and packaging/test: installs what is missing and builds. Sourced, not run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build="$root/build"

say() { printf '\n== %s\n' "$*"; }
die() { printf '\nerror: %s\n' "$*" >&2; exit 1; }

# as_root COMMAND...: runs it as root, directly or by sudo.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else return 127
  fi
}

# missing_of PACKAGE...: those that dpkg does not know as installed, on one line.
missing_of() {
  local package missing=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
  done
  echo "${missing[*]-}"
}

# install_packages PACKAGE...: installs the missing ones; quick and silent when there are none.
install_packages() {
  local missing
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
    die "this is not a Debian system. Install by hand what packaging/debian-packages lists, then build with: cmake --preset release && cmake --build build"
  missing=$(missing_of "$@")
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    die "these Debian packages are missing and neither root nor sudo is at hand to install them. As root, run:
  apt-get update && apt-get install --no-install-recommends $missing"
  fi
  say "Installing $(wc -w <<<"$missing") Debian packages: $missing"
  as_root apt-get update -q || die "apt-get update failed; is the network or the package mirror reachable?"
  # shellcheck disable=SC2086 # a list of names
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing ||
    die "apt-get could not install: $missing"
}

packages_for() { awk -v kinds=" $* " '!/^#/ && NF == 2 && index(kinds, " " $1 " ") { print $2 }' "$root/packaging/debian-packages"; }

# build_targets TARGET...: configures once, then builds with progress.
build_targets() {
  if [ ! -f "$build/build.ninja" ]; then
    say "Configuring in $build"
    (cd "$root" && cmake --preset release ${GANTRY_CMAKE_ARGS:-}) >"$build.configure.log" 2>&1 || {
      tail -n 40 "$build.configure.log" >&2
      die "cmake could not configure; its whole output is in $build.configure.log"
    }
    mv "$build.configure.log" "$build/configure.log"
  fi
  say "Building ${*:-everything} (the first time takes minutes, later only what changed)"
  # One job per core, fewer when memory is short: a Qt file may need more than a gigabyte to compile.
  local jobs memory
  jobs=$(nproc)
  memory=$(awk '/MemAvailable/ { print int($2 / 1048576 / 1.2) }' /proc/meminfo)
  [ "$memory" -ge 1 ] || memory=1
  [ "$jobs" -le "$memory" ] || jobs=$memory
  # Nothing is in the cache the first time; without this every file would be preprocessed twice for nothing.
  export CCACHE_DEPEND=1
  NINJA_STATUS='[%f/%t %es] ' ninja -C "$build" -j "$jobs" "$@" || die "the build failed; the first error above says where"
}
