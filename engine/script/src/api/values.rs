//! Amounts, whole numbers and roles in scripts (金额、整数与角色): `yuan(5000)`,
//! `role "supervisor"`.

use domain::enrolment::Test;
use domain::money::Fen;
use domain::near::nearest;
use domain::role::Role;
use mlua::{Lua, MetaMethod, Table, UserData, UserDataMethods, Value};

use super::names::shape;
use crate::fault::Fault;

/// The largest whole number that a Lua number holds exactly.
const LARGEST: i64 = 1 << 53;

/// `at_least(n)` or `at_most(n)`, as `enrol` takes it.
#[derive(Clone, Debug)]
pub(crate) struct Bound(pub(crate) Test);

impl UserData for Bound {}

/// `role "supervisor"`: anybody who has the role.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct OfRole(pub(crate) Role);

impl UserData for OfRole {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_function(MetaMethod::Eq, |_, (a, b): (Value, Value)| {
            Ok(as_role(&a).is_some() && as_role(&a) == as_role(&b))
        });
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| Ok(this.0.as_str()));
    }
}

/// The role in a value.
pub(crate) fn as_role(value: &Value) -> Option<Role> {
    match value {
        Value::UserData(data) => data.borrow::<OfRole>().ok().map(|data| data.0),
        _ => None,
    }
}

/// The roles that work can be given to: all but those who change nothing.
pub(crate) fn roles_of_work() -> impl Iterator<Item = Role> {
    Role::ALL.into_iter().filter(|role| role.works())
}

/// `yuan`, `in_yuan`, `role`, `at_least` and `at_most`.
pub(crate) fn install(lua: &Lua, names: &Table) -> mlua::Result<()> {
    yuan(lua, names)?;
    role(lua, names)?;
    in_yuan(lua, names)?;
    let bound = |name: &'static str, test: fn(i64) -> Test| {
        lua.create_function(move |lua, value: Value| match whole(&value) {
            Some(n) => Ok(Bound(test(n))),
            None => Err(Fault::new(
                format!("{name} 要一个整数或金额,例如 {name}(yuan(100))"),
                format!("{name} needs a whole number or an amount, as {name}(yuan(100))"),
            )
            .code("W009")
            .raise(lua)),
        })
    };
    names.raw_set("at_least", bound("at_least", Test::AtLeast)?)?;
    names.raw_set("at_most", bound("at_most", Test::AtMost)?)
}

/// `yuan` alone, which tests of workflows share.
pub(crate) fn yuan(lua: &Lua, names: &Table) -> mlua::Result<()> {
    let yuan = lua.create_function(|lua, value: Value| {
        fen_of_yuan(&value).map(|fen_of_yuan| fen_of_yuan.0).ok_or_else(|| {
            let got = shape(&value);
            Fault::new(
                format!(
                    "yuan({got}) 不是金额:应为数字,最多两位小数,例如 yuan(99.5)",
                    got = got.zh
                ),
                format!(
                    "yuan({got}) is no amount: a number with at most two decimals",
                    got = got.en
                ),
            )
            .code("W009")
            .raise(lua)
        })
    })?;
    names.raw_set("yuan", yuan)
}

/// `role` alone, which tests of workflows share.
pub(crate) fn role(lua: &Lua, names: &Table) -> mlua::Result<()> {
    let role = lua.create_function(|lua, value: Value| {
        let named = text(&value).and_then(|word| Role::named(&word));
        named.filter(|role| role.works()).map(OfRole).ok_or_else(|| {
            let got = shape(&value);
            let known: Vec<&str> = roles_of_work().map(Role::as_str).collect();
            let list = known.join("、");
            Fault::new(
                format!("没有可以办事的角色 `{got}`;可用:{list}", got = got.zh),
                format!("no role `{}` that does work; use {}", got.en, known.join(", ")),
            )
            .code("W009")
            .suggesting(nearest(&got.en, known.iter().copied()))
            .raise(lua)
        })
    })?;
    names.raw_set("role", role)
}

/// `in_yuan(case.overdue)`: scripts count in fen, people read yuan.
fn in_yuan(lua: &Lua, names: &Table) -> mlua::Result<()> {
    let in_yuan = lua.create_function(|lua, value: Value| {
        whole(&value).map(|fen| Fen(fen).to_string()).ok_or_else(|| {
            let got = shape(&value);
            Fault::new(
                format!("in_yuan({got}) 不是金额:写 in_yuan(case.overdue)", got = got.zh),
                format!(
                    "in_yuan({got}) is no amount: write in_yuan(case.overdue)",
                    got = got.en
                ),
            )
            .code("W009")
            .raise(lua)
        })
    })?;
    names.raw_set("in_yuan", in_yuan)
}

/// A number of yuan with at most two decimals, in fen.
fn fen_of_yuan(value: &Value) -> Option<Fen> {
    // The shortest decimal form of the number is what the author wrote, so no
    // amount ever passes through floating-point arithmetic.
    let text = match value {
        Value::Integer(n) => n.to_string(),
        Value::Number(n) if n.is_finite() => n.to_string(),
        _ => return None,
    };
    let (minus, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.as_str()),
    };
    let fen = Fen::from_yuan(digits).ok().filter(|it| it.0 <= LARGEST)?;
    Some(if minus { -fen } else { fen })
}

/// The whole number in a value, when it is one and exact.
pub(crate) fn whole(value: &Value) -> Option<i64> {
    let n = match value {
        Value::Integer(n) => *n,
        Value::Number(n) if n.is_finite() => n.to_string().parse().ok()?,
        _ => return None,
    };
    (-LARGEST..=LARGEST).contains(&n).then_some(n)
}

/// The text in a value, when it is text in UTF-8 without U+0000, which no store keeps.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text
            .to_str()
            .ok()
            .filter(|text| !text.contains('\0'))
            .map(|text| text.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_said_in_yuan() {
        let lua = Lua::new();
        in_yuan(&lua, &lua.globals()).unwrap();
        for (fen, said) in
            [(100_800, "1008.00"), (5, "0.05"), (0, "0.00"), (-150, "-1.50")]
        {
            let text: String = lua.load(format!("return in_yuan({fen})")).eval().unwrap();
            assert_eq!(text, said);
        }
        assert!(lua.load("return in_yuan(1.5)").eval::<String>().is_err());
        assert!(lua.load("return in_yuan(nil)").eval::<String>().is_err());
    }

    #[test]
    fn a_role_is_named_in_either_language_and_a_wrong_one_is_an_error() {
        let lua = Lua::new();
        role(&lua, &lua.globals()).unwrap();
        for word in ["supervisor", "主管"] {
            let value: Value = lua.load(format!("return role '{word}'")).eval().unwrap();
            assert_eq!(as_role(&value), Some(Role::Supervisor), "{word}");
        }
        for word in ["'supervisr'", "'auditor'", "nil", "3"] {
            let read = lua.load(format!("return role({word})")).eval::<Value>();
            assert!(read.is_err(), "{word}");
        }
    }

    #[test]
    fn yuan_become_whole_fen_without_rounding() {
        let amounts = [
            (Value::Integer(5000), Some(500_000)),
            (Value::Number(12.34), Some(1234)),
            (Value::Number(0.1), Some(10)),
            (Value::Number(1_000_000.01), Some(100_000_001)),
            (Value::Number(-99.5), Some(-9950)),
            (Value::Integer(0), Some(0)),
            (Value::Number(0.005), None),
            (Value::Number(f64::NAN), None),
            (Value::Number(f64::INFINITY), None),
            (Value::Number(1e300), None),
            (Value::Nil, None),
        ];
        for (yuan, fen) in amounts {
            assert_eq!(
                fen_of_yuan(&yuan).map(|fen_of_yuan| fen_of_yuan.0),
                fen,
                "{yuan:?}"
            );
        }
    }
}
