//! The body of a request to a gateway (请求模板), filled from one order.

use domain::order::Order;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::de::IgnoredAny;
use store::plugin::DeliveryError;
use store::spool::contact_point;

/// A template that makes JSON; every value is written as a JSON value, so that
/// no text can break out of its place.
pub(crate) struct Body {
    source: String,
    environment: Environment<'static>,
}

impl Body {
    /// Checks the template with a made-up message.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in Chinese, for the administrator.
    pub(crate) fn new(source: &str) -> Result<Self, String> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::Json);
        let body = Self { source: source.to_owned(), environment };
        let sample = Message {
            key: "0",
            to: "0",
            name: "某",
            text: "\"引号\"\n",
            case_no: "0",
            template: Some("remind_1"),
            verb: "sms",
            channel: "sms",
            role: "borrower",
            states_fen: Some(1),
            registered: false,
            attempts: 0,
            day: "2026-01-01".to_owned(),
        };
        let text = body.render(&sample).map_err(|it| format!("模板有误:{it}"))?;
        match serde_json::from_str::<IgnoredAny>(&text) {
            Ok(_) => Ok(body),
            Err(error) => Err(format!(
                "模板的结果不是 JSON(第 {} 行第 {} 列);值会自动加引号,模板里不要再写",
                error.line(),
                error.column()
            )),
        }
    }

    /// The body for one order.
    ///
    /// # Errors
    ///
    /// [`DeliveryError::Refused`] when the person cannot be reached over the
    /// channel or there is no text.
    pub(crate) fn fill(&self, order: &Order) -> Result<String, DeliveryError> {
        let refused = |why: &str| DeliveryError::Refused(why.to_owned());
        let to = order.recipient.as_ref().ok_or_else(|| refused("没有收件人"))?;
        let channel = order.channel.ok_or_else(|| refused("没有渠道"))?;
        let text = order.text.as_deref().filter(|it| !it.trim().is_empty());
        let message = Message {
            key: &order.idempotency_key,
            to: contact_point(to, channel)?,
            name: &to.name,
            text: text.ok_or_else(|| refused("没有正文"))?,
            case_no: &order.case_no,
            template: order.arg("template"),
            verb: &order.verb,
            channel: channel.as_str(),
            role: to.role.as_str(),
            states_fen: order.states_amount.map(|it| it.0),
            registered: order.args.get("registered").is_some_and(|it| it == true),
            attempts: order.attempts,
            day: order.today.to_string(),
        };
        // The template's own error may quote the message; only its kind is told.
        self.render(&message)
            .map_err(|it| refused(&format!("请求模板出错:{:?}", it.kind())))
    }

    fn render(&self, message: &Message<'_>) -> Result<String, minijinja::Error> {
        self.environment.render_named_str("body", &self.source, message.values())
    }
}

/// What a template can use.
struct Message<'a> {
    key: &'a str,
    to: &'a str,
    name: &'a str,
    text: &'a str,
    case_no: &'a str,
    template: Option<&'a str>,
    verb: &'a str,
    channel: &'a str,
    role: &'a str,
    states_fen: Option<i64>,
    registered: bool,
    attempts: u32,
    day: String,
}

impl Message<'_> {
    fn values(&self) -> Value {
        Value::from_pairs([
            ("key", Value::from(self.key)),
            ("to", Value::from(self.to)),
            ("name", Value::from(self.name)),
            ("text", Value::from(self.text)),
            ("case_no", Value::from(self.case_no)),
            ("template", Value::from(self.template)),
            ("verb", Value::from(self.verb)),
            ("channel", Value::from(self.channel)),
            ("role", Value::from(self.role)),
            ("states_fen", Value::from(self.states_fen)),
            ("registered", Value::from(self.registered)),
            ("attempts", Value::from(self.attempts)),
            ("day", Value::from(self.day.as_str())),
        ])
    }
}
