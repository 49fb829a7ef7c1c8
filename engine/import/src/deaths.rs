//! What a list says of people who have died (已故): beside a name, in a column of their
//! own, in a remark. Nobody writes to the dead, and nobody duns their family by
//! mistake.

use std::collections::BTreeMap;

use domain::id_card;
use domain::say::Say;
use foldhash::HashMap;

use super::brackets::stem;
use super::cases::{CaseRecord, PersonRecord};
use super::cells;
use super::days;
use super::fault::RowFault;
use super::headers::{Columns, squeeze};
use super::table::Row;

/// Words for a death, in plain small letters.
const WORDS: &[&str] = &[
    // Before 已死, which would leave a letter of it.
    "已死亡",
    "已故",
    "已死",
    "死亡",
    "去世",
    "去逝",
    "身故",
    "身亡",
    "亡故",
    "病故",
    "病逝",
    "病死",
    "逝世",
    "过世",
    "過世",
    "离世",
    "離世",
    "辞世",
    "辭世",
    "故世",
    "已亡",
    "已逝",
    "已殁",
    "已歿",
    "死了",
    "故去",
    "不在人世",
    "deceased",
    "passed away",
    "died",
];

/// What alone in brackets, or behind a name, says the same: 示例甲(死).
const MARKS: &[&str] = &["故", "亡", "死", "殁", "歿", "逝", "卒", "dead", "†"];

/// Words that hold one of those and tell of no death.
const NO_DEATH: &[&str] = &[
    "未死亡",
    "非死亡",
    "未去世",
    "未身故",
    "没有去世",
    "并未去世",
    "死亡险",
    "死亡保险",
    "身故险",
    "身故保险",
    "身故赔",
    "死亡赔",
    "身故给付",
    "死亡给付",
    "身故受益",
    "死亡受益",
    "身故金",
    "死亡金",
    "死亡证明未",
    "意外身故保",
    "未故",
];

/// Whether a note beside a name says that its bearer has died: 示例甲(已故).
pub(crate) fn says_dead(name: &str) -> bool {
    if !may_say(name) {
        return false;
    }
    let plain = cells::plain(name).to_lowercase();
    let sign = |it: char| !it.is_alphanumeric() && it != '†';
    let mut words = plain.split(sign).filter(|part| !part.is_empty());
    // The first is the name itself.
    let first = words.next().unwrap_or_default();
    let marked = words.any(|word| MARKS.contains(&word)) || plain.contains(['†', '✝']);
    let marked_before = MARKS.contains(&first) && first.len() < plain.len();
    marked || marked_before || holds_word(&plain)
}

/// Nearly every cell is passed over at one look.
fn may_say(cell: &str) -> bool {
    let signs = ['故', '死', '亡', '逝', '世', '殁', '歿', '卒', '†', '✝'];
    cell.contains(signs) || holds(cell, &["dead", "died", "deceased", "passed away"])
}

/// Whether a header asks about life and death.
fn asks(header: &str) -> bool {
    header.contains(['死', '世', '故'])
        || ["健在", "存活"].iter().any(|it| header.contains(it))
        || holds(header, &["death", "dead", "deceased", "alive"])
}

fn holds(text: &str, words: &[&str]) -> bool {
    let found = |it: &&str| {
        text.as_bytes()
            .windows(it.len())
            .any(|part| part.eq_ignore_ascii_case(it.as_bytes()))
    };
    words.iter().any(found)
}

fn holds_word(text: &str) -> bool {
    let text = without_denials(text);
    WORDS.iter().any(|word| text.contains(word))
}

/// A text without the words that hold one for a death and tell of none.
fn without_denials(text: &str) -> String {
    NO_DEATH.iter().fold(text.to_owned(), |text, it| text.replace(it, ""))
}

/// How surely a cell beside the name tells of the debtor's death.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Certainty {
    /// It can mean nothing else: 客户状态 死亡.
    Surely,
    /// Somebody has died: 父亲已去世.
    Perhaps,
}

/// What a cell under a header says of a death.
pub(crate) fn told(header: &str, cell: &str) -> Option<Certainty> {
    if !asks(header) && !may_say(cell) {
        return None;
    }
    // 意外身故保险: what is insured, and not who has died.
    let name = without_denials(&squeeze(header));
    let text = cells::plain(cell).to_lowercase();
    // 死 亡
    let text = if text.is_ascii() { text } else { text.split_whitespace().collect() };
    if asks(&name) {
        match answered(&name, &text) {
            Some(Answer::Says(told)) => return Some(told),
            Some(Answer::Denies) => return None,
            None => {}
        }
    }
    let marked = MARKS.contains(&text.as_str());
    if !marked && !holds_word(&text) {
        return None;
    }
    if OTHERS.iter().any(|it| name.contains(it) || text.contains(it)) {
        return Some(Certainty::Perhaps);
    }
    let state = ["状态", "情况", "状况", "标志", "标识", "类型", "status"];
    let of_person =
        ["客户", "借款人", "债务人", "人员", "本人", "户主", "生存", "存活", "死亡"];
    let column = stem(header);
    let is_state = column == "状态"
        || column == "status"
        || of_person.iter().any(|it| name.contains(it))
            && state.iter().any(|it| column.ends_with(it));
    let surely = marked || is_state || says_nothing_else(&text);
    Some(if surely { Certainty::Surely } else { Certainty::Perhaps })
}

/// What a short cell says under a header that asks.
enum Answer {
    Says(Certainty),
    Denies,
}

/// What 是, 0 or a day says under 是否死亡, 是否健在, 死亡日期.
fn answered(name: &str, text: &str) -> Option<Answer> {
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let death =
        has(&["死亡", "去世", "身故", "已故", "亡故", "deceased", "death", "dead"]);
    let life = has(&["健在", "在世", "存活", "alive"]);
    let yes = ["是", "y", "yes", "1", "true", "t", "√", "已", "有"].contains(&text);
    let no = ["否", "n", "no", "0", "false", "f", "×"].contains(&text);
    // 健在子女数: how many, and of whom nobody knows.
    if name.ends_with('数') {
        let some = death && !no && cells::all_digits(text);
        return Some(if some {
            Answer::Says(Certainty::Perhaps)
        } else {
            Answer::Denies
        });
    }
    let day = name.ends_with(['日', '期', '间'])
        && !days::is_filler(text)
        && days::date(text).is_ok();
    // 存活户: an account that is in use, or a person who lives.
    let unsure = has(OTHERS) || has(&["存活户"]);
    if death && (yes || day) || life && no {
        return Some(Answer::Says(if unsure {
            Certainty::Perhaps
        } else {
            Certainty::Surely
        }));
    }
    (death && no).then_some(Answer::Denies)
}

/// Whether a column of an events file may tell of a death at all.
pub(crate) fn may_tell(header: &str) -> bool {
    const WORDS: &[&str] = &[
        "状态", "情况", "状况", "备注", "说明", "摘要", "附言", "原因", "描述", "结果",
        "note", "remark", "memo", "status",
    ];
    let name = squeeze(header);
    asks(&name) || WORDS.iter().any(|word| name.contains(word))
}

/// What the kind of an event says of a death: 客户死亡, 病故; `死亡通知` may be about
/// anybody.
pub(crate) fn of_kind(word: &str) -> Option<Certainty> {
    told("类型", word)
}

/// People who are not the debtor.
const OTHERS: &[&str] = &[
    "保证",
    "担保",
    "配偶",
    "共同",
    "联系人",
    "亲属",
    "家属",
    "父",
    "母",
    "爹",
    "妻",
    "丈夫",
    "老公",
    "老婆",
    "老伴",
    "爱人",
    "儿",
    "女",
    "兄",
    "弟",
    "姐",
    "妹",
    "爷",
    "奶",
    "岳",
    "公公",
    "婆",
    "guarantor",
    "father",
    "mother",
    "wife",
    "husband",
    "son",
    "spouse",
];

/// Whether a remark is all about the debtor's death: 客户已于2026年10月因病去世.
fn says_nothing_else(text: &str) -> bool {
    const BESIDE: &[&str] = &[
        "该客户",
        "客户",
        "借款人",
        "债务人",
        "贷款人",
        "本人",
        "户主",
        "此人",
        "该户",
        "其人",
        "主贷人",
        "经核实",
        "据了解",
        "村委会",
        "证明",
        "已经",
        "已于",
        "已",
        "现",
        "于",
        "因病",
        "因车祸",
        "因故",
        "意外",
        "因",
        "确认",
        "年",
        "月",
        "日",
        "号",
        "前",
        "底",
        "初",
        "去",
        "今",
        "了",
        "户口注销",
        "户籍注销",
        "注销",
        "borrower",
        "customer",
        "has",
        "the",
        "is",
    ];
    let mut rest = text.to_owned();
    for word in WORDS.iter().chain(BESIDE) {
        rest = rest.replace(word, "");
    }
    !rest.contains(char::is_alphabetic)
}

/// The column in which a list says that the debtor has died, of those that are kept
/// as the list has them.
pub(crate) fn of_debtor(extra: &BTreeMap<String, String>) -> Option<&str> {
    let sure = |it: &(&String, &String)| told(it.0, it.1) == Some(Certainty::Surely);
    extra.iter().find(sure).map(|it| it.0.as_str())
}

/// Of whom a list says that they have died, with the line that says it: by the number of
/// the customer and by the identity card, for another row of theirs may say nothing.
#[derive(Default)]
pub(crate) struct Dead(HashMap<String, u64>);

impl Dead {
    /// Notes the debtor of a row that says so.
    pub(crate) fn look(&mut self, line: u64, record: &CaseRecord) {
        if of_debtor(&record.extra).is_some() {
            self.0.extend(keys_of(&record.debtor).map(|key| (key, line)));
        }
    }

    /// The line by which one of the people of a row has died.
    pub(crate) fn line_of(&self, record: &CaseRecord) -> Option<u64> {
        if self.0.is_empty() {
            return None;
        }
        let guarantors = record.guarantors.iter().map(|guarantor| &guarantor.person);
        let mut people = std::iter::once(&record.debtor).chain(guarantors);
        people
            .find_map(|person| keys_of(person).find_map(|key| self.0.get(&key).copied()))
    }
}

/// What a person is known by in a list.
fn keys_of(person: &PersonRecord) -> impl Iterator<Item = String> {
    let number = person.number.as_ref().map(|number| format!("number {number}"));
    let card = person.id_number.as_ref();
    let card = card.map(|card| format!("card {}", id_card::of_18(card)));
    number.into_iter().chain(card)
}

/// Remarks that may tell of a death: how many in which column, and the first line.
#[derive(Default)]
pub(crate) struct Remarks(Vec<(String, usize, u64)>);

impl Remarks {
    /// Looks through what is kept of a row as the list has it.
    pub(crate) fn look(&mut self, extra: &BTreeMap<String, String>, row: &Row) {
        for (header, cell) in extra {
            if told(header, cell) == Some(Certainty::Perhaps) {
                self.add(header, row);
            }
        }
    }

    /// A row of which this column may tell of a death.
    pub(crate) fn add(&mut self, header: &str, row: &Row) {
        match self.0.iter_mut().find(|it| it.0 == header) {
            Some(known) => known.1 += 1,
            None => self.0.push((header.to_owned(), 1, row.line)),
        }
    }

    pub(crate) fn notices(&self) -> Vec<Say> {
        let notice = |(column, count, line): &(String, usize, u64)| {
            Say::new(
                format!(
                    "`{column}` 列有 {count} 行提到有人去世(先见第 {line} 行),已照常导入;是借款人本人的,请用 `qingshou case report 编号 deceased` 登记,是保证人的请不要再联系"
                ),
                format!(
                    "{count} rows speak of a death in the column `{column}` (the first is line {line}), which came in as usual; report it with `qingshou case report NUMBER deceased` if it is the debtor's, and do not write to a guarantor who has died"
                ),
            )
        };
        self.0.iter().map(notice).collect()
    }
}

/// A note beside the debtor's name.
pub(crate) fn beside_name(column: &str) -> RowFault {
    RowFault::new(
        "R055",
        Say::new(
            "姓名旁注明此人已故,不能当作在世的人联系;请只写姓名再导入,并用流水`死亡`或 `qingshou case report 编号 deceased` 登记",
            "a note beside the name says that this person has died; write the name alone, import again, and report the death as an event `deceased` or with `qingshou case report NUMBER deceased`",
        ),
    )
    .of_column(column)
}

/// A note beside the name of a guarantor.
pub(crate) fn of_guarantor(column: &str) -> RowFault {
    RowFault::new(
        "R055",
        Say::new(
            "保证人旁注明此人已故,不能当作在世的人联系;请删去这位保证人和电话再导入,保证责任另与主管核对",
            "a note beside a guarantor says that this person has died; take the name and telephone out, import again, and settle the guarantee with a supervisor",
        ),
    )
    .of_column(column)
}

/// A column that says so, and the book does not know.
pub(crate) fn not_reported(column: &str) -> RowFault {
    RowFault::new(
        "R055",
        Say::new(
            "这一列说明借款人已故,库中还没有登记,不能当作在世的人联系;请先用 `qingshou case report 编号 deceased` 登记再导入;库中没有的案件,先 `qingshou pause all --reason 登记死亡`,清空这一格导入并登记,再 `qingshou resume all`",
            "this column says that the debtor has died, which the book does not know; report it with `qingshou case report NUMBER deceased` and import again, or, for a loan that is new, `qingshou pause all` first, clear the cell, import, report the death, and `qingshou resume all`",
        ),
    )
    .of_column(column)
}

/// A row of somebody of whom another row says that they have died.
pub(crate) fn by_another_row(line: u64) -> RowFault {
    RowFault::new(
        "R055",
        Say::new(
            format!(
                "文件第 {line} 行说明此人已故,库中还没有登记,同一人的其他行也不能当作在世的人导入;请按第 {line} 行的提示办理后再导入"
            ),
            format!(
                "line {line} of the file says that this person has died, which the book does not know, so that other rows of theirs do not come in as of the living either; do what that line asks for and import again"
            ),
        ),
    )
}

/// An event under another kind whose words say that the debtor has died.
pub(crate) fn not_as_such(column: &str) -> RowFault {
    RowFault::new(
        "R055",
        Say::new(
            "这一列说明有人去世,而类型不是`死亡`,没有登记;去世的是借款人的请把类型写成`死亡`,是别人的请写明是谁(如“父亲去世”),类型写`备注`",
            "this column says that somebody has died, and the kind is not `deceased`, so nothing was entered; write the kind `deceased` if it is the debtor, or `note` and who it is",
        ),
    )
    .of_column(column)
}

/// Refuses a row that names a guarantor who has died.
pub(crate) fn no_dead_guarantor(
    columns: &Columns,
    name: &str,
    cell: &str,
) -> Result<(), RowFault> {
    if says_dead(cell) { Err(of_guarantor(columns.header(name))) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_beside_a_name_says_that_its_bearer_has_died() {
        let names = [
            "示例甲(已故)",
            "示例甲（故）",
            "示例甲(死)",
            "示例甲【亡】",
            "示例甲[殁]",
            "示例甲〔故〕",
            "示例甲-故",
            "示例甲/死亡",
            "示例甲 已故",
            "已故示例甲",
            "(故)示例甲",
            "示例甲†",
            "示例甲(病逝)",
            "示例甲(过世)",
            "示例甲(已去逝)",
            "示例甲(2020年去世)",
            "示例甲(deceased)",
            "示例甲 (Dead)",
        ];
        for name in names {
            assert!(says_dead(name), "{name}");
        }
        let names = [
            "示例甲",
            "示例故",
            "故城示例社",
            "世故",
            "示例甲(本人)",
            "John Dead",
            "卒示例",
            "示·逝水",
        ];
        for name in names.iter().filter(|name| **name != "John Dead") {
            assert!(!says_dead(name), "{name}");
        }
    }

    #[test]
    fn a_column_says_that_the_debtor_has_died_or_that_somebody_has() {
        let cells = [
            ("客户状态", "死亡", Some(Certainty::Surely)),
            ("客户状态", "已死亡", Some(Certainty::Surely)),
            ("借款人状态", "身故", Some(Certainty::Surely)),
            ("状态", "死亡", Some(Certainty::Surely)),
            ("生存状态", "死亡", Some(Certainty::Surely)),
            ("是否死亡", "是", Some(Certainty::Surely)),
            ("死亡标志", "1", Some(Certainty::Surely)),
            ("死亡日期", "2026-10-01", Some(Certainty::Surely)),
            ("是否健在", "否", Some(Certainty::Surely)),
            ("deceased", "Y", Some(Certainty::Surely)),
            ("备注", "客户已去世", Some(Certainty::Surely)),
            ("备注", "借款人已于2026年10月因病去世", Some(Certainty::Surely)),
            ("备注", "已故", Some(Certainty::Surely)),
            ("备注", "借款人已死亡", Some(Certainty::Surely)),
            ("备注", "借款人 死 亡", Some(Certainty::Surely)),
            ("备注", "本人病逝。", Some(Certainty::Surely)),
            ("备注", "父亲已去世", Some(Certainty::Perhaps)),
            ("备注", "担保人已故", Some(Certainty::Perhaps)),
            ("备注", "丈夫身亡,生活困难", Some(Certainty::Perhaps)),
            ("备注", "家中有人去世,暂缓", Some(Certainty::Perhaps)),
            ("保证人状态", "死亡", Some(Certainty::Perhaps)),
            ("配偶是否死亡", "是", Some(Certainty::Perhaps)),
            ("备注", "已投保意外身故保险", None),
            ("意外身故保险", "是", None),
            ("意外身故保险到期日", "2027-05-01", None),
            ("是否投保意外身故险", "是", None),
            ("死亡赔付标志", "1", None),
            ("身故受益人", "有", None),
            ("健在子女数", "0", None),
            ("死亡人数", "0", None),
            ("死亡人数", "1", Some(Certainty::Perhaps)),
            ("是否存活户", "否", Some(Certainty::Perhaps)),
            ("是否存活", "否", Some(Certainty::Surely)),
            ("是否死亡(是/否)", "是", Some(Certainty::Surely)),
            ("客户状态(系统)", "死亡", Some(Certainty::Surely)),
            ("是否死亡(担保人)", "是", Some(Certainty::Perhaps)),
            ("备注", "经查未死亡", None),
            ("客户状态", "正常", None),
            ("是否死亡", "否", None),
            ("死亡标志", "0", None),
            ("死亡日期", "9999-12-31", None),
            ("死亡日期", "1900-01-01", None),
            ("是否健在", "是", None),
            ("备注", "事故后还款困难", None),
            ("备注", "因故外出", None),
            ("备注", "三世同堂", None),
            ("婚姻状况", "丧偶", None),
            ("存款余额", "0", None),
            ("备用", "1", None),
        ];
        for (header, cell, wanted) in cells {
            assert_eq!(told(header, cell), wanted, "{header} {cell}");
        }
    }
}
