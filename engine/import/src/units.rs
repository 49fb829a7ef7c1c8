//! In what a list states its amounts (金额单位): in a line beside it, in a header, in the
//! name of its file or sheet.

use domain::say::Say;

use super::cells;
use super::fault::FileFault;

/// In what a list states its amounts (单位).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Unit {
    /// 元.
    #[default]
    Yuan,
    /// 千元.
    Thousand,
    /// 万元.
    TenThousand,
    /// 百万元.
    Million,
    /// 亿元.
    HundredMillion,
    /// 分, or a foreign currency: not read.
    Unread,
}

const UNITS: &[(&str, Unit)] = &[
    ("元", Unit::Yuan),
    ("圆", Unit::Yuan),
    ("yuan", Unit::Yuan),
    ("cny", Unit::Yuan),
    ("rmb", Unit::Yuan),
    ("千元", Unit::Thousand),
    ("仟元", Unit::Thousand),
    ("千", Unit::Thousand),
    ("仟", Unit::Thousand),
    ("1,000yuan", Unit::Thousand),
    ("1000yuan", Unit::Thousand),
    ("'000", Unit::Thousand),
    ("000", Unit::Thousand),
    ("k", Unit::Thousand),
    ("thousands", Unit::Thousand),
    ("thousand", Unit::Thousand),
    ("thousandyuan", Unit::Thousand),
    ("万元", Unit::TenThousand),
    ("万", Unit::TenThousand),
    ("10,000yuan", Unit::TenThousand),
    ("10000yuan", Unit::TenThousand),
    ("10k", Unit::TenThousand),
    ("w", Unit::TenThousand),
    ("wan", Unit::TenThousand),
    ("tenthousand", Unit::TenThousand),
    ("tenthousandyuan", Unit::TenThousand),
    ("百万元", Unit::Million),
    ("百万", Unit::Million),
    ("million", Unit::Million),
    ("millions", Unit::Million),
    ("millionyuan", Unit::Million),
    ("亿元", Unit::HundredMillion),
    ("亿", Unit::HundredMillion),
    ("十万元", Unit::Unread),
    ("千万元", Unit::Unread),
    ("万美元", Unit::Unread),
    ("美元", Unit::Unread),
    ("美金", Unit::Unread),
    ("港元", Unit::Unread),
    ("港币", Unit::Unread),
    ("欧元", Unit::Unread),
    ("日元", Unit::Unread),
    ("usd", Unit::Unread),
    ("hkd", Unit::Unread),
    ("eur", Unit::Unread),
    ("$", Unit::Unread),
    ("分", Unit::Unread),
    ("角", Unit::Unread),
    ("fen", Unit::Unread),
    ("cent", Unit::Unread),
    ("cents", Unit::Unread),
];

/// Digits before a unit: those of the table are read, any others are not.
const MULTIPLES: [char; 10] =
    ['十', '拾', '百', '佰', '千', '仟', '万', '萬', '亿', '億'];

/// Brackets around the unit in a header, of all sorts.
pub(crate) const OPENING: [char; 6] = ['(', '[', '【', '〔', '<', '{'];
/// Their other halves.
pub(crate) const CLOSING: [char; 6] = [')', ']', '】', '〕', '>', '}'];

/// Units that a header names at its end without any sign: `借款本金万元`.
pub(crate) const BARE_ENDS: [&str; 10] =
    ["百万元", "亿元", "万元", "仟元", "千元", "佰元", "百元", "万", "亿", "w"];

impl Unit {
    /// The word of `--unit`: `元`, `千元`, `万元`, `百万元`, `亿元` or in English.
    ///
    /// # Errors
    ///
    /// A sentence that names the words, for any other.
    pub fn parse(word: &str) -> Result<Self, String> {
        match word.trim().to_lowercase().as_str() {
            "元" | "yuan" | "cny" | "rmb" => Ok(Self::Yuan),
            "千元" | "thousand" => Ok(Self::Thousand),
            "万元" | "万" | "wan" | "ten_thousand" => Ok(Self::TenThousand),
            "百万元" | "million" => Ok(Self::Million),
            "亿元" | "hundred_million" => Ok(Self::HundredMillion),
            _ => Err("应为 元、千元、万元、百万元 或 亿元 · expected yuan, thousand, ten_thousand, million or hundred_million"
                .to_owned()),
        }
    }

    /// The word of `--unit` in English; `None` for what needs none or is not read.
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Self::Yuan | Self::Unread => None,
            Self::Thousand => Some("thousand"),
            Self::TenThousand => Some("ten_thousand"),
            Self::Million => Some("million"),
            Self::HundredMillion => Some("hundred_million"),
        }
    }

    /// By how many digits an amount in yuan is longer.
    pub(crate) fn zeros(self) -> usize {
        match self {
            Self::Yuan | Self::Unread => 0,
            Self::Thousand => 3,
            Self::TenThousand => 4,
            Self::Million => 6,
            Self::HundredMillion => 8,
        }
    }

    /// What a person calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Yuan => "元",
            Self::Thousand => "千元",
            Self::TenThousand => "万元",
            Self::Million => "百万元",
            Self::HundredMillion => "亿元",
            Self::Unread => "其他单位",
        }
    }

    /// The unit that a word is or begins with: `万元`, `人民币元`, `元/户`. A word
    /// that goes on in letters (`万家`, `分社`) is none.
    pub(crate) fn beginning(word: &str) -> Option<Self> {
        let word = word.strip_prefix("人民币").unwrap_or(word);
        let word = word.trim_start_matches('¥');
        let word = match word.strip_prefix("rmb").or_else(|| word.strip_prefix("cny")) {
            Some("") | None => word,
            Some(rest) => rest,
        };
        let ends = |rest: &str| !rest.starts_with(char::is_alphabetic);
        let named = |it: &&(&str, Self)| word.strip_prefix(it.0).is_some_and(ends);
        let known = UNITS.iter().find(named).map(|unit| unit.1);
        // `百元`, `拾万元`: some multiple, and so not what stands there.
        let multiple = || {
            let rest = word.trim_start_matches(MULTIPLES);
            rest.strip_prefix(['元', '圆']).filter(|rest| ends(rest))?;
            (rest.len() < word.len()).then_some(Self::Unread)
        };
        known.or_else(multiple)
    }

    /// The unit in the header of a column: `借款本金(万元)`, `余额_元`.
    pub(crate) fn of_header(header: &str) -> Option<Self> {
        let header = squeezed(header);
        let marked = || {
            let sign = |it: char| OPENING.contains(&it) || ":/_,".contains(it);
            let (_, unit) = header.rsplit_once(sign)?;
            let unit = unit.trim_end_matches(CLOSING);
            Self::beginning(unit.strip_prefix("单位").unwrap_or(unit))
        };
        // `借款本金万元`, `余额W`
        let wan = || {
            let name = header.strip_suffix('w').filter(|head| !head.is_ascii())?;
            name.ends_with(char::is_alphabetic).then_some(Self::TenThousand)
        };
        // `借款本金百元`; a line beside the list may speak of `百元以上贷款`.
        let hundred = || {
            let name = header.strip_suffix("元")?.strip_suffix(['百', '佰'])?;
            let is_name =
                name.ends_with(char::is_alphabetic) && !name.ends_with(is_number);
            is_name.then_some(Self::Unread)
        };
        // `余额 万`
        let large = || {
            let name = header.strip_suffix(['万', '亿'])?;
            let is_name = !name.ends_with(is_number) && !name.is_empty();
            Self::beginning(&header[name.len()..]).filter(|_| is_name)
        };
        let named = || Self::mentioned_in(&header).or_else(large);
        marked().or_else(named).or_else(wan).or_else(hundred)
    }

    /// A large unit that a line or a header names in passing: `金额以万元计`. Behind a
    /// number (`5万元以下小额贷款`) it is an amount.
    fn mentioned_in(line: &str) -> Option<Self> {
        const LARGE: [(&str, Unit); 6] = [
            ("百万元", Unit::Million),
            ("亿元", Unit::HundredMillion),
            ("万元", Unit::TenThousand),
            ("仟元", Unit::Thousand),
            ("千元", Unit::Thousand),
            ("inthousands", Unit::Thousand),
        ];
        // 万元分社: the name of an office.
        let office = |rest: &str| {
            const OFFICES: [&str; 6] =
                ["分社", "支行", "信用社", "联社", "分理处", "营业部"];
            OFFICES.iter().any(|office| rest.starts_with(office))
        };
        let named = |it: &&(&str, Unit)| {
            let mut places = line.match_indices(it.0);
            places.any(|(at, _)| {
                let rest = &line[at + it.0.len()..];
                !line[..at].ends_with(is_number) && !bounds(rest) && !office(rest)
            })
        };
        LARGE.iter().find(named).map(|it| it.1)
    }

    /// The unit that a line beside the list states: `单位:万元`, `(人民币元)`.
    /// A number of loans or an institution (`编制单位:…`) is none.
    pub(crate) fn stated_in(line: &str) -> Option<Self> {
        let line = squeezed(line);
        let announced = ["单位", "unit", "币种"].iter().find_map(|it| stated(&line, it));
        // `单位:元;贷款金额:万元` is not read as yuan.
        let announced = announced
            .filter(|announced| *announced != Self::Yuan)
            .or_else(|| Self::mentioned_in(&line))
            .or_else(|| {
                of_amounts(&line)
                    .filter(|amount| *amount != Self::Yuan || announced.is_none())
            })
            .or(announced);
        announced.or_else(|| {
            let bare = line.trim_matches(['(', ')', '[', ']', '【', '】']);
            let alone =
                Self::beginning(bare).filter(|_| bare.ends_with(['元', '万', '亿']));
            let short = bare.chars().count() <= 6;
            let inside = || {
                line.split(OPENING).skip(1).find_map(|rest| {
                    let (unit, rest) = rest.split_once(CLOSING)?;
                    Self::beginning(unit).filter(|_| is_unit_word(unit) && !bounds(rest))
                })
            };
            alone.filter(|_| short).or_else(inside)
        })
    }
}

impl Unit {
    /// The unit in the name of a file or a sheet: `逾期清单(万元).csv`, `逾期_万`.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let plain = cells::plain(name);
        let mut name = plain.as_ref();
        // .csv.gz
        while let Some((stem, end)) = name.rsplit_once('.')
            && end.len() <= 7
            && end.is_ascii()
        {
            name = stem;
        }
        let last = || {
            let (_, unit) = name.rsplit_once(['_', '-', ' ', '—', '·'])?;
            Self::beginning(unit).filter(|_| is_unit_word(unit))
        };
        let unit = Self::stated_in(name).or_else(last).or_else(|| Self::sign_in(name));
        unit.filter(|unit| *unit != Self::Yuan)
    }

    /// A unit or a currency by its sign that is a word of a name: `清单_W`, `list(k)`,
    /// `清单(分)`, `USD`. A letter may be the name of a branch, and is asked about; all
    /// by itself it names the file.
    fn sign_in(name: &str) -> Option<Self> {
        const SIGNS: &[&str] = &["w", "k", "wan", "分", "角", "fen", "cent", "cents"];
        const CURRENCIES: &[&str] = &[
            "usd", "hkd", "eur", "jpy", "gbp", "美元", "美金", "港元", "港币", "欧元",
            "日元", "英镑", "外币",
        ];
        let name = name.to_lowercase();
        let parts = |it: char| {
            OPENING.contains(&it)
                || CLOSING.contains(&it)
                || matches!(it, '_' | '-' | '—' | '·' | '.' | ',' | '+' | ' ')
        };
        let is_sign = |it: &&str| {
            CURRENCIES.contains(it) || SIGNS.contains(it) && it.len() < name.len()
        };
        let sign = name.split(parts).find(is_sign)?;
        Some(Self::beginning(sign).unwrap_or(Self::Unread))
    }
}

/// `万元以上`, `(万元)以上`, `万元(含)以上`: a bound and no unit.
fn bounds(rest: &str) -> bool {
    let rest = rest.trim_start_matches(CLOSING);
    let rest = rest.strip_prefix("(含)").unwrap_or(rest);
    ["以上", "以下", "以内", "户"].iter().any(|it| rest.starts_with(it))
}

/// Whether all of a word in brackets is a unit; `(K)` may be the name of a branch.
fn is_unit_word(word: &str) -> bool {
    word.ends_with(['元', '圆', '万', '亿', '千'])
        || word.contains("'000")
        || ["yuan", "thousand", "thousands", "wan"].iter().any(|it| word.ends_with(it))
}

/// The unit that a line names behind the amounts themselves: `金额:万`, `余额以千元计`.
fn of_amounts(line: &str) -> Option<Unit> {
    ["金额", "余额", "本金", "数额", "数字", "数据", "amounts", "amount"].iter().find_map(
        |it| {
            let (_, behind) = line.split_once(it)?;
            let unit = behind.trim_start_matches([
                ':', '(', '[', '为', '以', '按', '用', '均', '是', '皆', '=',
            ]);
            let unit = unit.strip_prefix("in").unwrap_or(unit);
            let word: String =
                unit.chars().take_while(|c| !",;)]。、计列示填".contains(*c)).collect();
            let told = unit.len() < behind.len() || is_unit_word(&word);
            let number = word.starts_with(|it: char| it.is_ascii_digit());
            Unit::beginning(&word).filter(|_| told && !number)
        },
    )
}

/// Whether a letter is part of a number: `5万元`, `五百元`, `捌仟元整`.
fn is_number(letter: char) -> bool {
    const WORDS: &str =
        "零〇一二三四五六七八九十百千万亿两几数壹贰叁肆伍陆柒捌玖貳參陸拾佰仟萬億";
    letter.is_numeric() || WORDS.contains(letter)
}

/// The unit after each word that announces one, unless the word belongs to the
/// name of an office.
fn stated(line: &str, word: &str) -> Option<Unit> {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(word) {
        let office =
            ["编制", "填报", "报送", "制表", "所属", "所在", "工作", "经办", "管理"]
                .iter()
                .any(|it| before.ends_with(it));
        let after = after.trim_start_matches([':', '为', '是', '=', '(', 's']);
        // `户、万元`: the amounts are what counts.
        let found = Unit::beginning(after).or_else(|| {
            after.split(['、', ',', ';', ')']).take(3).find_map(Unit::beginning)
        });
        if let Some(unit) = found.filter(|_| !office) {
            return Some(unit);
        }
        rest = after;
    }
    None
}

fn squeezed(text: &str) -> String {
    let text = cells::plain(text).to_lowercase();
    let simple = |it: char| match it {
        '萬' => '万',
        '億' => '亿',
        '圓' => '元',
        '單' => '单',
        '額' => '额',
        '餘' => '余',
        '’' | '‘' => '\'',
        other => other,
    };
    text.chars().filter(|c| !c.is_whitespace()).map(simple).collect()
}

/// What to do with a list in another unit, in both languages.
fn in_unit(unit: Unit) -> (String, String) {
    let name = unit.name();
    match unit.word() {
        None => (
            "请换算成元后再导入".to_owned(),
            "convert it to yuan and import it again".to_owned(),
        ),
        Some(word) => (
            format!("核对后加 `--unit {name}` 即按{name}换算,或先换算成元"),
            format!("check it and say `--unit {word}`, or convert it to yuan"),
        ),
    }
}

/// `贷款金额(万元)` would be read a ten-thousandth too small.
pub(crate) fn column_in_unit(header: &str, unit: Unit) -> FileFault {
    let (zh, en) = in_unit(unit);
    FileFault::new(
        "I033",
        Say::new(
            format!("`{header}` 列不是以元为单位,未导入任何内容;{zh}"),
            format!("the column `{header}` is not in yuan, nothing was imported; {en}"),
        ),
    )
}

/// A unit in the name of the file or the sheet is asked about too.
pub(crate) fn name_in_unit(unit: Unit) -> FileFault {
    let (zh, en) = in_unit(unit);
    let name = unit.name();
    FileFault::new(
        "I033",
        Say::new(
            format!(
                "文件名或工作表名写着金额单位是{name},未导入任何内容;{zh};确以元计的加 `--unit 元`"
            ),
            format!(
                "the name of the file or sheet says that amounts are in another unit ({name}), nothing was imported; {en}; say `--unit yuan` if they are in yuan all the same"
            ),
        ),
    )
}

pub(crate) fn list_in_unit(unit: Unit) -> FileFault {
    let (zh, en) = in_unit(unit);
    let name = unit.name();
    FileFault::new(
        "I033",
        Say::new(
            format!("这一行写明金额单位是{name},未导入任何内容;{zh}"),
            format!(
                "this line says that amounts are in another unit ({name}), nothing was imported; {en}"
            ),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiple_of_a_yuan_that_is_not_known_is_not_read_as_yuan() {
        let lines = [
            ("单位:百元", Some(Unit::Unread)),
            ("金额单位:人民币佰元", Some(Unit::Unread)),
            ("(拾万元)", Some(Unit::Unread)),
            ("单位:十元", Some(Unit::Unread)),
            ("单位:仟万元", Some(Unit::Unread)),
            ("单位:十亿元", Some(Unit::Unread)),
            ("单位:百元超市", None),
            ("百元以上逾期贷款清单", None),
        ];
        for (line, unit) in lines {
            assert_eq!(Unit::stated_in(line), unit, "{line}");
        }
        for header in ["借款本金(百元)", "借款本金百元"] {
            assert_eq!(Unit::of_header(header), Some(Unit::Unread), "{header}");
        }
    }

    #[test]
    fn a_unit_is_known_in_any_writing_and_an_office_is_none() {
        let lines = [
            ("单位:万元", Some(Unit::TenThousand)),
            ("单位:人民币万元", Some(Unit::TenThousand)),
            ("单 位 : 万 元", Some(Unit::TenThousand)),
            ("金额单位:万元", Some(Unit::TenThousand)),
            ("单位:户、万元", Some(Unit::TenThousand)),
            ("单位 万元", Some(Unit::TenThousand)),
            ("青石联社逾期清单(单位:万元)", Some(Unit::TenThousand)),
            ("青石联社逾期清单(万元)", Some(Unit::TenThousand)),
            ("万元", Some(Unit::TenThousand)),
            ("注:本表金额单位为万元", Some(Unit::TenThousand)),
            ("编制单位:青石联社 单位:千元", Some(Unit::Thousand)),
            ("编制单位:青石联社 金额单位:元", Some(Unit::Yuan)),
            ("单位:元", Some(Unit::Yuan)),
            ("单位:人民币元", Some(Unit::Yuan)),
            ("单位:亿元", Some(Unit::HundredMillion)),
            ("单位:百万元", Some(Unit::Million)),
            ("单位:美元", Some(Unit::Unread)),
            ("单位:分", Some(Unit::Unread)),
            ("币种:美元", Some(Unit::Unread)),
            ("币种:人民币", None),
            ("Unit: 10,000 yuan", Some(Unit::TenThousand)),
            ("Unit: yuan", Some(Unit::Yuan)),
            ("编制单位:青石联社", None),
            ("报送单位:万家联社", None),
            ("单位:万家联社", None),
            ("单位:分社营业部", None),
            ("工作单位:万家超市", None),
            ("单位:青石联社", None),
            ("5万元以上逾期贷款清单", None),
            ("十万元以上逾期贷款清单", None),
            ("金额以万元计", Some(Unit::TenThousand)),
            ("(金额:万元)", Some(Unit::TenThousand)),
            ("单位:元;贷款金额:万元", Some(Unit::TenThousand)),
            ("单位:元;贷款金额:万", Some(Unit::TenThousand)),
            ("Unit: RMB 10k", Some(Unit::TenThousand)),
            ("Amounts in thousands", Some(Unit::Thousand)),
            ("¥万", Some(Unit::TenThousand)),
            ("金额:万", Some(Unit::TenThousand)),
            ("金额：万元", Some(Unit::TenThousand)),
            ("金额(万)", Some(Unit::TenThousand)),
            ("金额以万计", Some(Unit::TenThousand)),
            ("余额:千", Some(Unit::Thousand)),
            ("余额按千元列示", Some(Unit::Thousand)),
            ("單位:萬元", Some(Unit::TenThousand)),
            ("青石联社逾期清单(万)", Some(Unit::TenThousand)),
            ("青石联社逾期清单【万元】", Some(Unit::TenThousand)),
            ("逾期清单(RMB'000)", Some(Unit::Thousand)),
            ("Amounts in wan", Some(Unit::TenThousand)),
            ("金额:元", Some(Unit::Yuan)),
            ("金额:5万以上", None),
            ("金额:100,000.00", None),
            ("金额分布", None),
            ("余额千户", None),
            ("万元以上逾期贷款清单", None),
            ("金额大写:捌仟元整", None),
            ("合计(大写):捌万元整", None),
            ("人民币(大写):伍万元整", None),
            ("玖拾捌万元整", None),
            ("编制单位:青石联社万元分社", None),
            ("(千万元)以上客户", None),
            ("(万元)以上客户", None),
            ("统计口径:万元(含)以上", None),
            ("青石联社(万元)逾期清单", Some(Unit::TenThousand)),
            ("清单(K)", None),
            ("青石联社逾期贷款清单", None),
        ];
        for (line, unit) in lines {
            assert_eq!(Unit::stated_in(line), unit, "{line}");
        }
    }

    #[test]
    fn the_name_of_a_file_or_sheet_states_a_unit() {
        let names = [
            ("逾期清单(万元).csv", Some(Unit::TenThousand)),
            ("逾期清单（单位：千元）.xlsx", Some(Unit::Thousand)),
            ("逾期(万元)", Some(Unit::TenThousand)),
            ("逾期_万.csv", Some(Unit::TenThousand)),
            ("逾期_万.csv.gz", Some(Unit::TenThousand)),
            ("逾期-万元.csv.rejects.csv", Some(Unit::TenThousand)),
            ("逾期清单(万)(1).csv", Some(Unit::TenThousand)),
            ("万元", Some(Unit::TenThousand)),
            ("逾期清单_W.csv", Some(Unit::TenThousand)),
            ("list(k).csv", Some(Unit::Thousand)),
            ("清单(分).csv", Some(Unit::Unread)),
            ("清单（角）.xlsx", Some(Unit::Unread)),
            ("USD.csv", Some(Unit::Unread)),
            ("逾期清单-usd.csv.gz", Some(Unit::Unread)),
            ("逾期清单_英镑.csv", Some(Unit::Unread)),
            ("逾期清单_分社.csv", None),
            ("清单 W.csv", Some(Unit::TenThousand)),
            ("week.csv", None),
            ("w.csv", None),
            ("逾期清单(元).csv", None),
            ("逾期清单.csv", None),
            ("5万元以上.csv", None),
            ("10-50万元清单.csv", None),
            ("万家联社.xlsx", None),
            ("Sheet1", None),
            ("2026-11-29", None),
        ];
        for (name, unit) in names {
            assert_eq!(Unit::of_name(name), unit, "{name}");
        }
    }

    #[test]
    fn a_header_states_the_unit_of_its_column() {
        let headers = [
            ("借款本金(万元)", Some(Unit::TenThousand)),
            ("借款本金(万元)", Some(Unit::TenThousand)),
            ("借款本金(单位:千元)", Some(Unit::Thousand)),
            ("借款本金万元", Some(Unit::TenThousand)),
            ("借款本金〔万元〕", Some(Unit::TenThousand)),
            ("借款本金W", Some(Unit::TenThousand)),
            ("余额 万", Some(Unit::TenThousand)),
            ("万元余额", Some(Unit::TenThousand)),
            ("余额亿", Some(Unit::HundredMillion)),
            ("五万", None),
            ("万元户数", None),
            ("本金(w)", Some(Unit::TenThousand)),
            ("principal ('000)", Some(Unit::Thousand)),
            ("5万元以下户数", None),
            ("余额_元", Some(Unit::Yuan)),
            ("金额/元", Some(Unit::Yuan)),
            ("金额(分)", Some(Unit::Unread)),
            ("金额(美元)", Some(Unit::Unread)),
            ("借款本金", None),
            ("金额(含罚息)", None),
            ("欠款/分期", None),
        ];
        for (header, unit) in headers {
            assert_eq!(Unit::of_header(header), unit, "{header}");
        }
    }
}
