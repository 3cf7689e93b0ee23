#!/bin/bash
# Installs the Debian packages that are named and missing, and does nothing when
# none is. Works as root or through sudo; says what to do where neither serves.
set -euo pipefail

if ! command -v dpkg-query >/dev/null; then
	echo "offhook: this is no Debian system, so nothing is installed; you need the equivalents of: $*" >&2
	exit 0
fi

missing=()
for package in "$@"; do
	status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
	[[ $status == installed ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

root=()
if ((EUID != 0)); then
	if ! command -v sudo >/dev/null; then
		echo "offhook: missing Debian packages: ${missing[*]}" >&2
		echo "offhook: neither root nor sudo here; install them with: apt-get install ${missing[*]}" >&2
		exit 1
	fi
	root=(sudo)
	# Without a terminal sudo can't ask for a password.
	[[ -t 0 ]] || root=(sudo -n)
fi

echo "offhook: installing Debian packages: ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# policy-rc.d isn't ours to set: a service that a package brings may start.
if ! {
	"${root[@]}" apt-get -qq update &&
		"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "${missing[@]}"
} >"$log" 2>&1 </dev/null; then
	cat "$log" >&2
	echo "offhook: apt-get failed; install by hand: ${missing[*]}" >&2
	exit 1
fi
