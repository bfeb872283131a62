#!/bin/sh
# The settings (3.2, 3.3).
# DEVICE and KEY name the terminal and its key; each answer is a line.
set -eu
DEVICE=${DEVICE:-http://127.0.0.1:8088}
KEY=${KEY:-abc}
call() {
    curl --silent --show-error --fail --max-time 30 "$@"
    echo
}
call --data-urlencode "key=$KEY" --data-urlencode 'deviceName=1号机' --data-urlencode 'appWelcomeMsg=请通行,@' \
    --data faceFeaturePairNumber=0.6 --data faceFeaturePairSuccessOrFailWaitTime=3.0 --data openDoorType=0 \
    --data openDoorContinueTime=5.0 --data doorType=26 --data deviceSoundSize=50 --data deviceDefendTime=21:50 \
    --data-urlencode 'appFailMsg=抱歉，识别失败' "$DEVICE/setDeviceInfo"
call --get --data-urlencode "key=$KEY" "$DEVICE/getDeviceInfo"
