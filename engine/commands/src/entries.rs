//! Entries of plugins (插件登记): whatever a form of a manifest asks for, by one way.

use anyhow::{Result, bail};
use domain::ids::{CaseId, OrderId};
use domain::manifest::{
    ArgKind, EntryDoubt, EntryField, EntryForm, Manifest, Subject, UnlessGiven,
};
use domain::say::{Say, Text, text};
use domain::tongues::{chinese, english};
use jiff::civil::Date;
use plugins_on::MANIFESTS;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::case_book;
use store::plugin::{EntryDone, EntryError, Filled, MatterName, Plugin};
use store::views::one_case;
use store::views::tasks;

use crate::app::App;
use crate::command::DESK;
use crate::doubts::{self, Certainty};
use crate::language::say;
use crate::papers::{Paper, Shown};
use crate::writes::{case_of, order_row};
use crate::{Actor, Answer, Done, Execute, Rules, numbers, refuse};

/// A form of this build, with its plugin.
pub fn form_named(
    plugin: &str,
    form: &str,
) -> Option<(&'static Manifest, &'static EntryForm)> {
    let plugin = MANIFESTS.iter().find(|manifest| manifest.name == plugin)?;
    Some((plugin, plugin.entries.iter().find(|entry| entry.name == form)?))
}

/// What a person enters by a form of a plugin: what came of a visit, a filing.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Enter {
    /// The plugin.
    pub plugin: String,
    /// The form, by the name in its manifest.
    pub form: String,
    /// What it is about, as it was typed.
    pub subject: String,
    /// The values by the names of the fields: amounts in fen, dates as
    /// `YYYY-MM-DD`.
    pub values: Map<String, Value>,
    /// It is right, although it is asked about.
    #[serde(default)]
    pub sure: bool,
    /// Why, or what was said.
    pub reason: String,
}

impl Execute for Enter {
    /// What the journal has of it.
    type Data = Value;

    fn rules(&self) -> Rules<'_> {
        let roles = form_named(&self.plugin, &self.form).map_or(DESK, |it| it.1.roles);
        Rules::of(roles).because(&self.reason).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { plugin, form, subject, values, sure, reason } = self;
        let plugins = app.engine.plugins();
        let found = form_named(plugin, form).zip(plugins.named(plugin));
        let Some(((_, form), plugin)) = found else {
            bail!(say(
                format!("本程序没有带插件 `{plugin}`,或者它没有登记 `{form}`"),
                format!(
                    "this program has no plugin `{plugin}`, or it has no entry `{form}`"
                ),
            ))
        };
        let today = app.engine.clock.now().today();
        let mut values = checked(form, values, today)?;
        if form.subject == Subject::Month {
            values.insert("month".to_owned(), json!(subject.trim()));
            let entry = OfMonth { form, values: &values, reason, sure: *sure };
            return enter_of_month(app, actor, plugin, &entry).await;
        }
        let (order, case_id) = subject_of(app, plugin, form, subject).await?;
        let certainty = Certainty::of(*sure);
        look_twice(app, form, (order, case_id), &mut values, certainty).await?;
        let filled = Filled {
            form,
            order,
            case_id,
            values: &values,
            by: &actor.name,
            reason,
            sure: *sure,
        };
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
        let done = match app.engine.enter(work.tx(), &now, plugin, &filled).await {
            Ok(done) => done,
            Err(error) => {
                work.rollback().await?;
                if let Some(EntryError::Doubt(strange)) = error.downcast_ref() {
                    return Err(doubts::of_plugin(strange));
                }
                return Err(error);
            }
        };
        let work = work.journal_entry(case_id, done.what.clone()).await?;
        work.commit().await?;
        let case_no = {
            let mut conn = app.engine.store.read().await?;
            one_case::case_no(conn.conn(), case_id).await?
        };
        Ok(Answer { text: entered(&case_no, form, &done), data: done.what.as_record() })
    }
}

/// An entry about a month of the house.
struct OfMonth<'a> {
    form: &'static EntryForm,
    values: &'a Map<String, Value>,
    reason: &'a str,
    sure: bool,
}

/// Writes down what a person entered about a month, in the journal of the site.
async fn enter_of_month(
    app: &App,
    actor: &Actor,
    plugin: &dyn Plugin,
    entry: &OfMonth<'_>,
) -> Done<Value> {
    let OfMonth { form, values, reason, sure } = *entry;
    let filled = Filled {
        form,
        // It is about no order and no case.
        order: OrderId(0),
        case_id: CaseId(0),
        values,
        by: &actor.name,
        reason,
        sure,
    };
    let now = app.engine.clock.now();
    let mut work = app.engine.begin_by(actor.because(reason), &now).await?;
    let done = match app.engine.enter(work.tx(), &now, plugin, &filled).await {
        Ok(done) => done,
        Err(error) => {
            work.rollback().await?;
            return Err(error);
        }
    };
    let work = work.journal_entry_of_site(done.what.clone()).await?;
    work.commit().await?;
    let month = filled.text("month").unwrap_or_default();
    Ok(Answer { text: entered(month, form, &done), data: done.what.as_record() })
}

/// What was entered of a case or a month, and what comes next.
fn entered(of: &str, form: &EntryForm, done: &EntryDone) -> String {
    let Say { zh: title_zh, en: title_en } = bare_title(form);
    let mut zh = format!("已登记:{of} {title_zh}");
    let mut en = format!("entered: {of}, {title_en}");
    if let Some(next) = &done.next {
        zh = format!("{zh}\n  {}", chinese(next));
        en = format!("{en}\n  {}", english(next));
    }
    say(zh, en)
}

/// What a form enters, without the word that says so.
pub fn bare_title(form: &EntryForm) -> Text {
    let (zh, en) = (form.title.zh, form.title.en);
    text(zh.strip_prefix("登记").unwrap_or(zh), en.strip_prefix("Enter ").unwrap_or(en))
}

/// What an entry is about.
async fn subject_of(
    app: &App,
    plugin: &dyn Plugin,
    form: &EntryForm,
    typed: &str,
) -> Result<(OrderId, CaseId)> {
    let typed = typed.trim();
    let number: Option<i64> = typed.trim_start_matches('#').parse().ok();
    match form.subject {
        Subject::Order => {
            let Some(number) = number else {
                bail!(say(
                    format!("`{typed}` 不是编号\n  提示:写指令或待办的编号"),
                    format!("`{typed}` is no number\n  hint: name the order or its task"),
                ))
            };
            let order = OrderId(numbers::order_named(app, number).await?);
            Ok((order, order_row(app, order).await?.case_id))
        }
        Subject::Matter => matter_of(app, plugin, typed, number).await,
        Subject::Case => Ok((OrderId(0), case_of(app, typed).await?)),
        // It has been entered by then.
        Subject::Month => bail!("月份不属于案件 · a month is of no case"),
    }
}

/// The proceeding with this number, or the open one of this loan or of the case of this
/// task.
async fn matter_of(
    app: &App,
    plugin: &dyn Plugin,
    typed: &str,
    number: Option<i64>,
) -> Result<(OrderId, CaseId)> {
    let (mut found, case, task) = {
        let mut conn = app.engine.store.read().await?;
        let conn = conn.conn();
        let found = match number {
            Some(id) => plugin.matters(MatterName::Number(OrderId(id)), conn).await?,
            None => Vec::new(),
        };
        let case = case_book::find_case(conn, typed).await?;
        let task = match number {
            Some(id) => tasks::find(conn, domain::ids::TaskId(id)).await?,
            None => None,
        };
        (found, case, task.and_then(|task| task.case_id))
    };
    let of = match (case, found.is_empty()) {
        (Some(case), _) => Some(case),
        (None, true) => match task {
            Some(case) => Some(case),
            None => Some(case_of(app, typed).await?),
        },
        (None, false) => None,
    };
    if let Some(case) = of {
        let mut conn = app.engine.store.read().await?;
        found.extend(plugin.matters(MatterName::Of(case), conn.conn()).await?);
        found.sort_unstable();
        found.dedup();
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => refuse(say(
            format!(
                "{typed} 没有未结的法务事项,没有写入\n  提示:流程提出起诉或支付令、获批准并由守护进程\
                 执行后才立项;`qingshou legal ls` 列出未结事项"
            ),
            format!(
                "{typed} has no open proceeding; nothing was written\n  hint: one is opened when \
                 a suit or payment order that a workflow asks for is approved and the daemon has \
                 carried it out; `qingshou legal ls` lists those that are open"
            ),
        )),
        several => {
            let named: Vec<String> = several.iter().map(|it| it.0.to_string()).collect();
            refuse(say(
                format!(
                    "{typed} 可以指事项 {},没有写入\n  提示:写事项编号,前面加 #,例如 `#{}`",
                    named.join("、"),
                    named[0]
                ),
                format!(
                    "{typed} may mean the matters {}; nothing was written\n  hint: name the number \
                     of the matter behind a #, for example `#{}`",
                    named.join(", "),
                    named[0]
                ),
            ))
        }
    }
}

/// The values as the form has them, with those that hold where nothing is given.
fn checked(
    form: &EntryForm,
    given: &Map<String, Value>,
    today: Date,
) -> Result<Map<String, Value>> {
    if let Some(strange) = given.keys().find(|name| form.field(name).is_none()) {
        bail!(say(
            format!("登记 `{}` 没有字段 `{strange}`", form.name),
            format!("the entry `{}` has no field `{strange}`", form.name),
        ));
    }
    let mut values = Map::new();
    for field in form.fields {
        let value = match given.get(field.name) {
            Some(value) => checked_value(field, value)?,
            None => match field.unless_given {
                UnlessGiven::Nothing => continue,
                UnlessGiven::Today => json!(today.to_string()),
                UnlessGiven::Word(word) => json!(word),
                UnlessGiven::Refused => {
                    let option = field.option_name();
                    bail!(say(
                        format!("缺少{}(--{option})", field.title.zh),
                        format!("--{option} is missing"),
                    ))
                }
            },
        };
        values.insert(field.name.to_owned(), value);
    }
    Ok(values)
}

fn checked_value(field: &EntryField, value: &Value) -> Result<Value> {
    let option = field.option_name();
    let fits = match field.kind {
        _ if field.many => value.as_array().is_some_and(|list| !list.is_empty()),
        ArgKind::Fen => value.as_i64().is_some_and(|fen| 0 <= fen),
        ArgKind::Date => value.as_str().is_some_and(|text| text.parse::<Date>().is_ok()),
        _ => value.is_string(),
    };
    if !fits {
        bail!(say(
            format!("--{option}({})的内容不能这样写", field.title.zh),
            format!("--{option} cannot be like this"),
        ));
    }
    let ArgKind::Choice(words) = field.kind else { return Ok(value.clone()) };
    let typed = value.as_str().unwrap_or_default();
    let word = field.word_of(typed);
    if words.contains(&word) {
        return Ok(json!(word));
    }
    let zh: Vec<String> = words
        .iter()
        .map(|word| match field.said_for(word) {
            Some(said) => format!("{word}({said})"),
            None => (*word).to_owned(),
        })
        .collect();
    bail!(say(
        format!("{}没有 `{typed}`\n  提示:可用 {}", field.title.zh, zh.join("、")),
        format!("--{option} cannot be `{typed}`\n  hint: use {}", words.join(", ")),
    ))
}

/// Asks about all that is most likely a slip at once; names people as they are listed.
async fn look_twice(
    app: &App,
    form: &EntryForm,
    (order, case_id): (OrderId, CaseId),
    values: &mut Map<String, Value>,
    certainty: Certainty,
) -> Result<()> {
    let mut looked_at = Vec::new();
    for doubt in form.doubts {
        let text = |field: &str| values.get(field).and_then(Value::as_str);
        match doubt {
            EntryDoubt::Unmade => {
                looked_at.push(doubts::unmade(app, Some(order), certainty).await);
            }
            EntryDoubt::Heard(field, words) => {
                if text(field).is_some_and(|word| words.contains(&word)) {
                    looked_at
                        .push(doubts::heard(app, case_id, Some(order), certainty).await);
                }
            }
            EntryDoubt::Signed(field) => {
                if let Some(Ok(on)) = text(field).map(str::parse) {
                    looked_at
                        .push(doubts::signed(app, case_id, order, on, certainty).await);
                }
            }
            EntryDoubt::Paper(field, title) => {
                let number = text(field).map(str::trim).unwrap_or_default().to_owned();
                if !number.is_empty() {
                    let shown = Shown::Entry(*title, order);
                    let paper = Paper { case_id, shown, number };
                    looked_at.push(doubts::paper(app, &paper, certainty).await);
                }
            }
            EntryDoubt::Listed(field) => {
                let names = values.get(*field).and_then(Value::as_array);
                let names: Vec<String> = names
                    .into_iter()
                    .flatten()
                    .filter_map(|name| name.as_str().map(str::to_owned))
                    .collect();
                let (named, unlisted) = doubts::visitors(app, &names, certainty);
                values.insert((*field).to_owned(), json!(named));
                looked_at.push(unlisted);
            }
        }
    }
    doubts::together(looked_at)
}
