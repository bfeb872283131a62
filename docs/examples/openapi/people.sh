#!/bin/sh
# People (8.2). PHOTO names a picture with a face.
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
body=$(mktemp)
trap 'rm -f "$body"' EXIT
printf '{"userId": "100001", "userType": 1, "name": "张三", "icNumber": "7267e840", "jobNumber": "A7", "mobile": "",
    "remark": "", "photo": "%s"}' "$(base64 <"$PHOTO" | tr -d '\n')" >"$body"
call /api/user --json "@$body"
call /api/user/update/100001 --json '{"name": "李四"}'
call /api/user/list
call /api/user/delete/100001
