//! Dates and spans of time in scripts (日期与时长): `today()`, `3 * workdays`.

use std::ops::RangeInclusive;
use std::rc::Rc;

use domain::decision::{LONGEST_WAIT_DAYS, WaitRule};
use domain::say::Say;
use jiff::civil::Date;
use mlua::{AnyUserData, Lua, MetaMethod, Table, UserData, UserDataMethods, Value};

use super::names::{shape, word};
use super::values::whole;
use super::{Context, Phase};
use crate::fault::Fault;

/// The unit of a span.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unit {
    Days,
    Workdays,
    Hours,
}

impl Unit {
    const ALL: [Self; 3] = [Self::Days, Self::Workdays, Self::Hours];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Days => "days",
            Self::Workdays => "workdays",
            Self::Hours => "hours",
        }
    }
}

/// A span of time in one unit; may be negative as a difference of dates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Span {
    pub(crate) count: i64,
    pub(crate) unit: Unit,
}

/// A civil date as scripts hold it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Day(pub(crate) Date);

impl Span {
    /// `3 workdays`.
    pub(crate) fn text(self) -> String {
        format!("{} {}", self.count, self.unit.name())
    }

    /// The wait it asks for.
    ///
    /// # Errors
    ///
    /// When it is not between one and ten years.
    pub(crate) fn rule(self) -> Result<WaitRule, Fault> {
        let per_day = if self.unit == Unit::Hours { 24 } else { 1 };
        let longest = LONGEST_WAIT_DAYS * per_day;
        let count = u32::try_from(self.count).ok();
        let Some(count) = count.filter(|count| (1..=longest).contains(count)) else {
            return Err(Fault::new(
                format!("等待 {} 不行:应在 1 到 {longest} 之间", self.text()),
                format!("cannot wait {}: from 1 to {longest}", self.text()),
            )
            .code("W009"));
        };
        Ok(match self.unit {
            Unit::Days => WaitRule::Days(count),
            Unit::Workdays => WaitRule::Workdays(count),
            Unit::Hours => WaitRule::Hours(count),
        })
    }
}

impl UserData for Span {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_function(MetaMethod::Mul, multiply);
        methods.add_meta_function(MetaMethod::Add, |lua, (a, b)| {
            sum(lua, &a, &b, Sign::Plus)
        });
        methods.add_meta_function(MetaMethod::Sub, |lua, (a, b)| {
            sum(lua, &a, &b, Sign::Minus)
        });
        methods.add_meta_function(MetaMethod::Eq, |_, (a, b): (Value, Value)| {
            let (a, b) = (as_span(&a), as_span(&b));
            Ok(a.is_some() && a == b)
        });
        methods.add_meta_function(MetaMethod::Lt, |lua, (a, b)| {
            compare(lua, &a, &b).map(|(a, b)| a < b)
        });
        methods.add_meta_function(MetaMethod::Le, |lua, (a, b)| {
            compare(lua, &a, &b).map(|(a, b)| a <= b)
        });
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| Ok(this.text()));
        methods.add_meta_method(MetaMethod::Index, |lua, this, key: Value| {
            match word(&key).as_str() {
                "count" => Ok(this.count),
                other => Err(no_field("时长", "a span", other, &["count"]).raise(lua)),
            }
        });
        methods.add_meta_function(MetaMethod::NewIndex, read_only);
    }
}

impl UserData for Day {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_function(MetaMethod::Add, |lua, (a, b)| {
            sum(lua, &a, &b, Sign::Plus)
        });
        methods.add_meta_function(MetaMethod::Sub, |lua, (a, b)| {
            sum(lua, &a, &b, Sign::Minus)
        });
        methods.add_meta_function(MetaMethod::Eq, |_, (a, b): (Value, Value)| {
            let (a, b) = (as_day(&a), as_day(&b));
            Ok(a.is_some() && a == b)
        });
        methods.add_meta_function(MetaMethod::Lt, |lua, (a, b)| {
            later(lua, &a, &b).map(|(a, b)| a < b)
        });
        methods.add_meta_function(MetaMethod::Le, |lua, (a, b)| {
            later(lua, &a, &b).map(|(a, b)| a <= b)
        });
        methods
            .add_meta_method(MetaMethod::ToString, |_, this, ()| Ok(this.0.to_string()));
        methods.add_meta_method(MetaMethod::Index, |lua, this, key: Value| {
            match word(&key).as_str() {
                "year" => Ok(i64::from(this.0.year())),
                "month" => Ok(i64::from(this.0.month())),
                "day" => Ok(i64::from(this.0.day())),
                other => {
                    let known = ["year", "month", "day"];
                    Err(no_field("日期", "a date", other, &known).raise(lua))
                }
            }
        });
        methods.add_meta_function(MetaMethod::NewIndex, read_only);
    }
}

/// `days`, `workdays`, `hours`, `today()` and `date "…"`.
pub(crate) fn install(lua: &Lua, names: &Table, ctx: &Rc<Context>) -> mlua::Result<()> {
    units(lua, names)?;
    let ctx = Rc::clone(ctx);
    let today = lua.create_function(move |lua, ()| {
        let today = ctx.call.borrow().today;
        match today.filter(|_| ctx.phase.get() != Phase::Loading) {
            Some(today) => Ok(Day(today)),
            None => Err(Fault::new(
                "today() 只能在函数里用:文件载入时没有“今天”",
                "today() works inside functions only: a file has no day of its own",
            )
            .raise(lua)),
        }
    })?;
    names.raw_set("today", today)
}

/// The part that tests of workflows share: units and `date`.
pub(crate) fn units(lua: &Lua, names: &Table) -> mlua::Result<()> {
    for unit in Unit::ALL {
        names.raw_set(unit.name(), lua.create_userdata(Span { count: 1, unit })?)?;
    }
    let date = lua.create_function(|lua, text: Value| {
        let read = word(&text).parse::<Date>().map_err(|_| {
            let text = shape(&text);
            Fault::new(
                format!("`{text}` 不是日期:应写成 date \"2026-11-23\"", text = text.zh),
                format!("`{text}` is no date: write date \"2026-11-23\"", text = text.en),
            )
        });
        let read = read.and_then(sane);
        read.map(Day).map_err(|error| error.code("W009").raise(lua))
    })?;
    names.raw_set("date", date)
}

/// The date in a value.
pub(crate) fn as_day(value: &Value) -> Option<Date> {
    borrowed::<Day>(value).map(|borrowed| borrowed.0)
}

/// The span in a value.
pub(crate) fn as_span(value: &Value) -> Option<Span> {
    borrowed::<Span>(value)
}

fn borrowed<T: Copy + 'static>(value: &Value) -> Option<T> {
    match value {
        Value::UserData(data) => data.borrow::<T>().ok().map(|data| *data),
        _ => None,
    }
}

fn multiply(lua: &Lua, (a, b): (Value, Value)) -> mlua::Result<Span> {
    let (span, factor) = match (as_span(&a), as_span(&b)) {
        (Some(span), None) => (span, whole(&b)),
        (None, Some(span)) => (span, whole(&a)),
        _ => {
            return Err(cannot("相乘", "multiply", &a, &b).raise(lua));
        }
    };
    let count = factor.and_then(|factor| factor.checked_mul(span.count));
    count.map(|count| Span { count, ..span }).ok_or_else(|| {
        Fault::new(
            "时长应为整数乘单位,例如 3 * days",
            "a span is a whole number times a unit, as 3 * days",
        )
        .code("W009")
        .raise(lua)
    })
}

#[derive(Clone, Copy)]
enum Sign {
    Plus,
    Minus,
}

fn sum(lua: &Lua, a: &Value, b: &Value, sign: Sign) -> mlua::Result<Value> {
    let result = match (as_day(a), as_span(a), as_day(b), as_span(b), sign) {
        (Some(day), _, _, Some(span), sign) => moved(day, span, sign).map(Answer::Day),
        (_, Some(span), Some(day), _, Sign::Plus) => {
            moved(day, span, Sign::Plus).map(Answer::Day)
        }
        (Some(a), _, Some(b), _, Sign::Minus) => {
            let count = i64::from((a - b).get_days());
            Ok(Answer::Span(Span { count, unit: Unit::Days }))
        }
        (_, Some(a), _, Some(b), sign) if a.unit == b.unit => {
            let count = match sign {
                Sign::Plus => a.count.checked_add(b.count),
                Sign::Minus => a.count.checked_sub(b.count),
            };
            let count = count
                .ok_or_else(|| Fault::new("时长超出范围", "the span is out of range"));
            count.map(|count| Answer::Span(Span { count, ..a }))
        }
        _ => Err(cannot("加减", "add or subtract", a, b)),
    };
    match result {
        Ok(Answer::Day(day)) => lua.create_userdata(Day(day)).map(Value::UserData),
        Ok(Answer::Span(span)) => lua.create_userdata(span).map(Value::UserData),
        Err(fault) => Err(fault.raise(lua)),
    }
}

enum Answer {
    Day(Date),
    Span(Span),
}

fn moved(day: Date, span: Span, sign: Sign) -> Result<Date, Fault> {
    if span.unit != Unit::Days {
        return Err(Fault::new(
            format!(
                "日期只能加减 days,不能加 {}:要等几个工作日请用 wait(3 * workdays, …)",
                span.unit.name()
            ),
            format!(
                "only days can be added to a date, not {}: to wait for workdays use \
                 wait(3 * workdays, …)",
                span.unit.name()
            ),
        )
        .code("W009"));
    }
    let count = match sign {
        Sign::Plus => Some(span.count),
        Sign::Minus => span.count.checked_neg(),
    };
    let span = count.and_then(|count| jiff::Span::new().try_days(count).ok());
    let days = span.and_then(|span| day.checked_add(span).ok());
    days.ok_or_else(|| Fault::new("日期超出范围", "the date is out of range"))
        .and_then(sane)
}

/// The years in which a loan, a person or a deadline can lie; what is outside
/// them is a slip, and waits cannot be kept for it.
const YEARS: RangeInclusive<i16> = 1900..=2199;

/// Refuses a day that no case can have.
pub(crate) fn sane(day: Date) -> Result<Date, Fault> {
    if YEARS.contains(&day.year()) {
        return Ok(day);
    }
    let (first, last) = (YEARS.start(), YEARS.end());
    Err(Fault::new(
        format!("日期 {day} 不合理:年份应在 {first} 到 {last} 之间"),
        format!("{day} cannot be meant: years lie between {first} and {last}"),
    ))
}

fn compare(lua: &Lua, a: &Value, b: &Value) -> mlua::Result<(i64, i64)> {
    match (as_span(a), as_span(b)) {
        (Some(a), Some(b)) if a.unit == b.unit => Ok((a.count, b.count)),
        _ => Err(cannot("比较", "compare", a, b).raise(lua)),
    }
}

fn later(lua: &Lua, a: &Value, b: &Value) -> mlua::Result<(Date, Date)> {
    match (as_day(a), as_day(b)) {
        (Some(a), Some(b)) => Ok((a, b)),
        _ => Err(cannot("比较", "compare", a, b).raise(lua)),
    }
}

fn cannot(zh: &str, en: &str, a: &Value, b: &Value) -> Fault {
    let kind = |it: &Value| match (as_day(it), as_span(it)) {
        (Some(_), _) => Say::new("日期", "a date"),
        (_, Some(span)) => {
            let unit = span.unit.name();
            Say::new(format!("时长({unit})"), format!("a duration ({unit})"))
        }
        _ => shape(it),
    };
    let (a, b) = (kind(a), kind(b));
    Fault::new(
        format!("{} 和 {} 不能{zh}", a.zh, b.zh),
        format!("cannot {en} {} and {}", a.en, b.en),
    )
    .code("W009")
}

/// The fault for an unknown field of something.
pub(crate) fn no_field(zh: &str, en: &str, name: &str, known: &[&str]) -> Fault {
    let meant = domain::near::nearest(name, known.iter().copied());
    Fault::new(format!("{zh}没有字段 `{name}`"), format!("{en} has no field `{name}`"))
        .code("W012")
        .suggesting(meant)
}

/// Refuses every assignment to a value that the house handed out.
pub(crate) fn read_only(
    lua: &Lua,
    (_, name, _): (AnyUserData, Value, Value),
) -> mlua::Result<()> {
    let name = word(&name);
    Err(Fault::new(
        format!("`{name}` 只能读,不能改:脚本只能写 memo"),
        format!("`{name}` can only be read: only memo may be written"),
    )
    .code("W037")
    .raise(lua))
}
