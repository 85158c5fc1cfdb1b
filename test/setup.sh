#!/bin/sh
# Installs what the tests need beside Go and Node: the AWS CLI and the AWS SDK
# for Python as Debian ships them, iproute2 to cut links with, and the npm packages of
# the conformance tests.
# Does nothing that is done already, and says nothing when all is well.
set -eu
cd "$(dirname "$0")/.."

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Both are called by their paths: others of these names may be first in PATH.
if ! { [ -x /usr/bin/aws ] && /usr/bin/python3 -c 'import boto3' && command -v ip; } >/dev/null 2>&1; then
	log=$(mktemp)
	export DEBIAN_FRONTEND=noninteractive
	if ! { as_root apt-get update -qq && as_root apt-get install -y -qq --no-install-recommends awscli python3-boto3 iproute2; } >"$log" 2>&1; then
		cat "$log" >&2
		echo "setup: the AWS CLI, boto3 and iproute2 could not be installed" >&2
		exit 1
	fi
	rm -f "$log"
fi

# npm leaves a copy of the lock file behind, from which we tell whether the
# packages are those it names.
for dir in test/conformance/js test/review; do
	if ! cmp -s "$dir/package-lock.json" "$dir/node_modules/.installed"; then
		(cd "$dir" && npm ci --silent --no-audit --no-fund --ignore-scripts)
		cp "$dir/package-lock.json" "$dir/node_modules/.installed"
	fi
done
