#!/bin/sh
# Programs that tests need beyond Python: a PostgreSQL server, Chromium, and fonts to draw Bengali and Amharic with.
# Installs what is missing when it may; otherwise says what is missing, and the tests that need it are skipped.
set -eu

missing=""
command -v initdb > /dev/null || ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || missing="$missing postgresql"
command -v chromium > /dev/null || command -v chromium-browser > /dev/null || command -v google-chrome > /dev/null || missing="$missing chromium"
ls /usr/lib/*/libatomic.so.1 > /dev/null 2>&1 || missing="$missing libatomic1"  # Playwright's own Node.js wants it
fc-list :lang=bn 2> /dev/null | grep -q . || missing="$missing fonts-lohit-beng-bengali"
fc-list :lang=am 2> /dev/null | grep -q . || missing="$missing fonts-sil-abyssinica"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
  echo "Missing on this machine:$missing. Tests that need them are skipped. On Debian, as root: apt-get install$missing"
  exit 0
fi
echo "Installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086  # one word per package
apt-get install -qq --yes --no-install-recommends $missing > /dev/null
