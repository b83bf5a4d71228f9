#!/bin/sh
# Fetches files of Debian packages for the lab without touching this machine's own package state:
#
#   scripts/fetch-arm64.sh kernel SERIES DIR      an arm64 kernel image, e.g. SERIES 6.12; prints its path
#   scripts/fetch-arm64.sh kernels DIR            lists the series that the archive has
#   scripts/fetch-arm64.sh unpack PACKAGE SUITE DIR
#                                                 unpacks a package of this machine's architecture from a suite
#                                                 such as bookworm-backports, with what it depends on and this
#                                                 machine lacks, below DIR/root; prints that path
#   scripts/fetch-arm64.sh headers SUITE DIR      the arm64 kernel headers for user space; prints their path
#
# Package lists and downloads are kept below DIR/apt. The archive is the one that this machine's own apt
# uses, the signatures are checked with the keys that it uses.
set -eu

usage() {
  sed '1d;/^[^#]/,$d;s/^# \{0,1\}//' "$0" >&2
  exit 2
}

for tool in apt-get apt-cache dpkg-deb; do
  command -v "$tool" > /dev/null || { echo "fetch-arm64: this machine has no $tool; the lab's parts are Debian packages" >&2; exit 2; }
done

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# private_apt ARCHITECTURE DIR STATUS SUITE...: makes apt's state below DIR, with STATUS for what is installed
# and these suites, and sets $state and $options to use it.
private_apt() {
  architecture=$1 status=$3
  mkdir -p "$2"
  state=$(cd "$2" && pwd)/apt/$architecture
  shift 3
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
  archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | sort -u | head -n 1)
  [ -n "$archive" ] || { echo "fetch-arm64: this machine's apt knows no Debian archive" >&2; exit 2; }
  for suite in "$@"; do
    echo "deb [arch=$architecture signed-by=$keyring] $archive $suite main"
  done > "$state/sources.list"
  options="-oDir::State=$state -oDir::State::Lists=$state/lists -oDir::State::status=$status
    -oDir::Cache=$state/cache -oDir::Etc::sourcelist=$state/sources.list -oDir::Etc::sourceparts=/dev/null
    -oDir::Etc::preferencesparts=/dev/null -oAPT::Architecture=$architecture -oAPT::Architectures=$architecture
    -oAcquire::Languages=none -oAPT::Sandbox::User=root -oDebug::NoLocking=true"
  if [ ! -e "$state/updated" ]; then
    # shellcheck disable=SC2086
    apt-get $options -qq update >&2
    touch "$state/updated"
  fi
}

all_suites="bookworm bookworm-backports trixie trixie-backports sid"

# Packages that hold a small arm64 kernel with KVM, one a line, the newest last: SERIES VERSION NAME. From 6.19 on
# `linux-image-*` is empty and `linux-binary-*` has the kernel.
kernel_packages() {
  # shellcheck disable=SC2086
  apt-cache $options search --names-only '^linux-(image|binary|binary-unsigned)-[0-9].*cloud-arm64(-unsigned)?$' |
    sed -n 's/^\(linux-[a-z-]*-\(\([0-9]*\.[0-9]*\)[^ ]*\)-cloud-arm64[^ ]*\) .*/\3 \2 \1/p' | sort -V |
    awk '{ line[NR] = $0; series[NR] = $1; binary[NR] = $3 ~ /^linux-binary/; if (binary[NR]) has[$1] = 1 }
      END { for (at = 1; at <= NR; at++) if (binary[at] || !has[series[at]]) print line[at] }'
}

case ${1-} in
kernels)
  [ $# -eq 2 ] || usage
  private_apt arm64 "$2" /dev/null $all_suites
  kernel_packages | cut -d ' ' -f 1 | sort -Vu
  ;;
kernel)
  [ $# -eq 3 ] || usage
  series=$2 directory=$3
  private_apt arm64 "$directory" /dev/null $all_suites
  package=$(kernel_packages | awk -v series="$series" '$1 == series { name = $3 } END { print name }')
  [ -n "$package" ] || { echo "fetch-arm64: the archive has no arm64 kernel of series $series" >&2; exit 1; }
  image=$directory/vmlinuz-$series
  if [ "$package" = "$(cat "$image.package" 2> /dev/null || true)" ] && [ -s "$image" ]; then
    echo "$image"
    exit 0
  fi
  # shellcheck disable=SC2086
  (cd "$state/cache/archives" && apt-get $options -qq download "$package" >&2)
  deb=$(ls "$state/cache/archives/${package}"_*.deb | tail -n 1)
  member=$(dpkg-deb --fsys-tarfile "$deb" | tar -t | grep -E '/vmlinuz[^/]*$' | head -n 1)
  dpkg-deb --fsys-tarfile "$deb" | tar -xO "$member" > "$image"
  rm -f "$deb"
  echo "$package" > "$image.package"
  echo "$image"
  ;;
unpack)
  [ $# -eq 4 ] || usage
  package=$2 suite=$3 directory=$4
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  private_apt "$(dpkg --print-architecture)" "$directory" /var/lib/dpkg/status "$codename" "$codename-updates" "$suite"
  # shellcheck disable=SC2086
  apt-get $options -qq -t "$suite" --download-only --no-install-recommends -y install "$package" >&2
  for deb in "$state"/cache/archives/*.deb; do
    dpkg-deb -x "$deb" "$directory/root"
    rm -f "$deb"
  done
  echo "$directory/root"
  ;;
headers)
  [ $# -eq 3 ] || usage
  suite=$2 directory=$3
  private_apt arm64 "$directory" /dev/null $all_suites
  # shellcheck disable=SC2086
  (cd "$state/cache/archives" && apt-get $options -qq -t "$suite" download linux-libc-dev >&2)
  for deb in "$state"/cache/archives/linux-libc-dev_*.deb; do
    dpkg-deb -x "$deb" "$directory/headers-$suite"
    rm -f "$deb"
  done
  echo "$directory/headers-$suite"
  ;;
*) usage ;;
esac
