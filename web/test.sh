#!/bin/sh
# Tests the pages in a browser, against a server of their own: bin/parlor, as
# `make build` leaves it.
set -eu
cd "$(dirname "$0")"
sh ./setup.sh
npm test --silent
