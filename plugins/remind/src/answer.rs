//! What a gateway's answer means (网关应答): taken, not yet, not this number, not
//! this institution, or nobody knows.

use domain::manifest::DeliveryClass;
use serde_json::Value;
use store::plugin::{DeliveryError, Receipt};
use store::plugin_settings::Settings;

/// The longest wait that a far side can ask for, in seconds: a day.
const LONGEST_WAIT_S: u32 = 86_400;

/// The longest reference kept, in characters.
const LONGEST_REFERENCE: usize = 200;

/// The longest code that is shown to people, in characters.
const LONGEST_CODE: usize = 40;

/// How the answers of one gateway are read.
pub(crate) struct Mapping {
    ok_statuses: Vec<(u16, u16)>,
    number_statuses: Vec<(u16, u16)>,
    form: Form,
    codes: Codes,
    reference_pointer: String,
}

/// Where an answer holds its code.
enum Form {
    /// At a place of a JSON text; empty when nobody has said where.
    Json(String),
    /// The first word of a plain text.
    Text,
}

/// What the codes of one gateway mean; each list as it was written.
struct Codes {
    ok: Vec<String>,
    busy: Vec<String>,
    number: Vec<String>,
    account: Vec<String>,
}

/// What a code means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Meaning {
    Taken,
    Busy,
    Number,
    Account,
    Unlisted,
}

/// A setting that cannot be used: its name below the channel, and why.
pub(crate) type Unusable = (&'static str, String);

impl Mapping {
    /// Reads the mapping of a channel.
    pub(crate) fn new(settings: &Settings, channel: &str) -> Result<Self, Unusable> {
        let text =
            |name: &str| settings.text(&format!("{channel}.{name}")).trim().to_owned();
        let pointer = |name: &'static str| match text(name) {
            it if it.is_empty() || it.starts_with('/') => Ok(it),
            _ => Err((
                name,
                "JSON 指针应以 `/` 开头,例如 `/data/msgid` · \
                           a JSON pointer begins with `/`, as `/data/msgid`"
                    .to_owned(),
            )),
        };
        let form = match text("answer").as_str() {
            "text" => Form::Text,
            _ => Form::Json(pointer("ok_pointer")?),
        };
        let codes = Codes {
            ok: list(&text("ok_value")),
            busy: list(&text("retry_values")),
            number: list(&text("number_values")),
            account: list(&text("account_values")),
        };
        codes.stand_once()?;
        let ok_statuses = statuses("ok_statuses", &text("ok_statuses"))?;
        let number_statuses = match text("number_statuses").as_str() {
            "" => Vec::new(),
            given => statuses("number_statuses", given)?,
        };
        mean_one_thing(&ok_statuses, &number_statuses)?;
        Ok(Self {
            ok_statuses,
            number_statuses,
            form,
            codes,
            reference_pointer: pointer("reference_pointer")?,
        })
    }

    /// Whether success shows in the answer. Many gateways say 200 to everything
    /// and tell in the body that they took nothing.
    pub(crate) fn shows_success(&self) -> bool {
        match &self.form {
            Form::Text => true,
            Form::Json(pointer) => !pointer.is_empty() || !holds(&self.ok_statuses, 200),
        }
    }

    /// Judges a whole answer. No part of the answer but reference and code is
    /// kept, for some gateways send the message back.
    pub(crate) fn judge(
        &self,
        status: u16,
        retry_after: Option<&str>,
        body: &[u8],
        class: DeliveryClass,
    ) -> Result<Receipt, DeliveryError> {
        if holds(&self.ok_statuses, status) {
            return self.accepted(body);
        }
        // A gateway may tell the same in its codes, with a status beside it.
        if let Some((code, meaning)) = self.code(body)
            && !matches!(meaning, Meaning::Taken | Meaning::Unlisted)
        {
            return Err(refusal(&code, meaning));
        }
        let said = |zh: &str, en: &str| format!("{zh}({status}) · {en} ({status})");
        match status {
            _ if holds(&self.number_statuses, status) => Err(DeliveryError::Refused(
                said("网关拒绝了这个号码", "the gateway refuses this number"),
            )),
            300..=399 => Err(DeliveryError::Channel(said(
                "网关转往别处,请检查地址和凭据",
                "the gateway redirects, check address and secret",
            ))),
            401..=403 | 407 => Err(DeliveryError::Channel(said(
                "网关不接受本机构的凭据或账户",
                "the gateway refuses the institution's account",
            ))),
            404 | 405 => Err(DeliveryError::Channel(said(
                "网关没有这个接口,请检查地址",
                "the gateway knows no such interface, check the address",
            ))),
            408 | 425 | 429 | 503 => Err(DeliveryError::Retry {
                reason: said("网关请求稍后再试", "the gateway asks to try again later"),
                after_s: retry_after.and_then(seconds),
            }),
            500..=599 => Err(unclear(class, &said("网关出错", "the gateway is broken"))),
            _ => Err(DeliveryError::Unknown(said(
                "网关应答不在约定之内",
                "the settings do not know this answer",
            ))),
        }
    }

    fn accepted(&self, body: &[u8]) -> Result<Receipt, DeliveryError> {
        let garbled = || {
            let why =
                "网关应答中没有约定的字段 · the answer lacks the field of the settings";
            DeliveryError::Unknown(why.to_owned())
        };
        let by_status = matches!(&self.form, Form::Json(it) if it.is_empty());
        if !by_status {
            let (code, meaning) = self.code(body).ok_or_else(garbled)?;
            if meaning != Meaning::Taken {
                return Err(refusal(&code, meaning));
            }
        }
        let reference = match &self.form {
            _ if self.reference_pointer.is_empty() => String::new(),
            Form::Text => words(body).nth(1).unwrap_or_default(),
            Form::Json(_) => {
                let answer = json(body).ok_or_else(garbled)?;
                let found = answer.pointer(&self.reference_pointer).and_then(word);
                found.filter(|it| !it.trim().is_empty()).ok_or_else(garbled)?
            }
        };
        let reference = reference
            .chars()
            .filter(|c| !c.is_control())
            .take(LONGEST_REFERENCE)
            .collect();
        Ok(Receipt { reference, amount: None })
    }

    /// The code of an answer as people may see it.
    pub(crate) fn shown_code(&self, body: &[u8]) -> Option<String> {
        self.code(body).map(|(code, _)| shown(&code))
    }

    /// The code of an answer and what it means; `None` when there is none.
    fn code(&self, body: &[u8]) -> Option<(String, Meaning)> {
        let code = match &self.form {
            Form::Text => words(body).next()?,
            Form::Json(pointer) if pointer.is_empty() => return None,
            Form::Json(pointer) => {
                let answer = json(body)?;
                answer.pointer(pointer).and_then(word)?
            }
        };
        let meaning = self.codes.meaning(&code);
        Some((code, meaning))
    }
}

impl Codes {
    fn meaning(&self, code: &str) -> Meaning {
        let has = |list: &[String]| list.iter().any(|it| it == code);
        match () {
            () if has(&self.ok) => Meaning::Taken,
            () if has(&self.busy) => Meaning::Busy,
            () if has(&self.number) => Meaning::Number,
            () if has(&self.account) => Meaning::Account,
            () => Meaning::Unlisted,
        }
    }

    /// A code in two lists would mean what happens to be looked at first.
    fn stand_once(&self) -> Result<(), Unusable> {
        let lists = [
            ("ok_value", &self.ok),
            ("retry_values", &self.busy),
            ("number_values", &self.number),
            ("account_values", &self.account),
        ];
        for (at, (name, list)) in lists.iter().enumerate() {
            let before = lists[..at]
                .iter()
                .find(|other| list.iter().any(|code| other.1.contains(code)));
            if let Some((other, _)) = before {
                let why = format!("与 {other} 有同一个码 · shares a code with {other}");
                return Err((name, why));
            }
        }
        Ok(())
    }
}

fn refusal(code: &str, meaning: Meaning) -> DeliveryError {
    let code = shown(code);
    match meaning {
        Meaning::Number => DeliveryError::Refused(format!(
            "网关拒绝了这个号码(应答码 {code}) · \
                 the gateway refuses this number (code {code})"
        )),
        Meaning::Busy => DeliveryError::Retry {
            reason: format!(
                "网关未受理,请稍后再试(应答码 {code}) · \
                 the gateway is busy, try again later (code {code})"
            ),
            after_s: None,
        },
        Meaning::Account => DeliveryError::Channel(format!(
            "网关不接受本机构的账户(应答码 {code}) · \
             the gateway refuses the institution's account (code {code})"
        )),
        Meaning::Taken | Meaning::Unlisted => DeliveryError::Unknown(format!(
            "网关应答码 {code} 未列入设置,请在 account_values、number_values 或 \
             retry_values 中写明 · code {code} is in none of the lists of the settings"
        )),
    }
}

/// A code as people may see it: what looks like a telephone number or a text
/// is not shown, for the place in the settings may be a wrong one.
fn shown(code: &str) -> String {
    let short = code.chars().count() <= LONGEST_CODE;
    let plain = code
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':'));
    let digits = code.split(|it: char| !it.is_ascii_digit()).map(str::len).max();
    if short && plain && digits.unwrap_or(0) < 7 {
        code.to_owned()
    } else {
        "…".to_owned()
    }
}

/// The far side may have got it: only an order that may never go twice is
/// given to a person, any other is tried again under its key.
pub(crate) fn unclear(class: DeliveryClass, reason: &str) -> DeliveryError {
    match class {
        DeliveryClass::AtMostOnce => DeliveryError::Unknown(reason.to_owned()),
        DeliveryClass::AtLeastOnce | DeliveryClass::QueryBeforeRetry => {
            DeliveryError::Retry { reason: reason.to_owned(), after_s: None }
        }
    }
}

/// A simple value as text: `0`, `"0"` and `true` are told apart by nobody.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A JSON answer, also with a mark of order in front or with texts in GBK, as many
/// gateways of this country send them: codes and numbers are ASCII, and the texts
/// beside them are not kept.
fn json(body: &[u8]) -> Option<Value> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if str::from_utf8(body).is_ok() {
        return serde_json::from_slice(body).ok();
    }
    let mut plain = Vec::with_capacity(body.len());
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        if byte.is_ascii() {
            plain.push(*byte);
        } else {
            // The second of a pair may look like a backslash.
            bytes.next();
            plain.push(b'?');
        }
    }
    serde_json::from_slice(&plain).ok()
}

/// The words of a plain answer such as `0,20261128093001` or `OK#77`.
fn words(body: &[u8]) -> impl Iterator<Item = String> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = String::from_utf8_lossy(body).into_owned();
    let apart =
        |it: char| it.is_whitespace() || matches!(it, ',' | '#' | '|' | ';' | '&');
    let found: Vec<String> =
        text.split(apart).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    found.into_iter()
}

/// `Retry-After` in seconds; the form with a date is left to the daemon's own
/// pace, for a plugin has no clock.
fn seconds(header: &str) -> Option<u32> {
    header
        .trim()
        .parse::<u64>()
        .ok()
        .map(|it| u32::try_from(it).unwrap_or(LONGEST_WAIT_S).min(LONGEST_WAIT_S))
}

/// What stands between the items of a list, as a Chinese keyboard writes it too.
pub(crate) const BETWEEN: [char; 7] = [',', '，', '、', ';', '；', '\n', '\t'];

fn list(text: &str) -> Vec<String> {
    let parts = text.split(BETWEEN).map(|part| part.trim().to_owned());
    parts.filter(|part| !part.is_empty()).collect()
}

/// Statuses that say something of the institution, the address or the hour, and
/// nothing of one number: an expired token would fail a whole book, or count as
/// having reached everybody.
const NO_NUMBERS: [(u16, u16); 5] =
    [(401, 405), (407, 408), (425, 425), (429, 429), (500, 599)];

/// A status that could mean two things would mean what happens to be looked at
/// first.
fn mean_one_thing(ok: &[(u16, u16)], number: &[(u16, u16)]) -> Result<(), Unusable> {
    for (name, list) in [("ok_statuses", ok), ("number_statuses", number)] {
        if let Some(status) = first_common(list, &NO_NUMBERS) {
            return Err((
                name,
                format!(
                    "{status} 说的是本机构的凭据、地址或网关自身的故障,不是某个号码:401–405、\
                     407、408、425、429 和 5xx 总是留住渠道或稍后再试,不能列在这里;例如写 \
                     `400,422` · {status} tells of the account, the address or the gateway, \
                     not of a number: 401-405, 407, 408, 425, 429 and 5xx always hold the \
                     channel or are tried again and cannot stand here; write `400,422`, for \
                     example"
                ),
            ));
        }
    }
    match first_common(number, ok) {
        Some(status) => Err((
            "number_statuses",
            format!(
                "与 ok_statuses 有同一个状态码 {status} · shares the status {status} with \
                 ok_statuses"
            ),
        )),
        None => Ok(()),
    }
}

fn first_common(ranges: &[(u16, u16)], others: &[(u16, u16)]) -> Option<u16> {
    let common = ranges.iter().flat_map(|(low, high)| {
        others.iter().map(move |other| (*low.max(&other.0), *high.min(&other.1)))
    });
    common.filter(|(low, high)| low <= high).map(|(low, _)| low).min()
}

fn holds(ranges: &[(u16, u16)], status: u16) -> bool {
    ranges.iter().any(|(low, high)| (*low..=*high).contains(&status))
}

fn statuses(name: &'static str, text: &str) -> Result<Vec<(u16, u16)>, Unusable> {
    let how = || {
        let how = "应为状态码或范围,例如 `200,202` 或 `200-299` · \
                   should be codes or ranges, as `200,202` or `200-299`";
        (name, how.to_owned())
    };
    if text.trim().is_empty() {
        return Err(how());
    }
    text.split(BETWEEN)
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            let range = part.split_once(['-', '–', '—', '~', '～', '－']);
            let (low, high) = range.unwrap_or((part, part));
            match (low.trim().parse::<u16>(), high.trim().parse::<u16>()) {
                (Ok(low), Ok(high)) if 200 <= low && low <= high && high <= 599 => {
                    Ok((low, high))
                }
                _ => Err(how()),
            }
        })
        .collect()
}
