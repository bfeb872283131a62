#!/bin/sh
# The device: door, clock, what it is, a restart (8.1.7 to 8.1.11).
# DEVICE and PASSWORD name the terminal and what calls are signed with; each answer is a line.
set -eu
DEVICE=${DEVICE:-http://127.0.0.1:8899}
PASSWORD=${PASSWORD:-123456}
# An address with its signature (4.1): md5(timestamp#password), the timestamp in milliseconds, each call its own.
signed() {
    timestamp=$(date +%s%3N)
    sign=$(printf "%s#%s" "$timestamp" "$PASSWORD" | md5sum | cut -d " " -f 1)
    echo "$DEVICE$1?timestamp=$timestamp&sign=$sign"
}
call() {
    path=$1
    shift
    curl --silent --show-error --fail --max-time 30 "$@" "$(signed "$path")"
    echo
}
call /api/device/syncTime --request POST
call /api/device/open --form remark=visitor
call /api/device/information --request POST
call /api/device/jsonCmd --json '{"cmd": "audio"}'
call /api/device/reboot --request POST
