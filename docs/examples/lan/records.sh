#!/bin/sh
# Records (3.10 to 3.13). PLATFORM takes the pushes and answers {"status":0}; what is removed here is from before 1970-01-02.
# DEVICE and KEY name the terminal and its key; each answer is a line.
set -eu
DEVICE=${DEVICE:-http://127.0.0.1:8088}
KEY=${KEY:-abc}
call() {
    curl --silent --show-error --fail --max-time 30 "$@"
    echo
}
PLATFORM=${PLATFORM:-http://127.0.0.1:8081/record}
call --data-urlencode "key=$KEY" --data-urlencode "url=$PLATFORM" "$DEVICE/setRecordCallback"
call --get --data-urlencode "key=$KEY" "$DEVICE/getRecordCallback"
call --get --data-urlencode "key=$KEY" --data ts=0 --data count=10 "$DEVICE/listRecord"
call --data-urlencode "key=$KEY" --data ts=86400.0 "$DEVICE/removeRecord"
