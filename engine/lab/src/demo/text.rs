//! What a demonstration prints (演示输出): the figures of the quarter, and commands
//! to try on its site.

use std::fmt::Display;

use domain::money::Fen;

use crate::demo::report::DemoReport;

/// The figures as staff read them, one line a matter.
pub fn summary(report: &DemoReport, english: bool) -> String {
    let pick = |zh: &'static str, en: &'static str| if english { en } else { zh };
    let line = |label: &str, text: String| format!("{label}{}{text}", pick(":", ": "));
    let lines = [
        head(report, english),
        line(pick("进入流程", "entered a workflow"), entered(report, english)),
        line(pick("已执行的指令", "carried out"), counted(report.sent.iter(), english)),
        line(pick("合规不允许", "refused by the rules"), refused(report, english)),
        line(pick("承诺还款", "promises"), promises(report, english)),
        line(pick("收回", "collected"), collected(report, english)),
        line(pick("奖励", "rewards"), rewards(report, english)),
        line(pick("上门", "visits"), visits(report, english)),
        line(pick("起诉", "suits"), suits(report, english)),
        line(pick("未办待办", "open tasks"), grouped(report.open_tasks)),
        line(pick("脚本出错挂起", "parked by a fault"), grouped(report.parked)),
        line(pick("核验", "verify"), proof(report, english)),
    ];
    lines.join("\n")
}

/// Commands that work on the site, with what each is for.
pub fn commands(
    report: &DemoReport,
    program: &str,
    english: bool,
) -> Vec<(String, &'static str)> {
    let site = quoted(&report.site.display().to_string());
    let mut list = Vec::new();
    let mut add = |command: String, zh: &'static str, en: &'static str| {
        let text = format!("{program} --site {site} {command}");
        list.push((text, if english { en } else { zh }));
    };
    add("status".to_owned(), "运行情况", "what runs and what waits");
    add(
        "case ls --workflow visit --limit 10".to_owned(),
        "待上门的案件",
        "cases to visit",
    );
    if let Some(story) = &report.story {
        add(format!("case show {story}"), "一笔贷款的经过", "the story of one loan");
    }
    add(
        "report ageing --as-of 2026-06-30".to_owned(),
        "季末账龄",
        "ageing at the end of the quarter",
    );
    add(
        "report promises --from 2026-04-01 --to 2026-06-30".to_owned(),
        "承诺兑现",
        "promises by grade",
    );
    add(
        "report rewards --from 2026-04-01 --to 2026-06-30".to_owned(),
        "各信贷员奖励",
        "rewards by collector",
    );
    add("task ls --limit 10".to_owned(), "待办", "work for people");
    add(
        "order ls --status refused --limit 10".to_owned(),
        "被拦下的指令",
        "what the rules stopped",
    );
    add("approve".to_owned(), "等第二人批准的", "what waits for a second person");
    if let Some(order) = report.waiting {
        let reason = if english { "'papers complete'" } else { "'材料齐全'" };
        add(
            format!("approve {order} --reason {reason}"),
            "批准其中一件",
            "approve one of them",
        );
    }
    add("releases".to_owned(), "流程版本", "releases of the workflows");
    add("journal export | head -3".to_owned(), "日志", "the journal");
    add("verify".to_owned(), "核验全部记录", "prove every record");
    add("graph remind --format mermaid".to_owned(), "画出一条流程", "draw a workflow");
    list
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "/._-".contains(it);
    if path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

fn head(report: &DemoReport, english: bool) -> String {
    let days = match (report.from, report.to) {
        (Some(from), Some(to)) if english => format!("{from} to {to}"),
        (Some(from), Some(to)) => format!("{from} 至 {to}"),
        _ => String::new(),
    };
    let (name, loans, lent) =
        (&report.institution, grouped(report.loans), money(report.lent));
    if english {
        format!("{name}: {loans} loans, {lent} yuan lent, {days}")
    } else {
        format!("{name}:{loans} 笔贷款,共放款 {lent} 元,{days}")
    }
}

fn entered(report: &DemoReport, english: bool) -> String {
    let cases = grouped(report.enrolled);
    let runs = counted(report.opened.iter(), english);
    if english {
        format!("{cases} loans; runs: {runs}")
    } else {
        format!("{cases} 笔;{runs}")
    }
}

/// `sms 1,234 · call 567`, with the Chinese word in front.
fn counted<'a>(
    counts: impl Iterator<Item = (&'a String, &'a i64)>,
    english: bool,
) -> String {
    let one = |(name, count): (&'a String, &'a i64)| {
        let zh = if english { "" } else { in_chinese(name) };
        let space = if zh.is_empty() { "" } else { " " };
        format!("{zh}{space}{name} {}", grouped(*count))
    };
    counts.map(one).collect::<Vec<_>>().join(" · ")
}

fn refused(report: &DemoReport, english: bool) -> String {
    let all: i64 = report.refused.iter().map(|it| it.count).sum();
    let mut list: Vec<String> = report
        .refused
        .iter()
        .map(|it| format!("{} {} [{}]", it.verb, grouped(it.count), it.rules))
        .collect();
    let deferred = grouped(report.deferred);
    list.push(if english {
        format!("put off to a better hour {deferred}")
    } else {
        format!("另有 {deferred} 件推迟到允许的时间")
    });
    let (all, list) = (grouped(all), list.join(" · "));
    if english { format!("{all}; {list}") } else { format!("{all} 件;{list}") }
}

fn promises(report: &DemoReport, english: bool) -> String {
    let all: u64 = report.promises.iter().map(|promise| promise.count).sum();
    let list: Vec<String> = report
        .promises
        .iter()
        .map(|promise| {
            let word = promise.grade.as_str();
            let zh = if english { "" } else { in_chinese(word) };
            let space = if zh.is_empty() { "" } else { " " };
            format!("{zh}{space}{word} {}", grouped(promise.count))
        })
        .collect();
    let amount = money(report.promises.iter().map(|promise| promise.promised).sum());
    let (all, list) = (grouped(all), list.join(" · "));
    if english {
        format!("{all}, {amount} yuan; {list}")
    } else {
        format!("{all} 次,{amount} 元;{list}")
    }
}

fn collected(report: &DemoReport, english: bool) -> String {
    let it = &report.collected;
    let by_age: Vec<String> = it
        .by_age
        .iter()
        .map(|age| {
            let bucket = match (age.bucket.as_str(), english) {
                ("0", true) => "not late".to_owned(),
                ("0", false) => "未逾期".to_owned(),
                (bucket, true) => format!("{bucket} days"),
                (bucket, false) => format!("{bucket} 天"),
            };
            format!("{bucket} {} ({})", money(age.amount), grouped(age.payments))
        })
        .collect();
    let (count, amount, list) =
        (grouped(it.payments), money(it.amount), by_age.join(" · "));
    if english {
        format!("{count} payments, {amount} yuan; {list}")
    } else {
        format!("{count} 笔,{amount} 元;{list}")
    }
}

fn rewards(report: &DemoReport, english: bool) -> String {
    let it = &report.rewards;
    let (count, accrued, back) =
        (grouped(it.count), money(it.accrued), money(it.taken_back));
    if english {
        format!("{count} accrued, {accrued} yuan; taken back {back} yuan")
    } else {
        format!("计提 {count} 笔,{accrued} 元;追回 {back} 元")
    }
}

fn visits(report: &DemoReport, english: bool) -> String {
    let all: i64 = report.visits.values().sum();
    let list = counted(report.visits.iter(), english);
    if english { format!("{all}; {list}") } else { format!("{all} 次;{list}") }
}

fn suits(report: &DemoReport, english: bool) -> String {
    let it = &report.suits;
    let (opened, filed, waiting) = (it.opened, it.filed, it.awaiting_approval);
    if english {
        format!("{opened} opened, {filed} of them filed, {waiting} waiting for approval")
    } else {
        format!("已批准 {opened} 件,其中已立案 {filed} 件;待批准 {waiting} 件")
    }
}

fn proof(report: &DemoReport, english: bool) -> String {
    let lines = grouped(report.verify.journal_lines);
    let faults = report.verify.faults.len();
    match (report.verify.sound, english) {
        (true, true) => format!("sound; {lines} journal lines"),
        (true, false) => format!("完好,日志 {lines} 行"),
        (false, true) => format!("{faults} faults; {lines} journal lines"),
        (false, false) => format!("有 {faults} 处不符,日志 {lines} 行"),
    }
}

fn in_chinese(word: &str) -> &'static str {
    match word {
        "remind" => "逾期提醒",
        "visit" => "上门",
        "promise" => "承诺还款",
        "escalate_to_legal" => "转法务",
        "small_claim" => "小额诉前",
        "complaint" => "投诉",
        "deceased" => "客户死亡",
        "dispute" => "异议核账",
        "hardship" => "困难帮扶",
        "plan" => "分期履行",
        "reply" => "客户回复",
        "limitation_watch" => "时效看守",
        "bankruptcy" => "破产申报",
        "guarantee_watch" => "保证期间看守",
        "reward_collector" => "清收奖励",
        "sms" => "短信",
        "wechat" => "微信",
        "call" => "电话",
        "letter" => "信函",
        "notice" => "通知",
        "task" => "待办",
        "reward" => "计提奖励",
        "claw_back" => "追回奖励",
        "demand_letter" => "催收通知书",
        "file_suit" => "起诉",
        "payment_order" => "支付令",
        "limitation_task" => "时效待办",
        "open" => "未到期",
        "kept" => "兑现",
        "late" => "迟兑现",
        "partial" => "部分兑现",
        "broken" => "爽约",
        "replaced" => "已改约",
        "met" => "见到",
        "absent" => "不在",
        "promised" => "当面承诺",
        "notice_signed" => "签收通知",
        _ => "",
    }
}

/// Digits in groups of three.
fn grouped(number: impl Display) -> String {
    let text = number.to_string();
    let (sign, digits) =
        text.strip_prefix('-').map_or(("", text.as_str()), |it| ("-", it));
    let (whole, rest) = digits.split_once('.').map_or((digits, ""), |it| it);
    let mut grouped = String::from(sign);
    for (at, digit) in whole.chars().enumerate() {
        if 0 < at && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !rest.is_empty() {
        grouped.push('.');
        grouped.push_str(rest);
    }
    grouped
}

fn money(amount: Fen) -> String {
    grouped(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_groups_of_three() {
        let table = [
            (Fen(0), "0.00"),
            (Fen(99_999), "999.99"),
            (Fen(100_000), "1,000.00"),
            (Fen(-123_456_789), "-1,234,567.89"),
        ];
        for (amount, text) in table {
            assert_eq!(money(amount), text);
        }
        assert_eq!(grouped(1_000_000), "1,000,000");
    }

    #[test]
    fn a_path_with_a_space_is_quoted_for_the_shell() {
        assert_eq!(quoted("/tmp/qingshou-demo-1"), "/tmp/qingshou-demo-1");
        assert_eq!(quoted("/tmp/my site"), "'/tmp/my site'");
        assert_eq!(quoted("/tmp/it's"), r"'/tmp/it'\''s'");
    }
}
