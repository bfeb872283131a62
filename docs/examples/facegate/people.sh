#!/bin/sh
# People (3.10, 3.11, 3.19). PHOTO is a JPEG file with a face.
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
PHOTO=${PHOTO:?names a JPEG file}
picture="data:image/jpeg;base64,$(base64 "$PHOTO" | tr -d '\n')"
call AddPerson "{\"operator\":\"AddPerson\",\"info\":{\"DeviceID\":1300001,\"PersonType\":0,\"Name\":\"张三\",\"Gender\":1,
    \"Nation\":1,\"CardType\":0,\"IdCard\":\"422823199012141054\",\"Birthday\":\"1990-12-14\",\"Telnum\":\"18888888888\",
    \"Native\":\"广东深圳\",\"Address\":\"广东省深圳市南山区\",\"Notes\":\"测试名单\",\"MjCardFrom\":2,\"WiegandType\":7,
    \"CardMode\":1,\"WGFacilityCode\":9A, \"MjCardNo\": 018B2D,\"RFIDCard\":\"7267E840\",\"Tempvalid\":1,
    \"CustomizeID\":1001,\"PersonUUID\":\"294d5b4b-b21e-4a23-b3e3-fb0e3c6f6b1c\",\"isCheckSimilarity\":0,
    \"ValidBegin\":\"2018-03-12T09:09:20\",\"ValidEnd\":\"2090-12-14T23:59:59\"},\"picinfo\":\"$picture\"}"
call SearchPerson '{"operator":"SearchPerson","info":{"DeviceID":1300001,"SearchType":0,"SearchID":"1001","Picture":0}}'
call EditPerson '{"operator":"EditPerson","info":{"DeviceID":1300001,"IdType":0,"CustomizeID":1001,"Name":"李四"}}'
call SearchPersonNum '{"operator":"SearchPersonNum","info":{"DeviceID":1300001,"PersonType":2,"Name":"李四"}}'
call SearchPersonList '{"operator":"SearchPersonList","info":{"DeviceID":1300001,"PersonType":2,"BeginNO":0,
    "RequestCount":10,"Picture":0}}'
call DeletePerson '{"operator":"DeletePerson","info":{"DeviceID":1300001,"TotalNum":1,"IdType":0,"CustomizeID":[1001]}}'
