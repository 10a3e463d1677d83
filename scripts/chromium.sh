#!/bin/sh
# Browser tests drive Debian's Chromium. Install it where it is missing and the system allows it.
# Without it those tests are skipped with a clear line; in CI that is a failure.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "chromium is missing: installing it" >&2
  DEBIAN_FRONTEND=noninteractive
  export DEBIAN_FRONTEND
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "no chromium found: the browser tests will be skipped (install the package 'chromium')" >&2
[ "${CI:-}" = true ] && exit 1
exit 0
