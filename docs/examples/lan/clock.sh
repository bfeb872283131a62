#!/bin/sh
# The clock (3.4, 3.5): seconds with a fraction.
# DEVICE and KEY name the terminal and its key; each answer is a line.
set -eu
DEVICE=${DEVICE:-http://127.0.0.1:8088}
KEY=${KEY:-abc}
call() {
    curl --silent --show-error --fail --max-time 30 "$@"
    echo
}
call --data-urlencode "key=$KEY" --data "ts=$(date +%s).235" "$DEVICE/setTime"
call --get --data-urlencode "key=$KEY" "$DEVICE/getTime"
