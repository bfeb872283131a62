#!/bin/sh
# People (3.6 to 3.9) and the check of a photo (3.19). PHOTO names a picture with a face.
# DEVICE and KEY name the terminal and its key; each answer is a line.
set -eu
DEVICE=${DEVICE:-http://127.0.0.1:8088}
KEY=${KEY:-abc}
call() {
    curl --silent --show-error --fail --max-time 30 "$@"
    echo
}
photo=$(mktemp)
trap 'rm -f "$photo"' EXIT
base64 <"$PHOTO" | tr -d '\n' >"$photo"
call --data-urlencode "key=$KEY" --data-urlencode "photo@$photo" "$DEVICE/check"
call --data-urlencode "key=$KEY" --data id=1 --data-urlencode 'name=胖虎 1' --data IC_NO=7267e840 \
    --data ID_NO=990307189207026735 --data-urlencode "photo@$photo" --data passCount=10000 --data startTs=-1 \
    --data endTs=-1 "$DEVICE/setPerson"
call --get --data-urlencode "key=$KEY" --data id=1 "$DEVICE/getPerson"
call --get --data-urlencode "key=$KEY" "$DEVICE/listPerson"
call --data-urlencode "key=$KEY" --data-urlencode 'id=["1"]' "$DEVICE/removePerson"
