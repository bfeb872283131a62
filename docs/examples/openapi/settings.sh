#!/bin/sh
# The objects of 8.1, read and set whole.
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
call /api/device/network --request POST
call /api/device/networkcfg --json '{"dhcpEnable": 1, "ipAddress": "192.168.1.23", "subMask": "255.255.255.0",
    "DNS1": "114.114.114.114", "DNS2": "8.8.8.8", "defRout": "192.168.1.1"}'
call /api/device/smartface --request POST
call /api/device/smartfacecfg --json '{"faceEnable": 1, "faceCmpEnable": 1, "faceThre": 5, "faceMinsize": 60,
    "faceMaxsize": 400, "faceInterval": 6, "imgType": 1, "maskDetecEnable": 0, "tempDetecEnable": 0,
    "tempWarnThre": 37.3, "ftpPutImgEnable": 0, "faceFrame": 1}'
call /api/device/perpara --request POST
call /api/device/perparacfg --json '{"detecTemMod": 0, "alarmType": 0, "voiceProswitch": 1, "tempNormal": 1,
    "maskNormal": 1, "cmpNormal": 1, "RecordOpen": 0, "unlockControl": 1, "unlockOuttime": 5}'
