//! What a gateway's answer means (网关应答): taken, not yet, refused, or nobody knows.

use domain::manifest::DeliveryClass;
use serde_json::Value;
use store::plugin::{DeliveryError, Receipt};
use store::plugin_settings::Settings;

/// The longest wait that a far side can ask for, in seconds: a day.
const LONGEST_WAIT_S: u32 = 86_400;

/// The longest reference kept, in characters.
const LONGEST_REFERENCE: usize = 200;

/// How the answers of one gateway are read.
pub(crate) struct Mapping {
    ok_statuses: Vec<(u16, u16)>,
    ok_pointer: String,
    ok_value: String,
    retry_values: Vec<String>,
    reference_pointer: String,
}

/// A setting that cannot be used: its name below the channel, and why.
pub(crate) type Unusable = (&'static str, String);

impl Mapping {
    /// Reads the mapping of a channel.
    pub(crate) fn new(settings: &Settings, channel: &str) -> Result<Self, Unusable> {
        let text =
            |name: &str| settings.text(&format!("{channel}.{name}")).trim().to_owned();
        let mapping = Self {
            ok_statuses: statuses(&text("ok_statuses"))?,
            ok_pointer: text("ok_pointer"),
            ok_value: text("ok_value"),
            retry_values: text("retry_values")
                .split(',')
                .map(|it| it.trim().to_owned())
                .filter(|it| !it.is_empty())
                .collect(),
            reference_pointer: text("reference_pointer"),
        };
        for (name, pointer) in [
            ("ok_pointer", &mapping.ok_pointer),
            ("reference_pointer", &mapping.reference_pointer),
        ] {
            if !pointer.is_empty() && !pointer.starts_with('/') {
                return Err((
                    name,
                    "JSON 指针应以 `/` 开头,例如 `/data/msgid`".to_owned(),
                ));
            }
        }
        Ok(mapping)
    }

    /// Judges a whole answer. No part of the answer but the reference is kept,
    /// for some gateways send the message back.
    pub(crate) fn judge(
        &self,
        status: u16,
        retry_after: Option<&str>,
        body: &[u8],
        class: DeliveryClass,
    ) -> Result<Receipt, DeliveryError> {
        if self.ok_statuses.iter().any(|(low, high)| (*low..=*high).contains(&status)) {
            return self.accepted(body);
        }
        match status {
            408 | 425 | 429 | 503 => Err(DeliveryError::Retry {
                reason: format!("网关请求稍后再试({status})"),
                after_s: retry_after.and_then(seconds),
            }),
            400..=499 => Err(DeliveryError::Refused(format!("网关拒绝({status})"))),
            500..=599 => Err(unclear(class, &format!("网关出错({status})"))),
            _ => Err(DeliveryError::Unknown(format!("网关应答不在约定之内({status})"))),
        }
    }

    fn accepted(&self, body: &[u8]) -> Result<Receipt, DeliveryError> {
        if self.ok_pointer.is_empty() && self.reference_pointer.is_empty() {
            return Ok(Receipt::default());
        }
        let garbled = || DeliveryError::Unknown("网关应答不是约定的 JSON".to_owned());
        let answer = serde_json::from_slice::<Value>(body).map_err(|_| garbled())?;
        if !self.ok_pointer.is_empty() {
            let verdict =
                answer.pointer(&self.ok_pointer).and_then(word).ok_or_else(garbled)?;
            if self.retry_values.contains(&verdict) {
                let reason = "网关未受理,请稍后再试".to_owned();
                return Err(DeliveryError::Retry { reason, after_s: None });
            }
            if verdict != self.ok_value {
                return Err(DeliveryError::Refused("网关答复未受理".to_owned()));
            }
        }
        let reference = if self.reference_pointer.is_empty() {
            String::new()
        } else {
            let found = answer.pointer(&self.reference_pointer).and_then(word);
            found.filter(|it| !it.trim().is_empty()).ok_or_else(garbled)?
        };
        let reference = reference
            .chars()
            .filter(|it| !it.is_control())
            .take(LONGEST_REFERENCE)
            .collect();
        Ok(Receipt { reference, amount: None })
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

/// `Retry-After` in seconds; the form with a date is left to the daemon's own
/// pace, for a plugin has no clock.
fn seconds(header: &str) -> Option<u32> {
    header
        .trim()
        .parse::<u64>()
        .ok()
        .map(|it| u32::try_from(it).unwrap_or(LONGEST_WAIT_S).min(LONGEST_WAIT_S))
}

fn statuses(text: &str) -> Result<Vec<(u16, u16)>, Unusable> {
    text.split(',')
        .map(|part| {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            match (low.trim().parse::<u16>(), high.trim().parse::<u16>()) {
                (Ok(low), Ok(high)) if 200 <= low && low <= high && high <= 599 => {
                    Ok((low, high))
                }
                _ => Err((
                    "ok_statuses",
                    "应为状态码或范围,例如 `200,202` 或 `200-299`".to_owned(),
                )),
            }
        })
        .collect()
}
