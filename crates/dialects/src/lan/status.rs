//! Chapter 4: the status codes.

use crate::numbered::numbered;

numbered! {
    /// What became of a call.
    Status, else "未知错误" {
        /// Done.
        Success = 0 "成功",
        /// It failed, nobody says why.
        Unknown = 1 "未知错误",
        /// The call is none of the document's.
        ClientError = 100 "客户端错误",
        /// A parameter is missing.
        Missing = 101 "缺少参数",
        /// A parameter is malformed or out of its range, and has no status of its own.
        Malformed = 102 "参数错误",
        /// The key is not the device's.
        WrongKey = 103 "秘钥验证失败",
        /// The picture could not be kept. Some builds say so where no face is found.
        PictureNotKept = 104 "图片保存失败",
        /// The picture's size is not taken.
        PictureSize = 105 "图片尺寸错误",
        /// No face in the picture.
        NoFace = 106 "图片找不到人脸",
        /// `passCount` is no number.
        PassCountMalformed = 107 "passCount 格式错误",
        /// `passCount` is outside its range.
        PassCountRange = 108 "passCount 取值范围错误",
        /// `startTs` is no number.
        StartMalformed = 109 "startTs 格式错误",
        /// `startTs` is outside its range.
        StartRange = 110 "startTs 取值范围错误",
        /// `endTs` is no number.
        EndMalformed = 111 "endTs 格式错误",
        /// `endTs` is outside its range.
        EndRange = 112 "endTs 取值范围错误",
        /// The threshold for identity cards is no number (`idCardFaceFeaturePairNumber`: QUIRKS L20).
        IdFaceRateMalformed = 113 "IDFaceRate 格式错误",
        /// The threshold for identity cards is outside its range.
        IdFaceRateRange = 114 "IDFaceRate 取值范围错误",
        /// The threshold for faces is no number (`faceFeaturePairNumber`).
        FaceRateMalformed = 115 "faceRate 格式错误",
        /// The threshold for faces is outside its range.
        FaceRateRange = 116 "faceRate 取值范围错误",
        /// Of a field that no call has (QUIRKS L9).
        PassFieldMalformed = 117 "passField 格式错误",
        /// Of a field that no call has (QUIRKS L9).
        PassFieldRange = 118 "passField 取值范围错误",
        /// Of a field that no call has (QUIRKS L9).
        PassTypeMalformed = 119 "passType 格式错误",
        /// Of a field that no call has (QUIRKS L9).
        PassTypeRange = 120 "passType 取值范围错误",
        /// `period` is outside its range.
        PeriodRange = 121 "period 取值范围错误",
        /// `url` is none.
        UrlMalformed = 122 "url 格式错误",
        /// A picture is being taken already.
        Busy = 123 "正在拍照",
        /// The picture is none.
        PictureFormat = 124 "图片格式错误",
        /// The face gives no template.
        NoFeatures = 125 "图片提取特征值失败",
        /// There is no such person.
        UnknownPerson = 126 "人员不存在",
        /// The picture cannot be decoded.
        PictureBroken = 127 "图片解析失败",
        /// The device holds no more people.
        Full = 128 "人员达到最大限度，无法继续添加",
        /// The device failed.
        ServerError = 1000 "服务端错误",
        /// The device failed, nobody says why.
        ServerUnknown = 10000 "服务端未知错误",
    }
}

impl Status {
    /// The status for a parameter that is no value of its kind.
    #[must_use]
    pub fn malformed(field: &str) -> Self {
        match field {
            "passCount" => Self::PassCountMalformed,
            "startTs" => Self::StartMalformed,
            "endTs" => Self::EndMalformed,
            "idCardFaceFeaturePairNumber" => Self::IdFaceRateMalformed,
            "faceFeaturePairNumber" => Self::FaceRateMalformed,
            "photo" => Self::PictureFormat,
            "url" => Self::UrlMalformed,
            _ => Self::Malformed,
        }
    }

    /// The status for a parameter that is outside its range.
    #[must_use]
    pub fn out_of_range(field: &str) -> Self {
        match field {
            "passCount" => Self::PassCountRange,
            "startTs" => Self::StartRange,
            "endTs" => Self::EndRange,
            "period" => Self::PeriodRange,
            "idCardFaceFeaturePairNumber" => Self::IdFaceRateRange,
            "faceFeaturePairNumber" => Self::FaceRateRange,
            other => Self::malformed(other),
        }
    }
}
