#!/bin/sh
# Runs every fuzz target of the module for the given time each: fuzz.sh 1m
set -eu
for pkg in $(go list ./...); do
  for target in $(go test -list '^Fuzz' "$pkg" 2>/dev/null | grep '^Fuzz' || true); do
    echo "== $pkg $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "${1:-1m}" "$pkg"
  done
done
