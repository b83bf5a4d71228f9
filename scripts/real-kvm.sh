#!/bin/sh
# Applies generated headers to real KVM and prints what their guests see:
#
#   scripts/real-kvm.sh KERNEL HEADER...
#
# KERNEL is an arm64 kernel image with KVM (`scripts/fetch-arm64.sh kernel 6.12 DIR` fetches one). It boots at EL2
# in an emulated machine and so offers /dev/kvm without arm64 hardware; its only process is the driver in
# test/codegen/driver with the headers compiled in. Exit status 0: every guest is as its header promises.
#
# From the environment: QEMU (qemu-system-aarch64), QEMU_CPU (max), CC (aarch64-linux-gnu-gcc), APPEND (more words
# for the kernel's command line, e.g. kvm-arm.mode=nested), SECONDS_AT_MOST (300). The tools are those of
# scripts/apt-tools.sh.
set -eu

[ $# -ge 2 ] || { sed '1d;/^[^#]/,$d;s/^# \{0,1\}//' "$0" >&2; exit 2; }
kernel=$1
shift
driver=$(cd "$(dirname "$0")/../test/codegen/driver" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

compile="${CC:-aarch64-linux-gnu-gcc} -std=gnu11 -O2 -Wall -Wextra -Werror -I$driver"
objects=
for header in "$@"; do
  prefix=$(sed -n 's/^#ifndef GUESTC_GUEST_\(.*\)_H$/\1/p' "$header")
  [ -n "$prefix" ] || { echo "real-kvm: $header is not a header of guestc" >&2; exit 2; }
  path=$(cd "$(dirname "$header")" && pwd)/$(basename "$header")
  $compile "-DGUEST=$prefix" "-DGUEST_HEADER=\"$path\"" -c "$driver/guest.c" -o "$work/$prefix.o"
  objects="$objects $work/$prefix.o"
done
# shellcheck disable=SC2086
$compile -static "$driver/init.c" $objects -o "$work/init"
(cd "$work" && echo init | cpio --quiet -o -H newc | gzip > initrd)

timeout "${SECONDS_AT_MOST:-300}" "${QEMU:-qemu-system-aarch64}" \
  -machine virt,virtualization=on,gic-version=3 -cpu "${QEMU_CPU:-max}" -smp 1 -m 1024 \
  -display none -monitor none -nic none -serial "file:$work/console" -no-reboot \
  -kernel "$kernel" -initrd "$work/initrd" -append "console=ttyAMA0 panic=-1 quiet ${APPEND-}" < /dev/null ||
  { echo "real-kvm: the machine did not end by itself" >&2; tail -n 20 "$work/console" >&2; exit 1; }
tr -d '\r' < "$work/console" | sed -n '/^Linux /,/ guests applied, /p'
grep -q ' guests applied, 0 failed' "$work/console"
