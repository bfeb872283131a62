//! What holds before a platform has set anything: the document's examples, as far as they fit this terminal.

use dialects::facegate::SettingsGroup;
use serde_json::{Map, Value, json};

/// The defaults of a group.
pub(super) fn of(group: SettingsGroup) -> Map<String, Value> {
    object(match group {
        SettingsGroup::Sound => json!({
            "VerifySuccAudio": 1, "VerifyFailAudio": 1, "RemoteCtrlAudio": 0, "Volume": 80, "VerifySuccGuiTip": 1,
            "VerifyFailGuiTip": 1, "UnregisteredGuiTip": 1, "IPHide": 0, "IsShowName": 1, "IsShowTitle": 0,
            "IsShowVersion": 0, "IsShowDate": 1, "IsShowTime": 1, "IDCardNumHide": 0, "ICCardNumHide": 0,
            "DisplayPicture": 0, "IsShowDeviceID": 0, "IsShowPersonNum": 0, "VerifyTipContent": "",
            "UnregisterTipContent": "", "BlacklistTipContent": "",
        }),
        SettingsGroup::DoorCondition => json!({
            "FaceThreshold": 80, "IDCardThreshold": 50, "OpendoorWay": 2, "VerifyMode": 1, "VerifyResetTime": 5,
            "Wiegand": 1, "PublicMjCardNo": 0, "AutoMjCardBgnNo": 0, "AutoMjCardEndNo": 0, "ControlType": 1,
            "IOType": 0, "IOStayTime": 3000, "Endian": 0, "CardMode": 0, "IsOutFF": 0, "SnapResetTime": 0,
        }),
        SettingsGroup::NetParam => json!({
            "Submask": "255.255.255.0", "Gateway": "0.0.0.0", "DHCP": 0, "DefRoute": 0,
        }),
        SettingsGroup::SysTime => json!({}),
        SettingsGroup::SysNtp => json!({
            "NtpEnable": 0, "NtpUrl": "", "NtpPort": 123, "NtpTimeZone": 25, "NtpInterval": 1,
        }),
        SettingsGroup::Centre => json!({
            "ConnectCenter": 0, "CenterUrl": "", "CenterPort": 6666, "CenterUser": "", "CenterPwd": "",
            "SendSnapImage": 0, "SendVerifyResult": 0,
        }),
        SettingsGroup::SysParam => json!({}),
        SettingsGroup::EnterIpc => json!({"TotalNum": 0, "IPC_Info": []}),
        SettingsGroup::ServerBasicPara => json!({
            "InformationRelease": "", "Channelselection": 0, "DisplaySnapVerify": 0,
        }),
        SettingsGroup::WorkType => json!({"TotalNum": 0, "WorkTypeInfo": []}),
        SettingsGroup::GeneralParam => json!({
            "FaceThreshold": 80, "IDCardThreshold": 50, "ControlType": 0, "AutoRebootDay": 0, "AutoRebootHour": 0,
            "Direction": 0, "Submask": "255.255.255.0", "Gateway": "0.0.0.0", "DNS": "0.0.0.0", "DHCP": 0,
        }),
        SettingsGroup::Temperature => json!({
            "TemperatureMode": 0, "ShowAbnormalTemp": 0, "TemperatureCheck": 0.0, "TemperatureLow": 28.0,
            "TempAutoLow": 0, "TempWay": 0, "TemperatureHigh": 37.3, "EnvTemperature": 0.0,
            "EnvTemperatureCheck": 0.0, "OpenLaser": 0, "TempFaceMinW": 350, "TempFaceMinH": 560,
        }),
        SettingsGroup::HandShark => json!({"HandSharkInfo": ""}),
        SettingsGroup::SysCfg => json!({
            "Language": 0, "DataBaseEnable": 1, "IDcardType": 0, "CardReaderType": 0, "CardOpenDoorWay": 0,
            "FaceDisplay": 1, "LiveDetectType": 1, "LiveDetectTimeBeg": "00:00:00",
            "LiveDetectTimeEnd": "23:59:59", "LedLightType": 0, "LedBrightness": 50, "LedTimeBeg": "00:00:00",
            "LedTimeEnd": "23:59:59", "LedDisableAfterSec": 0, "LcdBLDisable": 0, "LcdBLDisableAfterSec": 0,
            "ScreenBrightness": 80, "WebTimeOut": 5,
        }),
        SettingsGroup::Broker => json!({
            "MQEnable": 0, "MQCloudID": "", "MQAddr": "", "MQPort": 1883, "MQUser": "", "MQPwd": "",
            "MQTopic": "", "StrangerUploadType": 0, "RecordUploadType": 1, "Direction": 2, "QRCode": 0,
            "ResumefromBreakpoint": 0, "BeginTime": "",
        }),
        SettingsGroup::NetWifi => json!({
            "Enable": 0, "WorkMode": 0, "SecurityMode": 0, "SSID": "", "PassWord": "", "DHCP": 1, "IPAddr": "",
            "NetMask": "", "GateWay": "", "DNS1": "", "DNS2": "",
        }),
        SettingsGroup::FaceParam => json!({
            "recDistance": "200", "faceMinPixel": "122", "detectArea_x": 0, "detectArea_y": 0,
            "detectArea_w": 960, "detectArea_h": "1280",
        }),
        SettingsGroup::Rtsp => json!({"OpenVerify": 0, "PackSize": 1500, "RTSPPort": 554}),
    })
}

/// The fields of an object.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
