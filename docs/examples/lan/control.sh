#!/bin/sh
# The door, pictures, a program, a restart (3.14, 3.15, 3.18, 3.20, 3.21). APK names a program to install.
# DEVICE and KEY name the terminal and its key; each answer is a line.
set -eu
DEVICE=${DEVICE:-http://127.0.0.1:8088}
KEY=${KEY:-abc}
call() {
    curl --silent --show-error --fail --max-time 30 "$@"
    echo
}
call --data-urlencode "key=$KEY" "$DEVICE/open"
call --data-urlencode "key=$KEY" --data count=1 --data-urlencode 'tipsBefore=请看镜头' "$DEVICE/photo"
call --data-urlencode "key=$KEY" "$DEVICE/reset"
call --data-urlencode "key=$KEY" --data-urlencode "url=${APK:?names a program to install}" "$DEVICE/updateAPK"
call --data-urlencode "key=$KEY" "$DEVICE/reboot"
