#!/bin/sh
# The device's key (3.1): set to itself here; put another into newKey.
# DEVICE and KEY name the terminal and its key; each answer is a line.
set -eu
DEVICE=${DEVICE:-http://127.0.0.1:8088}
KEY=${KEY:-abc}
call() {
    curl --silent --show-error --fail --max-time 30 "$@"
    echo
}
call --data-urlencode "key=$KEY" --data-urlencode "newKey=$KEY" "$DEVICE/setDeviceKey"
