#!/bin/sh
# Builds the pages into web/dist, where the binary takes them from. Without npm
# it leaves them out, and the binary says so in their place. Does nothing when
# they are newer than everything they are made of.
set -eu
cd "$(dirname "$0")"

if ! command -v npm >/dev/null 2>&1; then
	echo "web: there is no npm here, so this binary will have no pages" >&2
	exit 0
fi
sh ./install.sh
if [ -e dist/.built ] && [ -z "$(find package-lock.json vite.config.ts tsconfig.json src demo console -newer dist/.built 2>/dev/null | head -n 1)" ]; then
	exit 0
fi
rm -f dist/.built
npm run --silent build
touch dist/.built
