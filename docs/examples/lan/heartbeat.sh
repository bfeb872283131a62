#!/bin/sh
# The heartbeat (3.16, 3.17). PLATFORM takes it.
# DEVICE and KEY name the terminal and its key; each answer is a line.
set -eu
DEVICE=${DEVICE:-http://127.0.0.1:8088}
KEY=${KEY:-abc}
call() {
    curl --silent --show-error --fail --max-time 30 "$@"
    echo
}
PLATFORM=${PLATFORM:-http://127.0.0.1:8081/beat}
call --data-urlencode "key=$KEY" --data-urlencode "url=$PLATFORM" --data period=50 "$DEVICE/setHeartBeat"
call --get --data-urlencode "key=$KEY" "$DEVICE/getHeartBeat"
