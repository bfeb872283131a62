#!/bin/sh
# The door, what happened there, and passwords (3.20, 3.21, 3.22, 3.26).
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
call OpenDoor '{"operator":"OpenDoor","info":{"DeviceID":"1300001","Chn":0,"status":1,"msg":"请通行"}}'
call SearchControlNum '{"operator":"SearchControlNum","info":{"DeviceID":1300001,"BeginTime":"2018-06-01T00:00:00",
    "EndTime":"2090-06-29T23:59:59"}}'
call SearchControl '{"operator":"SearchControl","info":{"DeviceID":1300001,"Gender":2,"OpenDoor":0,
    "BeginTime":"2018-06-01T00:00:00","EndTime":"2090-06-29T23:59:59","Ascending":1,"BeginNO":0,"RequestCount":20,
    "Picture":3}}'
call SearchCapture '{"operator":"SearchCapture","info":{"DeviceID":1300001,"BeginTime":"2018-06-01T00:00:00",
    "EndTime":"2090-06-29T23:59:59","Ascending":1,"BeginNO":0,"RequestCount":15}}'
call AddAccessPwd '{"operator":"AddAccessPwd","info":{"AccessPwd":["123465","521423","565424","456826","95468"]}}'
call GetAccessTempPwd ''
call ClearAccessPwd '{"operator":"ClearAccessPwd","info":{}}'
