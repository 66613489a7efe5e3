#!/bin/sh
# infra/install.sh THING:PACKAGE… installs the Debian package of each thing that is missing.
# A thing is a command, a module of Python's, written python3/MODULE, or a file, written /PATH.
set -eu
# Debian keeps servers out of an ordinary user's PATH.
PATH="$PATH:/usr/sbin"
has() {
  case $1 in
  python3/*) python3 -c "import ${1#*/}" >/dev/null 2>&1 ;;
  /*) [ -e "$1" ] ;;
  *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}
missing=
for pair in "$@"; do
  has "${pair%%:*}" || missing="$missing ${pair##*:}"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
  echo "missing:$missing: install them with your package manager" >&2
  exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "missing:$missing: install them as root: apt-get install$missing" >&2
    exit 1
  fi
  as_root=sudo
fi
echo "installing with apt-get:$missing"
# Through env, because sudo passes no variables on.
apt() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get "$@"
}
apt update -qq
# shellcheck disable=SC2086 # one word for each package
apt install -y -qq --no-install-recommends $missing >/dev/null
