//! Chapter 3: the vendor's error codes, which are text on the wire.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal $text:literal,)*) => {
        /// What became of a message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
            /// A number that the document does not have.
            Other(i64),
        }

        impl ErrorCode {
            /// Every code of the document.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The number.
            #[must_use]
            pub fn number(self) -> i64 {
                match self {
                    $(Self::$name => $number,)*
                    Self::Other(number) => number,
                }
            }

            /// The document's words.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(_) => "未知错误",
                }
            }
        }

        impl From<i64> for ErrorCode {
            fn from(number: i64) -> Self {
                match number {
                    $($number => Self::$name,)*
                    other => Self::Other(other),
                }
            }
        }
    };
}

codes! {
    /// Done.
    Success = 100 "操作成功",
    /// It failed.
    Failed = 200 "操作错误",
    /// The cloud does not take the device.
    NotRegistered = 201 "注册错误",
    /// The token is not the cloud's.
    WrongToken = 202 "token校验错误",
    /// The message is not known.
    UnknownMessage = 203 "消息类型未知",
    /// A person's data cannot be used.
    InvalidPerson = 300 "人员信息参数非法",
    /// No face in a photo.
    NoFace = 301 "人脸特征提取失败,请更换图片",
    /// The device holds no more people.
    Full = 302 "人脸注册数目已满",
    /// A photo is no picture.
    NotAPicture = 303 "图片解码失败，请更换图片",
    /// Enrolling took too long.
    EnrolTimeout = 304 "人脸注册超时",
    /// A setting cannot be used.
    InvalidSetting = 400 "设备参数非法",
    /// Reading settings took too long.
    ReadTimeout = 401 "获取设备信息超时",
    /// Writing settings took too long.
    WriteTimeout = 402 "设置设备信息超时",
    /// A program is being fetched (3.2; 2.1.4 has 501 for it: QUIRKS M3).
    Downloading = 500 "下载中",
    /// A program is being installed.
    Installing = 501 "升级中",
    /// A program could not be fetched.
    DownloadFailed = 502 "固件下载失败",
    /// A program has another length.
    WrongLength = 503 "固件长度校验失败",
    /// A program has another hash.
    WrongHash = 504 "固件哈希值校验失败",
    /// A program has another version.
    WrongVersion = 505 "固件版本校验失败",
    /// Installing failed.
    InstallFailed = 506 "固件本地升级失败",
    /// An upgrade is under way.
    AlreadyInstalling = 507 "固件已经在升级中",
    /// The camera took too long.
    PhotoTimeout = 600 "设备拍照超时,请重新拍照",
    /// Nobody stands before the camera.
    NothingSeen = 601 "设备未检测到人脸,请重新拍照",
    /// Whatever else.
    Unknown = 1000 "未知错误",
}

impl ErrorCode {
    /// Whether more answers to the same message follow (QUIRKS M42).
    #[must_use]
    pub fn is_progress(self) -> bool {
        matches!(self, Self::Downloading | Self::Installing)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::from)
    }
}
