#!/usr/bin/env bash
# Carries out what the Dockerfile does, without a container engine: the same files, the same commands, then the
# start as another user would see it (read-only code, no home), the health check, and a SIGTERM.
set -euo pipefail
project=$(cd "$(dirname "$0")/.." && pwd)
image=$(mktemp -d)
trap 'rm -rf "$image"' EXIT
cd "$image"
cp "$project"/{pyproject.toml,uv.lock,README.md,LICENSE} .
export UV_PROJECT_ENVIRONMENT="$image/.venv" UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
uv="$project/.venv/bin/uv"
"$uv" sync --quiet --locked --no-dev --extra mcp --no-install-project
cp -r "$project/app" app
"$uv" sync --quiet --locked --no-dev --extra mcp --no-editable
rm -rf app                 # the second stage has the environment only
chmod -R a-w .venv
port=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
hash=$(.venv/bin/realtime-relay key new | sed -n 's/.*\(sha256:[0-9a-f]*\)$/\1/p')
env -i PATH="$image/.venv/bin:/usr/bin:/bin" PYTHONDONTWRITEBYTECODE=1 RELAY_LOG__FORMAT=json \
    RELAY_AUTH__KEYS__ME="$hash" realtime-relay serve --host 0.0.0.0 --port "$port" >relay.log 2>&1 &
relay=$!
check="import sys, urllib.request as r; r.urlopen('http://127.0.0.1:$port/healthz', timeout=2)"
for _ in $(seq 100); do
    if .venv/bin/python -c "$check" 2>/dev/null; then healthy=1; break; fi
    kill -0 "$relay" || break
    sleep 0.2
done
kill -TERM "$relay" || true
wait "$relay" || true
if [ -z "${healthy:-}" ]; then cat relay.log; echo "the image's command never became healthy" >&2; exit 1; fi
chmod -R u+w .venv
echo "the image's steps hold"
