//! Wordings that the far side keeps (模板报备): which of its numbers stands for a
//! template of ours, and which values it wants.

use std::collections::{BTreeMap, BTreeSet};

use domain::order::Order;
use store::plugin::{DeliveryError, Texts};

use crate::answer::{BETWEEN, Unusable};

/// The far side's wordings by the name of our template.
#[derive(Default)]
pub(crate) struct Wordings(BTreeMap<String, Wording>);

/// One wording at the far side.
pub(crate) struct Wording {
    /// Its number there.
    pub(crate) id: String,
    /// The far side's name of a value, and our word for it.
    params: Vec<(String, String)>,
}

/// A wording with the values of one order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Filled {
    pub(crate) id: String,
    /// Name and value, in the order of the settings.
    pub(crate) params: Vec<(String, String)>,
}

impl Wordings {
    /// Reads `template_ids`, one wording a line:
    /// `remind_1 = SMS_154950909: name=客户, amount=逾期金额`.
    pub(crate) fn read(text: &str) -> Result<Self, Unusable> {
        let mut wordings = BTreeMap::new();
        for (at, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let wrong = || {
                let at = at + 1;
                let how = "模板名 = 编号: 参数=词, …";
                (
                    "template_ids",
                    format!(
                        "第 {at} 行应为 `{how}` · line {at}: `name = id: param=word, …`"
                    ),
                )
            };
            let (name, rest) = line.split_once(['=', '＝']).ok_or_else(wrong)?;
            let (id, params) = rest.split_once([':', '：']).unwrap_or((rest, ""));
            let (name, id) = (name.trim(), id.trim());
            let strange = |it: &str| it.is_empty() || it.contains(char::is_whitespace);
            if strange(name) || strange(id) {
                return Err(wrong());
            }
            let params = params
                .split(BETWEEN)
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .map(|it| {
                    let (theirs, ours) = it.split_once(['=', '＝']).unwrap_or((it, it));
                    (theirs.trim().to_owned(), ours.trim().to_owned())
                })
                .collect::<Vec<_>>();
            if params.iter().any(|param| strange(&param.0) || strange(&param.1)) {
                return Err(wrong());
            }
            let wording = Wording { id: id.to_owned(), params };
            if wordings.insert(name.to_owned(), wording).is_some() {
                let why = format!("模板 {name} 写了两次 · {name} stands twice");
                return Err(("template_ids", why));
            }
        }
        Ok(Self(wordings))
    }

    /// The wording of an order with its values; empty where the far side keeps
    /// no wordings.
    ///
    /// # Errors
    ///
    /// [`DeliveryError::Incomplete`] when the settings name no wording for the
    /// template, or a word that the template does not use.
    pub(crate) fn fill(&self, order: &Order) -> Result<Filled, DeliveryError> {
        if self.0.is_empty() {
            return Ok(Filled::default());
        }
        let template = order.arg("template").unwrap_or_default();
        let wording = self.0.get(template).ok_or_else(|| {
            DeliveryError::Incomplete(format!(
                "模板 {template} 没有网关的模板编号,请在 template_ids 中补上 · \
                 template {template} has no number in template_ids"
            ))
        })?;
        let params = wording.params.iter().map(|(theirs, ours)| {
            let value = order.words.get(ours).cloned().ok_or_else(|| {
                DeliveryError::Incomplete(format!(
                    "模板 {template} 里没有 {ours},请核对 template_ids · \
                     template {template} does not use the word {ours}"
                ))
            })?;
            Ok((theirs.clone(), value))
        });
        let params = params.collect::<Result<Vec<_>, DeliveryError>>()?;
        Ok(Filled { id: wording.id.clone(), params })
    }

    /// What these wordings lack for the texts of the site, of which `used` leave over
    /// this channel; each in Chinese and English, and whether it is a slip for sure.
    /// A wording that nobody has asked for yet may come later.
    pub(crate) fn lacks(
        &self,
        texts: &Texts,
        used: &BTreeSet<&str>,
    ) -> Vec<(bool, String, String)> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let unnumbered = used.iter().filter(|it| !self.0.contains_key(**it)).map(|it| {
            (
                false,
                format!("模板 {it} 没有网关的模板编号,用它的指令会一直留着不发:请在 template_ids 中补上"),
                format!("template {it} has no number in template_ids: orders that use it are kept and never leave until it has one"),
            )
        });
        let mut found: Vec<_> = unnumbered.collect();
        for (name, wording) in &self.0 {
            let Some(words) = texts.words.get(name) else {
                found.push((
                    false,
                    format!("template_ids 里的 {name} 没有对应的文件 templates/{name}.txt:请核对名称"),
                    format!("{name} of template_ids has no file templates/{name}.txt: check the name"),
                ));
                continue;
            };
            let strange = wording.params.iter().filter(|param| !words.contains(&param.1));
            for (_, word) in strange {
                let list: Vec<&str> = words.iter().map(String::as_str).collect();
                let list = list.join(", ");
                found.push((
                    true,
                    format!("模板 {name} 里没有 {word},用它的指令会一直留着不发:请核对 template_ids,该模板用到 {list}"),
                    format!("template {name} does not use the word {word}: orders that use it are kept and never leave; check template_ids, the template uses {list}"),
                ));
            }
        }
        found
    }

    /// A wording with made-up values, for trying the gateway.
    pub(crate) fn sample(&self) -> Option<(&str, Filled)> {
        let (name, wording) = self.0.iter().next()?;
        let params = wording
            .params
            .iter()
            .map(|param| (param.0.clone(), "测试".to_owned()))
            .collect();
        Some((name, Filled { id: wording.id.clone(), params }))
    }
}
