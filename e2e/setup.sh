#!/usr/bin/env bash
# Installs the back office of the end-to-end test and seeds its database. Safe to run again: does nothing when what is
# there was made from the same files. Needs node >= 20 and npm; downloads come from the npm registry only, and no
# package's install script is run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
office=$here/backoffice
cache=$here/.cache
umask 077
mkdir -p "$cache"

command -v node >/dev/null && command -v npm >/dev/null || { echo "e2e/setup.sh: node and npm are needed" >&2; exit 2; }
[ "$(node -p 'parseInt(process.versions.node)')" -ge 20 ] || { echo "e2e/setup.sh: node 20 or newer is needed" >&2; exit 2; }

# Only one set-up at a time: two test runs may start together.
exec 9>"$cache/lock"
if command -v flock >/dev/null; then flock 9; fi

stamp() { cat "$@" | sha256sum | cut -d' ' -f1; }

want=$(stamp "$office/package-lock.json")-$(node -p 'process.version')
if [ ! -d "$office/node_modules" ] || [ "$(cat "$cache/installed" 2>/dev/null)" != "$want" ]; then
  echo "e2e/setup.sh: installing the back office" >&2
  (cd "$office" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >&2
  echo "$want" >"$cache/installed"
fi

want=$want-$(stamp "$office/config.js" "$office/people.js" "$office/seed.js")
if [ ! -f "$cache/backoffice.sqlite" ] || [ "$(cat "$cache/seeded" 2>/dev/null)" != "$want" ]; then
  echo "e2e/setup.sh: seeding the back office" >&2
  rm -f "$cache/backoffice.sqlite" "$cache/seeded"
  node -e 'process.stdout.write(require("crypto").randomBytes(24).toString("base64url"))' >"$cache/password"
  BACKOFFICE_DB=$cache/backoffice.sqlite BACKOFFICE_PASSWORD=$(cat "$cache/password") node "$office/seed.js" >&2
  echo "$want" >"$cache/seeded"
fi
