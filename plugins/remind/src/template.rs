//! A request to a gateway (请求模板), filled from one order: its body, the headers
//! that the settings write, and what is signed.

use std::collections::BTreeMap;

use domain::order::Order;
use form_urlencoded::Serializer;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value};
use serde::de::IgnoredAny;
use store::plugin::DeliveryError;
use store::spool::contact_point;

use crate::wording::Filled;

/// Instant and mark of one request, for signatures that cannot be used twice.
#[derive(Clone, Debug)]
pub(crate) struct Stamp {
    /// Milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// The same as text, `2026-11-28T08:00:00Z`.
    pub(crate) utc: String,
    /// Never the same.
    pub(crate) nonce: String,
}

impl Stamp {
    fn sample() -> Self {
        let utc = "2026-01-01T00:00:00Z".to_owned();
        Self { at_ms: 1_767_225_600_000, utc, nonce: "0".repeat(32) }
    }

    fn values(&self) -> [(&'static str, Value); 4] {
        [
            ("timestamp", Value::from(self.at_ms / 1000)),
            ("timestamp_ms", Value::from(self.at_ms)),
            ("time_utc", Value::from(self.utc.as_str())),
            ("nonce", Value::from(self.nonce.as_str())),
        ]
    }
}

/// Steps that filling in one request may take; one takes some hundred, and as
/// many more as its text has pieces of 64 bytes.
const FUEL: u64 = 20_000;

/// A text with words in double braces that are filled in.
pub(crate) struct Template {
    source: String,
    environment: Environment<'static>,
}

impl Template {
    /// For a text that is used as it is.
    pub(crate) fn plain(source: &str) -> Self {
        Self::new(source, AutoEscape::None)
    }

    fn new(source: &str, escape: AutoEscape) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(move |_| escape.clone());
        Self { source: source.to_owned(), environment }
    }

    /// The text with its words.
    pub(crate) fn fill(&self, values: &Values) -> Result<String, minijinja::Error> {
        let context = Value::from_pairs(values.0.clone());
        self.environment.render_named_str("request", &self.source, context)
    }

    /// Whether it names a word.
    pub(crate) fn names(&self, word: &str) -> bool {
        Environment::new().template_from_str(&self.source).is_ok_and(
            |template_from_str| {
                template_from_str.undeclared_variables(false).contains(word)
            },
        )
    }
}

/// What a template can use, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values(BTreeMap<&'static str, Value>);

impl Values {
    /// What one order says, for a recipient who can be reached.
    ///
    /// # Errors
    ///
    /// [`DeliveryError::Refused`] when the person cannot be reached over the
    /// channel or there is no text.
    pub(crate) fn of(
        order: &Order,
        filled: &Filled,
        stamp: &Stamp,
    ) -> Result<Self, DeliveryError> {
        let refused = |why: &str| DeliveryError::Refused(why.to_owned());
        let to = order
            .recipient
            .as_ref()
            .ok_or_else(|| refused("没有收件人 · there is nobody to write to"))?;
        let channel =
            order.channel.ok_or_else(|| refused("没有渠道 · there is no channel"))?;
        let text = order.text.as_deref().filter(|text| !text.trim().is_empty());
        let registered =
            order.args.get("registered").is_some_and(|registered| registered == true);
        let values = [
            ("key", Value::from(order.idempotency_key.as_str())),
            ("to", Value::from(contact_point(to, channel)?)),
            ("name", Value::from(to.name.as_str())),
            (
                "text",
                Value::from(text.ok_or_else(|| refused("没有正文 · there is no text"))?),
            ),
            ("case_no", Value::from(order.case_no.as_str())),
            ("template", Value::from(order.arg("template"))),
            ("verb", Value::from(order.verb.as_str())),
            ("channel", Value::from(channel.as_str())),
            ("role", Value::from(to.role.as_str())),
            (
                "states_fen",
                Value::from(order.states_amount.map(|states_amount| states_amount.0)),
            ),
            ("registered", Value::from(registered)),
            ("attempts", Value::from(order.attempts)),
            ("day", Value::from(order.today.to_string())),
        ];
        Ok(Self(values.into()).with_wording(filled).with_stamp(stamp))
    }

    /// A made-up message, on which settings are tried.
    fn sample() -> Self {
        let values = [
            ("key", Value::from("0")),
            ("to", Value::from("0")),
            ("name", Value::from("某")),
            ("text", Value::from("\"引号\"\n")),
            ("case_no", Value::from("0")),
            ("template", Value::from("remind_1")),
            ("verb", Value::from("sms")),
            ("channel", Value::from("sms")),
            ("role", Value::from("borrower")),
            ("states_fen", Value::from(1)),
            ("registered", Value::from(false)),
            ("attempts", Value::from(0)),
            ("day", Value::from("2026-01-01")),
        ];
        let params = vec![("name".to_owned(), "某".to_owned())];
        let filled = Filled { id: "SMS_1".to_owned(), params };
        Self(values.into())
            .with_wording(&filled)
            .with_stamp(&Stamp::sample())
            .with("token", "0")
            .with("signature", "0")
    }

    fn with_wording(mut self, filled: &Filled) -> Self {
        let params: BTreeMap<_, _> = filled.params.iter().cloned().collect();
        let list: Vec<_> = filled.params.iter().map(|param| param.1.clone()).collect();
        let json = serde_json::to_string(&params).unwrap_or_default();
        self.0.extend([
            ("template_id", Value::from(filled.id.as_str())),
            ("params", Value::from_pairs(params)),
            ("param_values", Value::from_iter(list)),
            ("params_json", Value::from(json)),
        ]);
        self
    }

    fn with_stamp(mut self, stamp: &Stamp) -> Self {
        self.0.extend(stamp.values());
        self
    }

    /// With one more word.
    pub(crate) fn with(mut self, word: &'static str, value: &str) -> Self {
        self.0.insert(word, Value::from(value));
        self
    }

    /// Words for a request without a body, such as a query.
    pub(crate) fn without_message(key: &str, stamp: &Stamp) -> Self {
        Self::default().with("key", key).with_stamp(stamp)
    }

    /// What a signed text can name, made up.
    pub(crate) fn sample_of_signature() -> Self {
        Self::sample().with("body", "").with("method", "POST").with("path", "/")
    }

    /// What every header can name, made up.
    pub(crate) fn sample_of_headers() -> Self {
        Self::without_message("0", &Stamp::sample())
            .with("token", "0")
            .with("signature", "0")
            .with("body", "")
            .with("method", "POST")
            .with("path", "/")
    }
}

/// The body of a request; no text of a message can break out of its place.
pub(crate) enum Body {
    /// A JSON text; every value is written as a JSON value.
    Json(Box<Template>),
    /// The fields of a form; every value is escaped.
    Form(Vec<(String, Template)>),
}

impl Body {
    /// Checks a JSON body with a made-up message.
    ///
    /// # Errors
    ///
    /// What is wrong with it, for the administrator.
    pub(crate) fn json(source: &str) -> Result<Self, String> {
        let template = Template::new(source, AutoEscape::Json);
        let text = template.fill(&Values::sample()).map_err(|error| faulty(&error))?;
        match serde_json::from_str::<IgnoredAny>(&text) {
            Ok(_) => Ok(Self::Json(Box::new(template))),
            Err(error) => Err(format!(
                "模板的结果不是 JSON(第 {line} 行第 {column} 列);值会自动加引号,模板里不要再写 · \
                 it does not come to JSON (line {line}, column {column}); values are quoted \
                 by themselves, write no quotation marks around them",
                line = error.line(),
                column = error.column()
            )),
        }
    }

    /// Checks the fields of a form, one `name=value` a line.
    ///
    /// # Errors
    ///
    /// What is wrong with it, for the administrator.
    pub(crate) fn form(source: &str) -> Result<Self, String> {
        let mut fields = Vec::new();
        for (at, line) in source.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let name = line.split_once('=').map(|(name, value)| (name.trim(), value));
            let Some((name, value)) = name.filter(|name| !name.0.is_empty()) else {
                let at = at + 1;
                return Err(format!(
                    "表单第 {at} 行应为 `名称=值` · line {at} of the form should be `name=value`"
                ));
            };
            let template = Template::plain(value.trim());
            template.fill(&Values::sample()).map_err(|error| faulty(&error))?;
            fields.push((name.to_owned(), template));
        }
        if fields.is_empty() {
            return Err("表单没有字段 · the form has no fields".to_owned());
        }
        Ok(Self::Form(fields))
    }

    /// The body for one message.
    ///
    /// # Errors
    ///
    /// [`DeliveryError::Channel`] when the template fails on a message.
    pub(crate) fn fill(&self, values: &Values) -> Result<String, DeliveryError> {
        // The template's own error may quote the message; only its kind is told.
        let failed = |it: minijinja::Error| {
            let kind = it.kind();
            DeliveryError::Channel(format!(
                "请求模板出错:{kind:?} · the body fails: {kind:?}"
            ))
        };
        match self {
            Self::Json(template) => template.fill(values).map_err(failed),
            Self::Form(fields) => {
                let mut form = Serializer::new(String::new());
                for (name, template) in fields {
                    form.append_pair(name, &template.fill(values).map_err(failed)?);
                }
                Ok(form.finish())
            }
        }
    }

    /// Whether it names a word.
    pub(crate) fn names(&self, word: &str) -> bool {
        match self {
            Self::Json(template) => template.names(word),
            Self::Form(fields) => fields.iter().any(|field| field.1.names(word)),
        }
    }

    pub(crate) fn content_type(&self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Form(_) => "application/x-www-form-urlencoded;charset=utf-8",
        }
    }
}

fn faulty(error: &minijinja::Error) -> String {
    match error.kind() {
        ErrorKind::UndefinedError => {
            format!("模板有误:{error} · the template names an unknown word")
        }
        _ => format!("模板有误:{error} · the template is not right"),
    }
}
