#!/bin/sh
# Brings a clone to where it can build: the packages of package-lock.json, when they are missing or have changed.
set -eu
cd "$(dirname "$0")/.."

command -v node > /dev/null || {
  echo "setup: Node 20.19 or newer is needed: https://nodejs.org" >&2
  exit 2
}
# The lock file as it was when the packages were installed.
installed=node_modules/.installed-lock.json
if [ ! -f "$installed" ] || ! cmp -s package-lock.json "$installed"; then
  # npm warns that chevrotain asks for a newer Node: only its self-check needs one, and the product does without.
  npm ci --no-audit --no-fund
  cp package-lock.json "$installed"
fi
