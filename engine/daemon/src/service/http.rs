//! The window for machines (监控接口): whether the daemon lives, whether it works,
//! and its figures, for this machine alone.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch as flag};
use tracing::{error, info};

use super::disk::Room;
use super::figures;
use super::pulse::STUCK_AFTER;
use super::watched::Watched;
use crate::run::until_stopped;

/// So many ask at once; whoever comes besides waits.
pub(super) const AT_ONCE: usize = 64;
/// Whoever has not asked by then is let go: it is a program on this machine, and hundreds
/// that only listen would keep the watchdog's question out.
const SILENCE: Duration = Duration::from_secs(2);
/// Whoever reads too slowly is let go.
const PATIENCE: Duration = Duration::from_secs(10);
/// A port that another program has is asked for again so often.
const AGAIN: Duration = Duration::from_secs(30);
/// Whoever cannot be let in for want of files is let in after a moment.
pub(super) const MOMENT: Duration = Duration::from_millis(200);

pub(super) const TEXT: &str = "text/plain; charset=utf-8";
const FIGURES: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers until told to stop. That the port cannot be had is said in the log and
/// keeps nothing else from working.
pub(crate) async fn serve(
    app: Arc<Watched>,
    address: SocketAddr,
    mut stopped: flag::Receiver<bool>,
) {
    tokio::select! {
        () = answer_all(app, address) => {}
        () = until_stopped(&mut stopped) => {}
    }
}

async fn answer_all(app: Arc<Watched>, address: SocketAddr) {
    let listener = listen(address).await;
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let app = Arc::clone(&app);
                tokio::spawn(async move {
                    answer(stream, move |it| page(&app, it)).await;
                    drop(turn);
                });
            }
            Err(_) => tokio::time::sleep(MOMENT).await,
        }
    }
}

pub(super) async fn listen(address: SocketAddr) -> TcpListener {
    let mut is_told = false;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => {
                info!("figures are at http://{address}/metrics");
                return listener;
            }
            Err(error) if !is_told => {
                is_told = true;
                error!(
                    %error,
                    "{address} cannot be listened at, so there are no figures; everything \
                     else works. Name another address by `metrics` in qingshou.toml, or end \
                     the program that has it; it is tried again every half minute"
                );
            }
            Err(_) => {}
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Answers one request with its page; whoever breaks off has asked for nothing.
pub(super) async fn answer(
    stream: TcpStream,
    page: impl Fn(&Request<Incoming>) -> Response<Full<Bytes>>,
) {
    let service =
        service_fn(|request| std::future::ready(Ok::<_, Infallible>(page(&request))));
    let mut server = http1::Builder::new();
    server.keep_alive(false).timer(TokioTimer::new()).header_read_timeout(SILENCE);
    let answered = server.serve_connection(TokioIo::new(stream), service);
    drop(tokio::time::timeout(PATIENCE, answered).await);
}

fn page(app: &Watched, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return response(StatusCode::METHOD_NOT_ALLOWED, TEXT, "GET only\n".to_owned());
    }
    match request.uri().path() {
        "/healthz" => response(StatusCode::OK, TEXT, "ok\n".to_owned()),
        "/readyz" => match unready(app) {
            faults if faults.is_empty() => {
                let text = ["ok".to_owned()].into_iter().chain(ailing(app));
                let text = text.collect::<Vec<_>>().join("\n") + "\n";
                response(StatusCode::OK, TEXT, text)
            }
            faults => {
                let text = faults.join("\n") + "\n";
                response(StatusCode::SERVICE_UNAVAILABLE, TEXT, text)
            }
        },
        "/metrics" => match figures::page(app) {
            Ok(text) => response(StatusCode::OK, FIGURES, text),
            Err(error) => {
                error!(%error, "the figures could not be written");
                let text = "the figures could not be written\n".to_owned();
                response(StatusCode::INTERNAL_SERVER_ERROR, TEXT, text)
            }
        },
        _ => {
            let text = "/healthz /readyz /metrics\n".to_owned();
            response(StatusCode::NOT_FOUND, TEXT, text)
        }
    }
}

pub(super) fn response(
    status: StatusCode,
    kind: &'static str,
    text: String,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Why nothing of the book is worked now, or deadlines are watched by nobody; empty
/// while all is as it should be.
fn unready(app: &Watched) -> Vec<String> {
    let unwatched = app.figures.unwatched();
    let unwatched = (!unwatched.is_empty()).then(|| {
        let named = unwatched.join(", ");
        format!(
            "deadlines are unwatched, suspended: {named} · 期限无人看守,流程停办:{named}"
        )
    });
    let faults = unworked(app).into_iter().map(ToOwned::to_owned);
    unwatched.into_iter().chain(faults).collect()
}

/// Which workflows are not worked while all else is.
fn ailing(app: &Watched) -> Vec<String> {
    let (suspended, unasked) = app.figures.ailing();
    let line = |names: &[String], (en, zh): (&str, &str)| {
        let named = names.join(", ");
        (!names.is_empty()).then(|| format!("{en}: {named} · {zh}:{named}"))
    };
    let suspended = line(&suspended, ("suspended", "流程停办"));
    let unasked = line(&unasked, ("`where` fails, cases do not come in", "纳入出错"));
    suspended.into_iter().chain(unasked).collect()
}

/// Why nothing of the book is worked now; empty while it is.
fn unworked(app: &Watched) -> Vec<&'static str> {
    let stopping = app.engine.interrupt.is_raised();
    let starting = app.pulse.slowest().is_none();
    let faults = [
        (stopping, "stopping · 正在停止"),
        (starting, "starting · 正在启动"),
        (app.engine.runtime().is_none(), "no release is live · 没有运行中的版本"),
        (
            !starting && !app.pulse.beats_within(STUCK_AFTER),
            "a loop is stuck · 有循环卡住",
        ),
        (
            app.engine.is_log_unwritten(),
            "nothing leaves: departures/ cannot be written · 送出记录写不进,什么都不发出",
        ),
        (app.pulse.is_failing(), "the store cannot be worked · 案件库无法读写"),
        (
            Room::of(&app.site().dir).is_some_and(Room::is_none),
            "the disk is full · 磁盘已满",
        ),
        (
            app.figures.is_clock_held(),
            "timers are held: the clock cannot be trusted · 时钟不可信,计时停住",
        ),
    ];
    faults.into_iter().filter(|fault| fault.0).map(|fault| fault.1).collect()
}
