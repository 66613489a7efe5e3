#!/bin/sh
# infra/build.sh ARCH builds the functions for arm64 or x86_64, and lays them out in .local/build/ARCH, from
# where SAM deploys them. cargo-lambda, zig and SAM have to be on the PATH.
set -eu
cd "$(dirname "$0")/.."
arch=${1:-}
case $arch in
arm64) target=aarch64 ;;
x86_64) target=x86_64 ;;
*)
  echo "ARCH is arm64 or x86_64, not '$arch'" >&2
  exit 2
  ;;
esac
target="$target-unknown-linux-gnu"
if command -v rustup >/dev/null 2>&1; then
  rustup target add "$target"
fi
programs=$(sed -n 's/.*BuildProperties: {Binary: \([a-z-]*\)}.*/--bin \1/p' template.yaml)
# All at once: SAM asks for one after the other, and then finds that there is nothing left to do.
# shellcheck disable=SC2086 # one word for each option
cargo lambda build --release --locked --target $target $programs
SAM_CLI_TELEMETRY=0 sam build --template-file template.yaml --build-dir ".local/build/$arch" \
  --parameter-overrides "Architecture=$arch"
echo "    bytes     zipped"
for program in ".local/build/$arch"/*/bootstrap; do
  function=$(basename "$(dirname "$program")")
  printf '%9d  %9d  %s\n' "$(wc -c <"$program")" "$(gzip -9 -c "$program" | wc -c)" "$function"
done
