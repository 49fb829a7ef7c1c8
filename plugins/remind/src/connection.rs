//! The line to a gateway (网关连接): where it leads, and what it means when nobody
//! answers.

use std::error::Error;
use std::io;
use std::time::Duration;

use domain::manifest::DeliveryClass;
use reqwest::{Client, Url, redirect};
use store::plugin::DeliveryError;

use crate::answer::{Unusable, unclear};

/// The header that carries the order's key.
pub(crate) const KEY_HEADER: &str = "idempotency-key";

/// A client that goes where the settings say and nowhere else.
pub(crate) fn client(url: &Url, timeout: Duration) -> Result<Client, Unusable> {
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
        (
            "url",
            "无法建立加密连接:本机没有根证书,请安装 ca-certificates · \
         no encrypted connection: this machine has no root certificates, install \
         ca-certificates"
                .to_owned(),
        )
    })
}

/// An address of an interface.
pub(crate) fn address(name: &'static str, text: &str) -> Result<Url, Unusable> {
    let wrong = |reason: &str| (name, reason.to_owned());
    if text.is_empty() {
        return Err(wrong(
            "http 网关需要接口地址,例如 `https://sms.example.cn/send` · \
             an http gateway needs an address, such as `https://sms.example.cn/send`",
        ));
    }
    let url = Url::parse(text).map_err(|_| wrong("不是有效的地址 · is no address"))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => {
            Err(wrong("地址应以 https:// 开头 · the address should begin with https://"))
        }
    }
}

/// Whether nothing leaves this machine on the way.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

/// No answer came. The error itself may name the address with its secrets, so
/// only its kind is told.
pub(crate) fn not_answered(
    error: &reqwest::Error,
    class: DeliveryClass,
) -> DeliveryError {
    if is_about_encryption(error) {
        return DeliveryError::Channel(
            "与网关的加密连接不成立:证书不对或已过期,或该端口不是 https · \
             no encrypted connection to the gateway: its certificate is not right, or \
             its port does not speak https"
                .to_owned(),
        );
    }
    if error.is_connect() {
        return DeliveryError::Retry {
            reason: "无法连接网关 · the gateway cannot be reached".to_owned(),
            after_s: None,
        };
    }
    if error.is_builder() {
        let reason = "请求无法生成,请检查网关设置 · the request cannot be made";
        return DeliveryError::Channel(reason.to_owned());
    }
    let reason = if error.is_timeout() {
        "网关没有应答 · the gateway does not answer"
    } else {
        "与网关的连接中断 · the connection to the gateway broke off"
    };
    unclear(class, reason)
}

/// Whether TLS failed before anything was sent: no other order would fare
/// better. A connection that breaks later is something else.
fn is_about_encryption(error: &reqwest::Error) -> bool {
    error.is_connect() && causes(error).any(of_tls)
}

fn of_tls(cause: &(dyn Error + 'static)) -> bool {
    // Faults of the line wrap one another.
    let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    cause.is::<rustls::Error>() || inner.is_some_and(|inner| of_tls(inner))
}

fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}
