//! A gateway that answers well, slowly, wrongly or not at all (接口网关的测试).

use std::net::SocketAddr;
use std::time::Duration;

use testkit::{Gateway, Reply};

use super::*;

fn settings(address: SocketAddr) -> Value {
    let channel = json!({
        "gateway": "http",
        "url": format!("http://{address}/send"),
        "headers": "Authorization: Bearer not-a-real-secret\n\nX-House: demo",
        "body": "{\"mobile\": {{ to }}, \"content\": {{ text }}, \"who\": {{ name }}, \"wants\": {{ states_fen }}}",
        "timeout_s": 1,
        "ok_pointer": "/code",
        "ok_value": "0, OK",
        "retry_values": "11, 12",
        "number_values": "21, isv.MOBILE_NUMBER_ILLEGAL",
        "number_statuses": "422",
        "account_values": "31, isv.AMOUNT_NOT_ENOUGH",
        "reference_pointer": "/data/msgid",
        "query_url": format!("http://{address}/sent/{{{{ key }}}}"),
    });
    json!({ "sms": channel, "letter": channel })
}

fn remind(settings: &Value) -> Result<Remind, SettingsError> {
    Remind::new(settings.as_object().unwrap(), Path::new("/nonexistent"))
}

async fn send(reply: Reply, delivery: DeliveryClass) -> Result<Receipt, DeliveryError> {
    let address = Gateway::that_always(reply).address();
    let order = Order { delivery, ..sms() };
    remind(&settings(address)).unwrap().carry_out(&order, None).await
}

fn retry(reason: &str, after_s: Option<u32>) -> DeliveryError {
    DeliveryError::Retry { reason: reason.to_owned(), after_s }
}

fn refused(reason: &str) -> DeliveryError {
    DeliveryError::Refused(reason.to_owned())
}

fn unknown(reason: &str) -> DeliveryError {
    DeliveryError::Unknown(reason.to_owned())
}

/// An error by the Chinese half of what it tells; each has an English one.
fn in_chinese(error: DeliveryError) -> DeliveryError {
    let half = |text: String| {
        let (zh, en) = text.split_once(" · ").unwrap_or_else(|| panic!("{text}"));
        assert!(en.is_ascii(), "{en}");
        zh.to_owned()
    };
    match error {
        DeliveryError::Retry { reason, after_s } => {
            DeliveryError::Retry { reason: half(reason), after_s }
        }
        DeliveryError::Refused(reason) => DeliveryError::Refused(half(reason)),
        DeliveryError::Unknown(reason) => DeliveryError::Unknown(half(reason)),
        other => other,
    }
}

/// What happens to an order, in one word.
fn class(sent: &Result<Receipt, DeliveryError>) -> &'static str {
    match sent {
        Ok(_) => "taken",
        Err(DeliveryError::Retry { .. }) => "later",
        Err(DeliveryError::Refused(_)) => "number",
        Err(DeliveryError::Channel(_)) => "channel",
        Err(DeliveryError::Incomplete(_)) => "incomplete",
        Err(DeliveryError::Unknown(_)) => "unknown",
        Err(DeliveryError::Books(_)) => "books",
    }
}

#[tokio::test]
async fn a_message_goes_out_as_the_template_says_with_its_key() {
    let ok = Reply::of("200 OK", r#"{"code":0,"data":{"msgid":"M-1"}}"#);
    let gateway = Gateway::that_always(ok);
    let receipt = remind(&settings(gateway.address()))
        .unwrap()
        .carry_out(&sms(), None)
        .await
        .unwrap();
    assert_eq!(receipt, Receipt { reference: "M-1".to_owned(), amount: Some(Fen(500)) });
    let request = gateway.heard().remove(0);
    let (head, body) = request.text().split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /send http/1.1\r\n"), "{head}");
    for line in [
        "idempotency-key: abc123",
        "content-type: application/json",
        "authorization: bearer not-a-real-secret",
        "x-house: demo",
    ] {
        assert!(head.contains(line), "{line} is missing in\n{head}");
    }
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body,
        json!({
            "mobile": "19900000001",
            "content": "您尾号 0001 的贷款\n应还 5.00 元",
            "who": "虚构\"甲\"",
            "wants": 500,
        })
    );
}

#[tokio::test]
async fn every_answer_means_one_thing() {
    use DeliveryClass::{AtLeastOnce, AtMostOnce};
    let ok = r#"{"code":"0","data":{"msgid":77}}"#;
    let reference = Receipt { reference: "77".to_owned(), amount: Some(Fen(500)) };
    let later = "网关请求稍后再试(429)";
    let garbled = "网关应答中没有约定的字段";
    let table = [
        (Reply::of("202 Accepted", ok), AtMostOnce, Ok(reference)),
        (
            Reply::of("200 OK", r#"{"code":21}"#),
            AtMostOnce,
            Err(refused("网关拒绝了这个号码(应答码 21)")),
        ),
        (
            Reply::of("200 OK", r#"{"code":12}"#),
            AtMostOnce,
            Err(retry("网关未受理,请稍后再试(应答码 12)", None)),
        ),
        // The answer lies or is garbled.
        (Reply::of("200 OK", r#"{"code":0}"#), AtLeastOnce, Err(unknown(garbled))),
        (
            Reply::of("200 OK", r#"{"code":0,"data":{"msgid":""}}"#),
            AtLeastOnce,
            Err(unknown(garbled)),
        ),
        (Reply::of("200 OK", "<html>welcome</html>"), AtLeastOnce, Err(unknown(garbled))),
        (Reply::of("200 OK", ""), AtMostOnce, Err(unknown(garbled))),
        (
            Reply::of("200 OK", &"x".repeat(70_000)),
            AtLeastOnce,
            Err(unknown("网关应答过长")),
        ),
        // It asks for patience.
        (
            Reply::with("429 Too Many Requests", "retry-after: 30\r\n", ""),
            AtMostOnce,
            Err(retry(later, Some(30))),
        ),
        (
            Reply::with("429 Too Many Requests", "retry-after: 999999999999\r\n", ""),
            AtMostOnce,
            Err(retry(later, Some(86_400))),
        ),
        (Reply::of("429 Too Many Requests", ""), AtMostOnce, Err(retry(later, None))),
        (
            Reply::with("503 Service Unavailable", "retry-after: 5\r\n", ""),
            AtLeastOnce,
            Err(retry("网关请求稍后再试(503)", Some(5))),
        ),
        // It says no, or breaks.
        (Reply::of("500 Oops", ""), AtLeastOnce, Err(retry("网关出错(500)", None))),
        (Reply::of("500 Oops", ""), AtMostOnce, Err(unknown("网关出错(500)"))),
        (Reply::HangUp, AtLeastOnce, Err(retry("与网关的连接中断", None))),
        (Reply::HangUp, AtMostOnce, Err(unknown("与网关的连接中断"))),
    ];
    for (number, (does, class, expected)) in table.into_iter().enumerate() {
        assert_eq!(send(does, class).await.map_err(in_chinese), expected, "row {number}");
    }
}

/// Only what is about the number fails an order. What is about the institution
/// stops the channel, and what nobody has listed is neither.
#[tokio::test]
async fn it_is_told_apart_whose_fault_an_answer_is() {
    let code = |code: &str| format!(r#"{{"code":"{code}","data":{{"msgid":"M"}}}}"#);
    let ok = "200 OK";
    let table = [
        (ok, code("0"), "taken"),
        (ok, code("OK"), "taken"),
        (ok, code("11"), "later"),
        (ok, code("21"), "number"),
        (ok, code("isv.MOBILE_NUMBER_ILLEGAL"), "number"),
        (ok, code("31"), "channel"),
        (ok, code("isv.AMOUNT_NOT_ENOUGH"), "channel"),
        (ok, code("4711"), "unknown"),
        (ok, code(""), "unknown"),
        (ok, "{}".to_owned(), "unknown"),
        (ok, "<html>login</html>".to_owned(), "unknown"),
        ("401 Unauthorized", String::new(), "channel"),
        ("402 Payment Required", String::new(), "channel"),
        ("403 Forbidden", String::new(), "channel"),
        ("404 Not Found", String::new(), "channel"),
        ("405 Method Not Allowed", String::new(), "channel"),
        ("407 Proxy Authentication Required", String::new(), "channel"),
        ("301 Moved Permanently", String::new(), "channel"),
        ("302 Found", String::new(), "channel"),
        ("307 Temporary Redirect", String::new(), "channel"),
        ("422 Unprocessable", String::new(), "number"),
        ("400 Bad Request", String::new(), "unknown"),
        ("406 Not Acceptable", String::new(), "unknown"),
        ("413 Too Large", String::new(), "unknown"),
        ("418 Teapot", String::new(), "unknown"),
        ("429 Too Many", String::new(), "later"),
        ("500 Oops", String::new(), "later"),
        // Some say it with a status and a code.
        ("400 Bad Request", code("21"), "number"),
        ("403 Forbidden", code("21"), "number"),
        ("400 Bad Request", code("31"), "channel"),
        ("400 Bad Request", code("0"), "unknown"),
        ("500 Oops", code("11"), "later"),
    ];
    for (status, body, expected) in table {
        let sent = send(Reply::of(status, &body), DeliveryClass::AtLeastOnce).await;
        assert_eq!(class(&sent), expected, "{status} {body}: {sent:?}");
    }
}

#[tokio::test]
async fn what_the_settings_do_not_list_is_told_with_its_code_and_no_more() {
    let table = [
        ("4711", "4711"),
        ("isv.BUSINESS_LIMIT_CONTROL", "isv.BUSINESS_LIMIT_CONTROL"),
        // The place in the settings may be a wrong one.
        ("19900000001", "…"),
        ("虚构甲", "…"),
    ];
    for (code, shown) in table {
        let body = format!(r#"{{"code":"{code}"}}"#);
        let sent = send(Reply::of("200 OK", &body), DeliveryClass::AtLeastOnce).await;
        let told = sent.unwrap_err().to_string();
        assert!(told.contains(&format!("应答码 {shown} 未列入")), "{told}");
    }
}

#[tokio::test]
async fn an_answer_in_plain_words_has_its_code_first() {
    let table = [
        ("0,20261128093001", "taken"),
        ("0", "taken"),
        ("21,空号", "number"),
        ("31", "channel"),
        ("ERROR", "unknown"),
        ("", "unknown"),
    ];
    for (body, expected) in table {
        let address = Gateway::that_always(Reply::of("200 OK", body)).address();
        let mut given = settings(address);
        given["sms"]["answer"] = json!("text");
        let sent = remind(&given).unwrap().carry_out(&sms(), None).await;
        assert_eq!(class(&sent), expected, "{body}: {sent:?}");
        if body.len() > 1 && expected == "taken" {
            assert_eq!(sent.unwrap().reference, "20261128093001");
        }
    }
}

#[tokio::test]
async fn a_gateway_whose_success_does_not_show_is_not_taken_up() {
    let gateway = Gateway::that_always(Reply::of("200 OK", "{}"));
    let url = format!("http://{}/send", gateway.address());
    let given = json!({ "sms": { "gateway": "http", "url": url } });
    let plugin = remind(&given).unwrap();
    let sent = plugin.carry_out(&sms(), None).await;
    assert_eq!(class(&sent), "channel");
    assert!(sent.unwrap_err().to_string().contains("ok_pointer"));
    assert!(gateway.heard().is_empty(), "nothing was sent");
    let concerns = plugin.concerns();
    assert!(
        concerns[0].grave && concerns[0].say.en.contains("ok_pointer"),
        "{concerns:?}"
    );
    // Where 200 is no success, the status alone tells.
    let given = json!({ "sms": { "gateway": "http", "url": url, "ok_statuses": "202" } });
    assert_eq!(remind(&given).unwrap().concerns(), []);
    let sent = remind(&given).unwrap().carry_out(&sms(), None).await;
    assert_eq!(class(&sent), "unknown", "200 was not agreed: {sent:?}");
}

#[tokio::test]
async fn a_body_that_stops_in_the_middle_may_have_been_taken() {
    let cut = Reply::Bytes(
        Duration::ZERO,
        "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"code\":0,".to_owned(),
    );
    let cut_off = "网关应答中断";
    for (class, expected) in [
        (DeliveryClass::AtMostOnce, unknown(cut_off)),
        (DeliveryClass::AtLeastOnce, retry(cut_off, None)),
    ] {
        let sent = send(cut.clone(), class).await.map_err(in_chinese);
        assert_eq!(sent, Err(expected));
    }
}

#[tokio::test]
async fn silence_ends_at_the_timeout() {
    let silent = "网关没有应答";
    let most = send(Reply::Silence, DeliveryClass::AtMostOnce);
    let least = send(Reply::Silence, DeliveryClass::AtLeastOnce);
    let both =
        tokio::time::timeout(Duration::from_secs(8), async { tokio::join!(most, least) });
    let (most, least) = both.await.unwrap();
    let both = (most.map_err(in_chinese), least.map_err(in_chinese));
    assert_eq!(both, (Err(unknown(silent)), Err(retry(silent, None))));
}

#[tokio::test]
async fn a_slow_answer_within_the_timeout_is_an_answer() {
    let ok = Reply::of("200 OK", r#"{"code":0,"data":{"msgid":"M-2"}}"#);
    let slow = ok.after(Duration::from_millis(300));
    assert_eq!(send(slow, DeliveryClass::AtMostOnce).await.unwrap().reference, "M-2");
}

#[tokio::test]
async fn a_refused_connection_has_sent_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let order = Order { delivery: DeliveryClass::AtMostOnce, ..sms() };
    let sent = remind(&settings(address)).unwrap().carry_out(&order, None).await;
    assert_eq!(sent.map_err(in_chinese), Err(retry("无法连接网关", None)));
}

#[tokio::test]
async fn a_letter_is_asked_for_before_it_is_tried_again() {
    let table = [
        (Reply::of("200 OK", r#"{"code":0,"data":{"msgid":"L-1"}}"#), Ok(Some("L-1"))),
        (Reply::of("404 Not Found", ""), Ok(None)),
        (Reply::of("500 Oops", ""), Err(retry("网关出错(500)", None))),
    ];
    for (reply, expected) in table {
        let gateway = Gateway::that_always(reply);
        let found = remind(&settings(gateway.address())).unwrap().query("abc123").await;
        let found =
            found.map(|it| it.map(|receipt| receipt.reference)).map_err(in_chinese);
        assert_eq!(found, expected.map(|expected| expected.map(str::to_owned)));
        let request = gateway.heard().remove(0);
        let is_asked = request.text().starts_with("GET /sent/abc123 HTTP/1.1\r\n");
        assert!(is_asked, "{request:?}");
    }
}

#[tokio::test]
async fn nobody_is_named_in_an_error() {
    let echo = Reply::of("400 Bad", "19900000001 虚构 not-a-real-secret");
    let error = send(echo, DeliveryClass::AtLeastOnce).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    for private in ["199", "虚构", "secret"] {
        assert!(!shown.contains(private), "{shown}");
    }
}

#[tokio::test]
async fn an_https_gateway_can_be_set_up_with_ring_alone() {
    let settings = json!({ "sms": { "gateway": "http", "url": "https://127.0.0.1:1/send", "ok_pointer": "/code" } });
    let gateway = remind(&settings);
    let error = match gateway {
        Ok(gateway) => gateway.carry_out(&sms(), None).await.unwrap_err(),
        // A machine without root certificates is told so.
        Err(error) => {
            return assert!(error.to_string().contains("ca-certificates"), "{error}");
        }
    };
    assert_eq!(in_chinese(error), retry("无法连接网关", None));
}

#[test]
fn what_settings_name_has_to_be_there_and_used() {
    let table = [
        (json!({ "ok_value": "0,1", "account_values": "1" }), "ok_value"),
        (json!({ "at_once": 0 }), "1–64"),
        (json!({ "headers": "X: {{ token }}" }), "token_env"),
        (json!({ "token_env": "NOBODY" }), "{{ token }}"),
        (json!({ "token_env": "A", "token_file": "b" }), "token_env"),
        (json!({ "sign_secret_env": "A" }), "{{ signature }}"),
        (json!({ "body_format": "form", "body": "to" }), "名称=值"),
        (json!({ "template_ids": "remind_1" }), "template_ids"),
    ];
    for (more, message) in table {
        let mut channel = json!({ "gateway": "http", "url": "http://127.0.0.1/" });
        channel.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        match remind(&json!({ "sms": channel })) {
            Ok(_) => panic!("{more} was taken"),
            Err(error) => assert!(error.to_string().contains(message), "{more}: {error}"),
        }
    }
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_to_do() {
    let url = "https://gateway.invalid/send";
    let table = [
        (json!({ "sms": { "gatewya": "http" } }), "是否应为 `sms.gateway`?"),
        (json!({ "sms": { "gateway": "http" } }), "需要接口地址"),
        (json!({ "sms": { "gateway": "http", "url": "ftp://x/" } }), "https://"),
        (json!({ "sms": { "gateway": "http", "url": url, "timeout_s": 0 } }), "1–120"),
        (
            json!({ "sms": { "gateway": "http", "url": url, "headers": "no colon" } }),
            "第 1 行",
        ),
        (
            json!({ "sms": { "gateway": "http", "url": url, "headers": "Idempotency-Key: 1" } }),
            "不能设置",
        ),
        (
            json!({ "sms": { "gateway": "http", "url": "http://127.0.0.1/", "body": "{\"a\": {{ nobody }}}" } }),
            "模板有误",
        ),
        (
            json!({ "sms": { "gateway": "http", "url": "http://127.0.0.1/", "body": "{\"a\": \"{{ text }}\"}" } }),
            "自动加引号",
        ),
        (
            json!({ "sms": { "gateway": "http", "url": "http://127.0.0.1/", "ok_statuses": "ok" } }),
            "200-299",
        ),
        (
            json!({ "sms": { "gateway": "http", "url": "http://127.0.0.1/", "ok_pointer": "code" } }),
            "`/` 开头",
        ),
        (
            json!({ "letter": { "gateway": "http", "url": "http://127.0.0.1/" } }),
            "query_url",
        ),
        (
            json!({ "letter": { "gateway": "http", "url": "http://127.0.0.1/", "query_url": "http://127.0.0.1/" } }),
            "{{ key }}",
        ),
    ];
    for (given, message) in table {
        match remind(&given) {
            Ok(_) => panic!("{given} was taken"),
            Err(error) => {
                assert!(error.to_string().contains(message), "{given}: {error}");
            }
        }
    }
}

#[test]
fn a_status_means_one_thing_and_none_of_the_institution_s_is_a_number_s() {
    let given = |ok: &str, number: &str| {
        json!({ "sms": {
            "gateway": "http", "url": "http://127.0.0.1/", "ok_pointer": "/code",
            "ok_statuses": ok, "number_statuses": number,
        } })
    };
    let refused = [
        ("200-299", "400-499", "401"),
        ("200-299", "403", "403"),
        ("200-299", "404", "404"),
        ("200-299", "400,405", "405"),
        ("200-299", "407", "407"),
        ("200-299", "422、429", "429"),
        ("200-299", "500-599", "500"),
        ("200-299", "503", "503"),
        ("200,401", "", "401"),
        ("200,404", "", "404"),
        ("200-599", "", "401"),
        ("200-299", "200", "ok_statuses"),
        ("200,400", "400-400", "ok_statuses"),
        ("200-299", "250-400", "250"),
        ("", "", "200-299"),
    ];
    for (ok, number, told) in refused {
        let Err(error) = remind(&given(ok, number)) else { panic!("{ok} {number}") };
        assert!(error.to_string().contains(told), "{ok} {number}: {error}");
    }
    let taken = [
        ("200-299", ""),
        ("200-299", "422"),
        ("200，201", "400，422"),
        ("200、201", "400、406；409–422"),
        ("200-299", "400,406,409-424,426-428,430-499"),
        ("200,302", "422"),
    ];
    for (ok, number) in taken {
        assert!(remind(&given(ok, number)).is_ok(), "{ok} {number}");
    }
}

#[tokio::test]
async fn codes_are_read_in_any_writing_of_a_list_and_answers_in_any_encoding() {
    let gbk = b"{\"code\":\"6\",\"msg\":\"\xbf\xd5\xba\xc5\x85\\\"}";
    let marked = "\u{feff}{\"code\":6}".as_bytes();
    let lists = ["5,6", "5，6", "5、6", "5;6", "5；6", " 5 ， 6 ", "5\n6"];
    for list in lists {
        let given = json!({ "sms": {
            "gateway": "http", "url": "http://127.0.0.1/", "ok_pointer": "/code",
            "number_values": list,
        } });
        let given = given.as_object().unwrap();
        let given = Settings::read(&MANIFEST, given);
        let mapping = answer::Mapping::new(&given.unwrap(), "sms");
        let mapping = mapping.unwrap_or_else(|error| panic!("{list}: {error:?}"));
        for body in [b"{\"code\": 6}".as_slice(), gbk.as_slice(), marked] {
            let said = mapping.judge(200, None, body, DeliveryClass::AtLeastOnce);
            assert_eq!(class(&said), "number", "{list}: {said:?}");
        }
    }
}
