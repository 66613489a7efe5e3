#!/bin/sh
# infra/sam/engine.sh: is there a Docker engine for `sam local`? As root it starts one where none runs.
# Where there is none it says in one line why, and ends with 69 (EX_UNAVAILABLE of sysexits.h).
set -eu
PATH="$PATH:/usr/sbin:/sbin"
wait_s_max=60
log=.local/dockerd.log

unavailable() {
  echo "no Docker engine for sam local: $1" >&2
  exit 69
}

command -v docker >/dev/null 2>&1 || unavailable "docker is missing (on Debian: apt-get install docker.io)"
docker info >/dev/null 2>&1 && exit 0
command -v dockerd >/dev/null 2>&1 || unavailable "none runs and dockerd is missing (on Debian: apt-get install docker.io)"
[ "$(id -u)" -eq 0 ] || unavailable "none runs, or none that $(id -un) may use; start one (systemctl start docker)"

mkdir -p .local
# In a session of its own: it outlives this script and Ctrl-C at the terminal.
setsid dockerd >"$log" 2>&1 </dev/null &
pid=$!
waited_s=0
while ! docker info >/dev/null 2>&1; do
  kill -0 "$pid" 2>/dev/null || unavailable "dockerd does not start: $(tail -n 1 "$log")"
  [ "$waited_s" -lt "$wait_s_max" ] || unavailable "dockerd does not answer within $wait_s_max s; see $log"
  sleep 1
  waited_s=$((waited_s + 1))
done
echo "started dockerd (process $pid, its log is $log); it stays up until you end it" >&2
