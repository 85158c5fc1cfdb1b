#!/bin/sh
# Installs the npm packages that package-lock.json names, when they are not.
set -eu
cd "$(dirname "$0")"
# npm keeps a copy of the lock behind, from which we tell.
if ! cmp -s package-lock.json node_modules/.installed; then
	npm ci --silent --no-audit --no-fund
	cp package-lock.json node_modules/.installed
fi
