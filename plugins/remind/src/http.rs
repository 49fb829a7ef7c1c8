//! A gateway that is called over HTTP (接口网关): a message becomes a request as the
//! settings say, and its answer is judged by them.

use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::manifest::DeliveryClass;
use domain::order::Order;
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use store::plugin::{self, DeliveryError, Receipt, Texts, Trial};
use store::plugin_settings::{Settings, SettingsError};
use tracing::warn;

use crate::answer::{Mapping, Unusable, unclear};
use crate::connection::{self, KEY_HEADER};
use crate::manifest::MANIFEST;
use crate::secret::Secret;
use crate::settings::DEFAULT_BODY;
use crate::sign::{Signer, Writing};
use crate::template::{Body, Stamp, Template, Values};
use crate::wording::{Filled, Wordings};

/// No honest answer is longer, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The fields of a form when the settings name none.
const DEFAULT_FORM: &str = "key={{ key }}\nto={{ to }}\nname={{ name }}\ntext={{ text }}";

/// One interface and how to talk to it. It has no `Debug` form, for its
/// headers may hold the administrator's secrets.
pub(crate) struct Http {
    client: Client,
    method: Method,
    url: Url,
    headers: Vec<(HeaderName, Template)>,
    body: Body,
    wordings: Wordings,
    token: Option<Secret>,
    signer: Option<(Signer, Template)>,
    mapping: Mapping,
    query_url: Option<String>,
    /// Names of headers whose value is a secret in the settings themselves.
    bare_secrets: Vec<String>,
}

impl Http {
    /// Reads the settings of a channel.
    pub(crate) fn new(
        settings: &Settings,
        channel: &'static str,
        site: &Path,
    ) -> Result<Self, SettingsError> {
        Self::read(settings, channel, site).map_err(|(name, reason)| {
            SettingsError::Unusable {
                plugin: MANIFEST.name,
                name: format!("{channel}.{name}"),
                reason,
            }
        })
    }

    fn read(
        settings: &Settings,
        channel: &'static str,
        site: &Path,
    ) -> Result<Self, Unusable> {
        let text = |name: &str| settings.text(&format!("{channel}.{name}"));
        let url = connection::address("url", text("url"))?;
        let query_url = query_address(text("query_url"))?;
        if channel == "letter" && query_url.is_none() {
            let reason = "信件在重试前必须能查询是否已寄出,请填写 query_url · \
                          a letter is asked for before it is tried again: set query_url"
                .to_owned();
            return Err(("query_url", reason));
        }
        if url.scheme() == "http" && !connection::is_this_machine(&url) {
            warn!(
                channel,
                "the gateway of channel {channel} is not encrypted: use https"
            );
        }
        let timeout = timeout(settings.count(&format!("{channel}.timeout_s")))?;
        let secret =
            |file, variable| Secret::of(settings, channel, (file, variable), site);
        let headers = headers(text("headers"))?;
        let bare_secrets = bare_secrets(text("headers"));
        let http = Self {
            client: connection::client(&url, timeout)?,
            method: if text("method") == "PUT" { Method::PUT } else { Method::POST },
            url,
            headers,
            body: body(text("body_format"), text("body"))
                .map_err(|error| ("body", error))?,
            wordings: Wordings::read(text("template_ids"))?,
            token: secret("token_file", "token_env")?,
            signer: signer(
                secret("sign_secret_file", "sign_secret_env")?,
                text("sign_text"),
                text("sign_encoding"),
            )?,
            mapping: Mapping::new(settings, channel)?,
            query_url,
            bare_secrets,
        };
        http.names_what_it_has()?;
        Ok(http)
    }

    /// A word that has no value, or a secret that nothing uses, would show at
    /// the far side alone, and there as a wrong password.
    fn names_what_it_has(&self) -> Result<(), Unusable> {
        let in_headers =
            |word: &str| self.headers.iter().any(|header| header.1.names(word));
        let used = |word: &str| in_headers(word) || self.body.names(word);
        let signed =
            |word: &str| self.signer.as_ref().is_some_and(|signer| signer.1.names(word));
        if self.token.is_none() && (used("token") || signed("token")) {
            let how = "用到了 {{ token }},请写 token_file 或 token_env · \
                       {{ token }} is used: set token_file or token_env";
            return Err(("token_file", how.to_owned()));
        }
        if self.token.is_some() && !used("token") && !signed("token") {
            let how = "没有地方用到 {{ token }},请写进 headers 或 body · \
                       nothing uses {{ token }}: put it into headers or body";
            return Err(("token_file", how.to_owned()));
        }
        if self.signer.is_none() && used("signature") {
            let how = "用到了 {{ signature }},请写 sign_secret_file 或 sign_secret_env · \
                       {{ signature }} is used: set sign_secret_file or sign_secret_env";
            return Err(("sign_secret_file", how.to_owned()));
        }
        if self.signer.is_some() && !used("signature") {
            let how = "没有地方用到 {{ signature }},请写进 headers 或 body · \
                       nothing uses {{ signature }}: put it into headers or body";
            return Err(("sign_text", how.to_owned()));
        }
        if signed("body") && self.body.names("signature") {
            let how = "签名的内容不能含有放着签名的请求体 · \
                       what is signed cannot hold the body that holds the signature";
            return Err(("sign_text", how.to_owned()));
        }
        Ok(())
    }

    /// Sends one message and reads the answer.
    ///
    /// # Errors
    ///
    /// A connection that was refused is `Retry`, since nothing has left. What
    /// concerns the institution and not the person is `Channel`. Once the
    /// request may have left, silence and server errors are `Unknown` for an
    /// order that may go once, and `Retry` for one that honours its key. An
    /// answer outside the mapping is `Unknown` for all.
    pub(crate) async fn send(&self, order: &Order) -> Result<Receipt, DeliveryError> {
        let filled = self.wordings.fill(order)?;
        self.send_as(order, &filled).await
    }

    /// Sends a message of the institution's own, in a wording that the far side
    /// knows.
    pub(crate) async fn try_out(&self, order: &Order) -> Trial {
        let mut order = order.clone();
        let filled = match self.wordings.sample() {
            Some((template, filled)) => {
                order.args.insert("template".to_owned(), template.into());
                filled
            }
            None => Filled::default(),
        };
        let answer = match self.ask(&order, &filled).await {
            Ok(answer) => answer,
            Err(error) => return Trial::unanswered(error),
        };
        let status = Some(answer.status().as_u16());
        match read_whole(answer, order.delivery).await {
            Ok(whole) => {
                let code = self.mapping.shown_code(&whole.body);
                let answer = self.judge(&whole, order.delivery);
                Trial { status, code, answer }
            }
            Err(error) => Trial { status, code: None, answer: Err(error) },
        }
    }

    /// The far side's name, and its port where that is no usual one.
    pub(crate) fn host(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    async fn send_as(
        &self,
        order: &Order,
        filled: &Filled,
    ) -> Result<Receipt, DeliveryError> {
        let (request, class) = (self.request(order, filled)?, order.delivery);
        let whole = plugin::apart(async move {
            let answer = request.send().await;
            let answer = answer.map_err(|error| connection::not_answered(&error, class));
            read_whole(answer?, class).await
        });
        let whole = whole.await.unwrap_or_else(|| {
            let reason = "网关的应答没有读完 · the answer was not read to its end";
            Err(unclear(class, reason))
        });
        let mut receipt = self.judge(&whole?, class)?;
        receipt.amount = order.states_amount;
        Ok(receipt)
    }

    async fn ask(
        &self,
        order: &Order,
        filled: &Filled,
    ) -> Result<Response, DeliveryError> {
        let answer = self.request(order, filled)?.send().await;
        answer.map_err(|error| connection::not_answered(&error, order.delivery))
    }

    fn request(
        &self,
        order: &Order,
        filled: &Filled,
    ) -> Result<RequestBuilder, DeliveryError> {
        let stamp = stamp();
        let values = self.with_token(Values::of(order, filled, &stamp)?)?;
        let (body, headers) = self.signed(values)?;
        Ok(self
            .client
            .request(self.method.clone(), self.url.clone())
            .headers(headers)
            .header(KEY_HEADER, &order.idempotency_key)
            .body(body))
    }

    fn with_token(&self, values: Values) -> Result<Values, DeliveryError> {
        match &self.token {
            Some(token) => Ok(values.with("token", &token.read()?)),
            None => Ok(values),
        }
    }

    /// Body and headers, with the signature in whichever of them names it.
    fn signed(&self, values: Values) -> Result<(String, HeaderMap), DeliveryError> {
        let Some((signer, text)) = &self.signer else {
            let body = self.body.fill(&values)?;
            let headers = self.filled_headers(&values, self.body.content_type())?;
            return Ok((body, headers));
        };
        let mut values =
            values.with("method", self.method.as_str()).with("path", self.url.path());
        if !self.body.names("signature") {
            values = values.clone().with("body", &self.body.fill(&values)?);
        }
        let text = text.fill(&values).map_err(|error| cannot_be_made(&error))?;
        let values = values.with("signature", &signer.sign(&text)?);
        let headers = self.filled_headers(&values, self.body.content_type())?;
        Ok((self.body.fill(&values)?, headers))
    }

    fn filled_headers(
        &self,
        values: &Values,
        content_type: &'static str,
    ) -> Result<HeaderMap, DeliveryError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        for (name, template) in &self.headers {
            let text = template.fill(values).map_err(|error| cannot_be_made(&error))?;
            let mut value = HeaderValue::from_str(&text).map_err(|_| {
                DeliveryError::Channel(format!(
                    "请求头 {name} 含有不能发送的字符 · header {name} cannot be sent"
                ))
            })?;
            value.set_sensitive(true);
            headers.insert(name.clone(), value);
        }
        Ok(headers)
    }

    /// Asks the far side whether a key has arrived; 404 means it has not.
    ///
    /// # Errors
    ///
    /// [`DeliveryError`] when it cannot be asked or answers outside the mapping.
    pub(crate) async fn query(
        &self,
        key: &str,
    ) -> Result<Option<Receipt>, DeliveryError> {
        let template = self.query_url.as_deref().unwrap_or_default();
        let url = fill_key(template, key).ok_or_else(|| {
            DeliveryError::Unknown(
                "网关没有查询地址 · the gateway has no query_url".to_owned(),
            )
        })?;
        let class = DeliveryClass::QueryBeforeRetry;
        let values = self.with_token(Values::without_message(key, &stamp()))?;
        let values =
            values.with("body", "").with("method", "GET").with("path", url.path());
        let values = match &self.signer {
            Some((signer, text)) => {
                let text = text.fill(&values).map_err(|error| cannot_be_made(&error))?;
                values.with("signature", &signer.sign(&text)?)
            }
            None => values,
        };
        let headers = self.filled_headers(&values, "application/json")?;
        let request = self.client.get(url).headers(headers);
        match request.header(KEY_HEADER, key).send().await {
            Ok(answer) if answer.status().as_u16() == 404 => Ok(None),
            Ok(answer) => self.read_answer(answer, class).await.map(Some),
            Err(error) => Err(connection::not_answered(&error, class)),
        }
    }

    /// Whether success shows in its answers.
    pub(crate) fn shows_success(&self) -> bool {
        self.mapping.shows_success()
    }

    /// What its wordings lack for the texts of the site.
    pub(crate) fn lacks(
        &self,
        texts: &Texts,
        used: &BTreeSet<&str>,
    ) -> Vec<(bool, String, String)> {
        self.wordings.lacks(texts, used)
    }

    /// Headers whose value is a secret in the settings themselves.
    pub(crate) fn bare_secrets(&self) -> &[String] {
        &self.bare_secrets
    }

    /// The secrets it uses.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.token.iter().chain(self.signer.iter().map(|it| &it.0.secret))
    }

    async fn read_answer(
        &self,
        answer: Response,
        class: DeliveryClass,
    ) -> Result<Receipt, DeliveryError> {
        let whole = read_whole(answer, class).await?;
        self.judge(&whole, class)
    }

    fn judge(
        &self,
        whole: &Whole,
        class: DeliveryClass,
    ) -> Result<Receipt, DeliveryError> {
        let Whole { status, retry_after, body } = whole;
        self.mapping.judge(*status, retry_after.as_deref(), body, class)
    }
}

/// An answer that came to its end.
struct Whole {
    status: u16,
    retry_after: Option<String>,
    body: Vec<u8>,
}

async fn read_whole(
    mut answer: Response,
    class: DeliveryClass,
) -> Result<Whole, DeliveryError> {
    let status = answer.status().as_u16();
    let retry_after = answer
        .headers()
        .get(RETRY_AFTER)
        .and_then(|header| header.to_str().ok())
        .map(str::to_owned);
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(part)) if body.len() + part.len() <= LONGEST_ANSWER => {
                body.extend_from_slice(&part);
            }
            Ok(Some(_)) => {
                let long = "网关应答过长 · the gateway's answer is too long";
                return Err(DeliveryError::Unknown(long.to_owned()));
            }
            Ok(None) => return Ok(Whole { status, retry_after, body }),
            Err(_) => {
                let broken = "网关应答中断 · the gateway's answer broke off";
                return Err(unclear(class, broken));
            }
        }
    }
}

fn cannot_be_made(error: &minijinja::Error) -> DeliveryError {
    let kind = error.kind();
    DeliveryError::Channel(format!(
        "请求无法生成,请检查网关设置({kind:?}) · the request cannot be made ({kind:?})"
    ))
}

/// Instant and mark of one request.
fn stamp() -> Stamp {
    // The far side compares it with its own clock, whatever day a test has set.
    #[expect(clippy::disallowed_methods, reason = "a signature carries the real time")]
    let now = Timestamp::now();
    let seconds = Timestamp::from_second(now.as_second()).unwrap_or(now);
    Stamp { at_ms: now.as_millisecond(), utc: seconds.to_string(), nonce: nonce() }
}

/// Never the same: drawn from the process's random keys and a counter.
fn nonce() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let draw = |salt: u64| {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(count);
        hasher.write_u64(salt);
        hasher.finish()
    };
    format!("{:016x}{:016x}", draw(1), draw(2))
}

fn body(format: &str, source: &str) -> Result<Body, String> {
    match (format, source) {
        ("form", DEFAULT_BODY) => Body::form(DEFAULT_FORM),
        ("form", source) => Body::form(source),
        _ => Body::json(source),
    }
}

fn signer(
    secret: Option<Secret>,
    text: &str,
    encoding: &str,
) -> Result<Option<(Signer, Template)>, Unusable> {
    let Some(secret) = secret else { return Ok(None) };
    let text = Template::plain(text);
    text.fill(&Values::sample_of_signature()).map_err(|error| {
        ("sign_text", format!("模板有误:{error} · the template is not right: {error}"))
    })?;
    let writing = if encoding == "base64" { Writing::Base64 } else { Writing::Hex };
    Ok(Some((Signer { secret, writing }, text)))
}

fn query_address(text: &str) -> Result<Option<String>, Unusable> {
    if text.is_empty() {
        return Ok(None);
    }
    match fill_key(text, "0") {
        Some(url) => {
            connection::address("query_url", url.as_str()).map(|_| Some(text.to_owned()))
        }
        None => Err((
            "query_url",
            "应为含 `{{ key }}` 的地址 · should be an address with `{{ key }}`"
                .to_owned(),
        )),
    }
}

/// The key is a hash in hex, so that nothing has to be escaped.
fn fill_key(template: &str, key: &str) -> Option<Url> {
    let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let filled = template.replace("{{ key }}", key);
    if plain && filled != template { Url::parse(&filled).ok() } else { None }
}

fn timeout(seconds: i64) -> Result<Duration, Unusable> {
    u64::try_from(seconds)
        .ok()
        .filter(|it| (1..=120).contains(it))
        .map(Duration::from_secs)
        .ok_or_else(|| {
            ("timeout_s", "应为 1–120 秒 · should be 1–120 seconds".to_owned())
        })
}

fn headers(text: &str) -> Result<Vec<(HeaderName, Template)>, Unusable> {
    let mut headers = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        // The line itself may be a secret and is not shown.
        let wrong = || {
            ("headers", {
                let line = number + 1;
                format!(
                    "第 {line} 行应为 `名称: 值` · line {line} should be `Name: value`"
                )
            })
        };
        let (name, value) = line.split_once(':').ok_or_else(wrong)?;
        let name = name.trim().parse::<HeaderName>().map_err(|_| wrong())?;
        if name == KEY_HEADER {
            return Err((
                "headers",
                "Idempotency-Key 由程序送出,不能设置 · the program sends it itself"
                    .to_owned(),
            ));
        }
        let template = Template::plain(value.trim());
        let sample = template.fill(&Values::sample_of_headers()).map_err(|error| {
            let (line, why) = (number + 1, error.kind());
            (
                "headers",
                format!("第 {line} 行的模板有误({why:?}) · line {line} is not right"),
            )
        })?;
        HeaderValue::from_str(&sample).map_err(|_| wrong())?;
        headers.push((name, template));
    }
    Ok(headers)
}

/// Headers that look like a password and name no secret.
fn bare_secrets(text: &str) -> Vec<String> {
    const MARKS: [&str; 7] =
        ["authorization", "token", "secret", "password", "api-key", "apikey", "app-key"];
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, value)| {
            let name = name.to_lowercase();
            MARKS.iter().any(|mark| name.contains(mark)) && !value.contains("{{")
        })
        .map(|(name, _)| name.trim().to_owned())
        .collect()
}
