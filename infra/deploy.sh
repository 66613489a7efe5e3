#!/bin/sh
# infra/deploy.sh ENV builds the functions and deploys them with the settings for ENV in .samconfig.toml. It
# shows what is going to change, and asks. What goes to prod is a commit, so that it can be found again.
set -eu
cd "$(dirname "$0")/.."
env=${1:-}
case $env in
dev | staging) ;;
prod)
  if ! changes=$(git status --porcelain); then
    echo "this is no Git repository: prod gets commits only" >&2
    exit 1
  fi
  if [ -n "$changes" ]; then
    echo "not committed, so not for prod:" >&2
    echo "$changes" >&2
    exit 1
  fi
  ;;
*)
  echo "ENV is dev, staging or prod, not '$env': make deploy ENV=dev" >&2
  exit 2
  ;;
esac
arch=$(sed -n "/^\[$env\.deploy/,/^\[/s/.*Architecture=\([a-z0-9_]*\).*/\1/p" .samconfig.toml)
arch=${arch:-arm64}
infra/build.sh "$arch"
SAM_CLI_TELEMETRY=0 sam deploy --config-file "$PWD/.samconfig.toml" --config-env "$env" \
  --template-file ".local/build/$arch/template.yaml"
