//! Appendix D.1: the peoples of China, by number.

/// The names, number 1 first; 57 is "other".
pub const NATIONS: [&str; 57] = [
    "汉",
    "蒙古",
    "回",
    "藏",
    "维吾尔",
    "苗",
    "彝",
    "壮",
    "布依",
    "朝鲜",
    "满",
    "侗",
    "瑶",
    "白",
    "土家",
    "哈尼",
    "哈萨克",
    "傣",
    "黎",
    "傈僳",
    "佤",
    "畲",
    "高山",
    "拉祜",
    "水",
    "东乡",
    "纳西",
    "景颇",
    "柯尔克孜",
    "土",
    "达斡尔",
    "仫佬",
    "羌",
    "布朗",
    "撒拉",
    "毛南",
    "仡佬",
    "锡伯",
    "阿昌",
    "普米",
    "塔吉克",
    "怒",
    "乌孜别克",
    "俄罗斯",
    "鄂温克",
    "德昂",
    "保安",
    "裕固",
    "京",
    "塔塔尔",
    "独龙",
    "鄂伦春",
    "赫哲",
    "门巴",
    "珞巴",
    "基诺",
    "其他",
];

/// The number of a name, with or without 族.
#[must_use]
pub fn number(name: &str) -> Option<i64> {
    let name = name.trim();
    let name = name.strip_suffix('族').unwrap_or(name);
    let at = NATIONS.iter().position(|nation| *nation == name)?;
    i64::try_from(at + 1).ok()
}

/// The name of a number.
#[must_use]
pub fn name(number: i64) -> Option<&'static str> {
    let at = usize::try_from(number).ok()?.checked_sub(1)?;
    NATIONS.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_agree() {
        for known in 1..=57 {
            assert_eq!(number(name(known).unwrap()), Some(known));
        }
        assert_eq!((number("汉族"), number("藏")), (Some(1), Some(4)));
        assert_eq!((number("Elvish"), name(0), name(58)), (None, None, None));
    }
}
