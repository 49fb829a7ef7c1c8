//! A gateway that is called over HTTP (接口网关), with a body from a template.

use std::time::Duration;

use domain::manifest::DeliveryClass;
use domain::order::Order;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Response, Url, redirect};
use store::plugin::{DeliveryError, Receipt};
use store::plugin_settings::{Settings, SettingsError};
use tracing::warn;

use crate::answer::{Mapping, Unusable, unclear};
use crate::manifest::MANIFEST;
use crate::template::Body;

/// No honest answer is longer, in bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The header that carries the order's key.
const KEY_HEADER: &str = "idempotency-key";

/// One interface and how to talk to it. It has no `Debug` form, for its
/// headers hold the administrator's secrets.
pub(crate) struct Http {
    client: Client,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Body,
    mapping: Mapping,
    query_url: Option<String>,
}

impl Http {
    /// Reads the settings of a channel.
    pub(crate) fn new(
        settings: &Settings,
        channel: &'static str,
    ) -> Result<Self, SettingsError> {
        Self::read(settings, channel).map_err(|(name, reason)| SettingsError::Unusable {
            plugin: MANIFEST.name,
            name: format!("{channel}.{name}"),
            reason,
        })
    }

    fn read(settings: &Settings, channel: &'static str) -> Result<Self, Unusable> {
        let text = |name: &str| settings.text(&format!("{channel}.{name}"));
        let url = address("url", text("url"))?;
        let query_url = query_address(text("query_url"))?;
        if channel == "letter" && query_url.is_none() {
            let reason = "信件在重试前必须能查询是否已寄出,请填写 query_url".to_owned();
            return Err(("query_url", reason));
        }
        if url.scheme() == "http" && !is_this_machine(&url) {
            warn!(
                channel,
                "the gateway of channel {channel} is not encrypted: use https"
            );
        }
        let timeout = timeout(settings.count(&format!("{channel}.timeout_s")))?;
        Ok(Self {
            client: client(&url, timeout)?,
            method: if text("method") == "PUT" { Method::PUT } else { Method::POST },
            url,
            headers: headers(text("headers"))?,
            body: Body::new(text("body")).map_err(|it| ("body", it))?,
            mapping: Mapping::new(settings, channel)?,
            query_url,
        })
    }

    /// Sends one message and reads the answer.
    ///
    /// # Errors
    ///
    /// A connection that was refused is `Retry`, since nothing has left. Once
    /// the request may have left, silence and server errors are `Unknown` for
    /// an order that may go once, and `Retry` for one that honours its key. An
    /// answer outside the mapping is `Unknown` for all.
    pub(crate) async fn send(&self, order: &Order) -> Result<Receipt, DeliveryError> {
        let body = self.body.fill(order)?;
        let request = self
            .client
            .request(self.method.clone(), self.url.clone())
            .headers(self.headers.clone())
            .header(KEY_HEADER, &order.idempotency_key)
            .body(body);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Err(not_answered(&error, order.delivery)),
        };
        let mut receipt = self.read_answer(answer, order.delivery).await?;
        receipt.amount = order.states_amount;
        Ok(receipt)
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
        let url = fill_key(template, key)
            .ok_or_else(|| DeliveryError::Unknown("网关没有查询地址".to_owned()))?;
        let class = DeliveryClass::QueryBeforeRetry;
        let request = self.client.get(url).headers(self.headers.clone());
        match request.header(KEY_HEADER, key).send().await {
            Ok(answer) if answer.status().as_u16() == 404 => Ok(None),
            Ok(answer) => self.read_answer(answer, class).await.map(Some),
            Err(error) => Err(not_answered(&error, class)),
        }
    }

    async fn read_answer(
        &self,
        mut answer: Response,
        class: DeliveryClass,
    ) -> Result<Receipt, DeliveryError> {
        let status = answer.status().as_u16();
        let retry_after = answer
            .headers()
            .get(RETRY_AFTER)
            .and_then(|it| it.to_str().ok())
            .map(str::to_owned);
        let mut body = Vec::new();
        loop {
            match answer.chunk().await {
                Ok(Some(part)) if body.len() + part.len() <= LONGEST_ANSWER => {
                    body.extend_from_slice(&part);
                }
                Ok(Some(_)) => {
                    return Err(DeliveryError::Unknown("网关应答过长".to_owned()));
                }
                Ok(None) => break,
                Err(_) => return Err(unclear(class, "网关应答中断")),
            }
        }
        self.mapping.judge(status, retry_after.as_deref(), &body, class)
    }
}

/// No answer came. The error itself may name the address with its secrets, so
/// only its kind is told.
fn not_answered(error: &reqwest::Error, class: DeliveryClass) -> DeliveryError {
    if error.is_connect() {
        return DeliveryError::Retry {
            reason: "无法连接网关".to_owned(), after_s: None
        };
    }
    if error.is_builder() {
        return DeliveryError::Refused("请求无法生成,请检查网关设置".to_owned());
    }
    let reason = if error.is_timeout() {
        "网关没有应答"
    } else {
        "与网关的连接中断"
    };
    unclear(class, reason)
}

fn client(url: &Url, timeout: Duration) -> Result<Client, Unusable> {
    // One TLS stack for the program. A provider installed before is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let builder = Client::builder()
        .timeout(timeout)
        .connect_timeout(timeout)
        // A redirect of a POST loses the body or sends it twice.
        .redirect(redirect::Policy::none())
        // Messages go where the settings say, whatever the environment says.
        .no_proxy()
        .user_agent(concat!("qingshou/", env!("CARGO_PKG_VERSION")));
    let builder = match url.scheme() {
        // A machine without certificates can still talk to its own gateway.
        "http" => builder.tls_certs_only([]),
        _ => builder,
    };
    builder.build().map_err(|_| {
        ("url", "无法建立加密连接:本机没有根证书,请安装 ca-certificates".to_owned())
    })
}

fn address(name: &'static str, text: &str) -> Result<Url, Unusable> {
    let wrong = |reason: &str| (name, reason.to_owned());
    if text.is_empty() {
        return Err(wrong("http 网关需要接口地址,例如 `https://sms.example.cn/send`"));
    }
    let url = Url::parse(text).map_err(|_| wrong("不是有效的地址"))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err(wrong("地址应以 https:// 开头")),
    }
}

fn query_address(text: &str) -> Result<Option<String>, Unusable> {
    if text.is_empty() {
        return Ok(None);
    }
    match fill_key(text, "0") {
        Some(url) => address("query_url", url.as_str()).map(|_| Some(text.to_owned())),
        None => Err(("query_url", "应为含 `{{ key }}` 的地址".to_owned())),
    }
}

/// The key is a hash in hex, so that nothing has to be escaped.
fn fill_key(template: &str, key: &str) -> Option<Url> {
    let plain = !key.is_empty() && key.bytes().all(|it| it.is_ascii_alphanumeric());
    let filled = template.replace("{{ key }}", key);
    if plain && filled != template { Url::parse(&filled).ok() } else { None }
}

fn timeout(seconds: i64) -> Result<Duration, Unusable> {
    u64::try_from(seconds)
        .ok()
        .filter(|it| (1..=120).contains(it))
        .map(Duration::from_secs)
        .ok_or_else(|| ("timeout_s", "应为 1–120 秒".to_owned()))
}

fn headers(text: &str) -> Result<HeaderMap, Unusable> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        // The line itself may be a secret and is not shown.
        let wrong = || ("headers", format!("第 {} 行应为 `名称: 值`", number + 1));
        let (name, value) = line.split_once(':').ok_or_else(wrong)?;
        let name = name.trim().parse::<HeaderName>().map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(value.trim()).map_err(|_| wrong())?;
        if name == KEY_HEADER {
            return Err(("headers", "Idempotency-Key 由程序送出,不能设置".to_owned()));
        }
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

fn is_this_machine(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}
