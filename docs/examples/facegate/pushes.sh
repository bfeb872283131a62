#!/bin/sh
# What is pushed (3.12, 3.13). PLATFORM takes it.
# DEVICE, USER_NAME and PASSWORD name the terminal and who calls; each answer is a line. A failure ends the script.
set -eu
DEVICE=${DEVICE:-http://127.0.0.1:8000}
USER_NAME=${USER_NAME:-admin}
PASSWORD=${PASSWORD:-admin}
call() {
    answer=$(printf '%s' "$2" | curl --silent --show-error --fail --max-time 30 --user "$USER_NAME:$PASSWORD" \
        --header 'Content-Type: application/json' --data-binary @- "$DEVICE/action/$1")
    echo "$answer"
    case $answer in *'"Fail"'*) exit 1 ;; esac
}
PLATFORM=${PLATFORM:-http://127.0.0.1:8002}
call Subscribe "{\"operator\":\"Subscribe\",\"info\":{\"DeviceID\":1300001,\"Num\":2,\"Topics\":[\"Snap\",\"VerifyWithSnap\"],
    \"SubscribeAddr\":\"$PLATFORM\",\"SubscribeUrl\":{\"Snap\":\"/Subscribe/Snap\",\"Verify\":\"/Subscribe/Verify\",
    \"HeartBeat\":\"/Subscribe/heartbeat\"},\"BeatInterval\":30,\"Auth\":\"none\",\"ResumefromBreakpoint\":1}}"
call GetSubscribe ''
call Unsubscribe '{"operator":"Unsubscribe","info":{"DeviceID":1300001,"Num":2,"Topics":["Snap","VerifyWithSnap"]}}'
