#!/bin/sh
# Installs the Debian packages that the tests of the targets need: compilers for this machine and for arm64 with
# its headers, QEMU for arm64, and cpio for initial ramdisks. Does nothing where all are there.
set -eu

packages="gcc g++ gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-system-arm cpio"

command -v apt-get > /dev/null || {
  echo "apt-tools: this machine has no apt-get; the tests need: $packages" >&2
  exit 2
}

missing=
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo "apt-tools: all there: $packages"
  exit 0
fi

echo "apt-tools: installing:$missing"
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
$as_root apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing
