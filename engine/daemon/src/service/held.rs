//! What machines hear of a daemon that works nothing until a person has looked
//! (停住的守护进程): it lives, and is not ready.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use site::Site;
use tokio::task::JoinSet;

use super::http::{AT_ONCE, MOMENT, TEXT, answer, listen, response};

/// What is answered to one request.
type Page = Response<Full<Bytes>>;

/// Answers until it is let go of, and then has let go of the port: the daemon that
/// works needs it. Nothing of it knows the store.
pub(crate) async fn serve(site: &Site, page: fn(&Request<Incoming>) -> Page) {
    let Ok(Some(address)) = site.config.metrics_at("qingshou.toml") else {
        return std::future::pending().await;
    };
    let listener = listen(address).await;
    let mut answering = JoinSet::new();
    loop {
        tokio::select! {
            come = listener.accept(), if answering.len() < AT_ONCE => {
                match come {
                    Ok((stream, _)) => {
                        answering.spawn(answer(stream, page));
                    }
                    Err(_) => tokio::time::sleep(MOMENT).await,
                }
            }
            Some(_) = answering.join_next() => {}
        }
    }
}

/// That an older store lies there, and a person has to answer for it.
pub(crate) fn older_store(request: &Request<Incoming>) -> Page {
    page(
        request,
        "held: the store was put back and a person has to answer for it, see \
         `qingshou status` · 案件库是放回的,等人清点,见 `qingshou status`\n",
    )
}

/// That the server with the store does not answer.
pub(crate) fn server_away(request: &Request<Incoming>) -> Page {
    page(
        request,
        "waiting: the database server cannot be reached; the work begins by itself when it \
         is back · 连不上数据库服务器,恢复后自动开始\n",
    )
}

fn page(request: &Request<Incoming>, why: &str) -> Page {
    if request.uri().path() == "/healthz" {
        return response(StatusCode::OK, TEXT, "ok\n".to_owned());
    }
    response(StatusCode::SERVICE_UNAVAILABLE, TEXT, why.to_owned())
}
