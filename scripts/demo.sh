#!/bin/sh
# Sets up a fresh clone, builds, and shows the main job on an example: what a guest's text means in KVM calls, and
# what the checker says of a host that cannot give it.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh
npm run --silent build

guestc="node dist/cli.cjs"
example=${1:-examples/portable-web.guest}
run() {
  printf '\n$ guestc %s\n' "$*"
  $guestc "$@"
}
printf '\n$ cat %s\n' "$example"
cat "$example"
run check "$example"
run build "$example" --format table
