#!/bin/sh
# Settings: sounds, the door, temperatures, the clock (3.1, 3.2, 3.5, 3.6, 3.27).
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
call GetSound '{"operator":"GetSound","info":{"DeviceID":1300001}}'
call SetSound '{"operator":"SetSound","info":{"VerifySuccAudio":1,"VerifyFailAudio":1,"RemoteCtrlAudio":1,
    "Volume":50,"VerifySuccGuiTip":1,"VerifyFailGuiTip":1,"UnregisteredGuiTip":1,"IPHide":0,"IsShowName":1,
    "DisplayPicture":0,"ICCardNumHide":0,"VerifyTipContent":"请通行","UnregisterTipContent":"陌生人",
    "BlacklistTipContent":"禁止通行"}}'
call GetDoorCondition ''
call SetDoorCondition '{"operator":"SetDoorCondition","info":{"FaceThreshold":80,"IDCardThreshold":50,
    "OpendoorWay":2,"VerifyMode":1,"ControlType":1,"IOType":0,"IOStayTime":200,"Endian":0,"CardMode":0}}'
call GetTemperature ''
call SetTemperature '{"operator":"SetTemperature","info":{"TemperatureLow":28.00,"TemperatureHigh":37.30}}'
call SetSysTime '{"operator":"SetSysTime","info":{"Year":2026,"Month":3,"Day":25,"Hour":20,"Minute":30,"Second":50}}'
call GetSysTime ''
call SetSysNTP '{"operator":"SetSysNTP","info":{"NtpEnable":0,"NtpTimeZone":25,"NtpInterval":1}}'
call GetSysParam ''
