#!/bin/sh
# Gets ready what `npm test` needs besides `make build`: the packages and a Chromium. Does nothing when both are there.
set -eu
cd "$(dirname "$0")"

# npm writes this file last, so one that is older than the lock is an install that is outdated or was interrupted.
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
    npm ci --no-audit --no-fund --ignore-scripts
    touch node_modules/.package-lock.json
fi

# Apart from the others: npm can write no lock file for Qwen Code's optional packages that it then reads again, and the
# programs of the rest are made for one platform. All at once, because npm removes what it is not asked for.
wanted="@qwen-code/qwen-code@0.24.4"
if [ "$(uname -sm)" = "Linux x86_64" ]; then
    wanted="$wanted @github/copilot-linux-x64@1.0.102 opencode-linux-x64@1.18.33"
    wanted="$wanted @factory/cli-linux-x64@0.225.2 @cline/cli-linux-x64@3.0.65"
fi
clients=../target/e2e-clients
if [ "$(cat "$clients/installed" 2>/dev/null || true)" != "$wanted" ]; then
    mkdir -p "$clients"
    # Not quoted: one word each.
    npm install --prefix "$clients" --no-save --no-package-lock --omit=optional --ignore-scripts --no-audit --no-fund $wanted
    echo "$wanted" >"$clients/installed"
fi

if [ -n "${TAILHOOK_CHROMIUM:-}" ]; then
    [ -x "$TAILHOOK_CHROMIUM" ] && exit 0
    echo "error: TAILHOOK_CHROMIUM is $TAILHOOK_CHROMIUM, which is no program" >&2
    echo "hint: unset TAILHOOK_CHROMIUM" >&2
    exit 1
fi

has_chromium() {
    for name in chromium chromium-browser google-chrome; do
        [ -x "/usr/bin/$name" ] && return
    done
    # Playwright's own, if somebody has installed it.
    node -e 'process.exit(require("fs").existsSync(require("@playwright/test").chromium.executablePath()) ? 0 : 1)'
}

has_chromium && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update
    apt-get install -y --no-install-recommends chromium
    has_chromium && exit 0
fi
echo "error: there is no Chromium" >&2
echo "hint: cd '$PWD' && npx playwright install --with-deps chromium" >&2
exit 1
