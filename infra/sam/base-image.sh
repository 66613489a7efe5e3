#!/bin/sh
# infra/sam/base-image.sh PROGRAM…: makes the image that `sam local` runs these programs in, of this
# machine's own files and in a second, so that nothing is pulled from a registry: the libraries that the
# programs are linked with, a shell for the one line that SAM runs in it, and the public certificates.
# It stands in for public.ecr.aws/lambda/provided:al2023, whose libraries are older.
set -eu
# As infra/local/src/sam.rs has it.
image=tenantry/lambda
infra/install.sh busybox:busybox-static

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
for folder in bin etc/ssl/certs tmp var/task var/runtime opt; do
  mkdir -p "$root/$folder"
done
chmod 1777 "$root/tmp"
cp "$(command -v busybox)" "$root/bin/busybox"
for name in sh mv chmod; do
  ln -s busybox "$root/bin/$name"
done
# "libc.so.6 => /lib/…/libc.so.6 (0x…)", and the loader alone: "/lib64/ld-linux-x86-64.so.2 (0x…)".
ldd "$@" | sed -n 's|.*[[:space:]]\(/[^ ]*\) (0x.*|\1|p' | sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
certificates=/etc/ssl/certs/ca-certificates.crt
[ ! -e "$certificates" ] || cp -L "$certificates" "$root$certificates"

# One of the same files is kept: SAM puts its own part on top of each new one, which takes seconds.
made_of=$(cd "$root" && find . -type f -exec sha256sum {} + | sort | sha256sum | cut -c 1-16)
kept=$(docker image inspect --format '{{.Config.Labels.made_of}}' "$image:local" 2>/dev/null || true)
[ "$made_of" != "$kept" ] || exit 0
tar -C "$root" --numeric-owner --owner=0 --group=0 -c . | docker import \
  --change "LABEL made_of=$made_of" \
  --change 'ENV LANG=en_US.UTF-8 TZ=:UTC PATH=/usr/local/bin:/usr/bin:/bin:/opt/bin' \
  --change 'ENV LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime' \
  --change 'WORKDIR /var/task' - "$image:local" >/dev/null
# What SAM made on top of an earlier one.
docker image ls --quiet --filter "reference=$image:rapid-*" | sort -u | xargs -r docker image rm --force >/dev/null
