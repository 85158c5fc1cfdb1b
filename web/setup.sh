#!/bin/sh
# Installs what the pages' tests need beside Node: a browser, and a font with
# the emotes in it. Does nothing that is done already.
set -eu
cd "$(dirname "$0")"

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

if [ ! -x /usr/bin/chromium ] || [ ! -d /usr/share/fonts/truetype/noto ]; then
	log=$(mktemp)
	export DEBIAN_FRONTEND=noninteractive
	if ! { as_root apt-get update -qq && as_root apt-get install -y -qq --no-install-recommends chromium fonts-noto-color-emoji; } >"$log" 2>&1; then
		cat "$log" >&2
		echo "web: Chromium could not be installed" >&2
		exit 1
	fi
	rm -f "$log"
fi
sh ./install.sh
