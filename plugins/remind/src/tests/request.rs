//! What a gateway gets to see of a message, and of the institution's secrets
//! (请求与凭据的测试).

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use testkit::{Gateway, Reply};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Sends one message under these settings of the channel; answers what came of
/// it and the request that the far side read.
async fn request(
    site: &Path,
    more: &Value,
) -> (Result<Receipt, DeliveryError>, Option<String>) {
    let gateway = Gateway::that_always(Reply::taken());
    let address = gateway.address();
    let mut channel = json!({
        "gateway": "http",
        "url": format!("http://{address}/v1/send"),
        "timeout_s": 5,
        "ok_pointer": "/code",
    });
    let given = more.as_object().unwrap().clone();
    channel.as_object_mut().unwrap().extend(given);
    let settings = json!({ "sms": channel });
    let remind = Remind::new(settings.as_object().unwrap(), site).unwrap();
    let words = [("客户", "虚构\"甲\""), ("逾期金额", "5.00")];
    let words =
        words.into_iter().map(|(word, value)| (word.to_owned(), value.to_owned()));
    let order = Order { words: words.collect(), ..sms() };
    let sent = remind.carry_out(&order, None).await;
    (sent, gateway.heard().first().map(|request| request.text().to_owned()))
}

fn headers(request: &str) -> BTreeMap<String, String> {
    let (head, _) = request.split_once("\r\n\r\n").unwrap();
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    lines.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect()
}

fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

#[tokio::test]
async fn a_form_holds_the_message_whatever_stands_in_it() {
    let site = tempfile::tempdir().unwrap();
    let form = json!({
        "body_format": "form",
        "body": "mobile={{ to }}\ncontent={{ text }}\nuser=demo&admin=1",
    });
    let (sent, request) = request(site.path(), &form).await;
    sent.unwrap();
    let request = request.unwrap();
    assert!(headers(&request)["content-type"].starts_with("application/x-www-form-url"));
    let fields: Vec<(String, String)> =
        form_urlencoded::parse(body(&request).as_bytes()).into_owned().collect();
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        fields,
        [
            field("mobile", "19900000001"),
            field("content", "您尾号 0001 的贷款\n应还 5.00 元"),
            field("user", "demo&admin=1"),
        ]
    );
}

#[tokio::test]
async fn a_wording_that_the_far_side_keeps_goes_as_number_and_values() {
    let site = tempfile::tempdir().unwrap();
    let wordings = json!({
        "template_ids": "remind_1 = SMS_154950909: name=客户, amount=逾期金额\n",
        "body": "{\"PhoneNumbers\": {{ to }}, \"TemplateCode\": {{ template_id }}, \"TemplateParam\": {{ params_json }}, \"P\": {{ params }}, \"List\": {{ param_values }}}",
    });
    let (sent, request) = request(site.path(), &wordings).await;
    sent.unwrap();
    let body: Value = serde_json::from_str(body(&request.unwrap())).unwrap();
    assert_eq!(body["PhoneNumbers"], "19900000001");
    assert_eq!(body["TemplateCode"], "SMS_154950909");
    assert_eq!(body["P"], json!({ "name": "虚构\"甲\"", "amount": "5.00" }));
    assert_eq!(body["List"], json!(["虚构\"甲\"", "5.00"]));
    let inner: Value =
        serde_json::from_str(body["TemplateParam"].as_str().unwrap()).unwrap();
    assert_eq!(inner, body["P"]);
}

#[tokio::test]
async fn an_order_whose_wording_is_not_set_up_waits_for_it() {
    let site = tempfile::tempdir().unwrap();
    for (ids, told) in [
        ("remind_2 = SMS_1", "remind_1"),
        ("remind_1 = SMS_1: day=承诺还款日", "承诺还款日"),
    ] {
        let (sent, request) = request(site.path(), &json!({ "template_ids": ids })).await;
        let Err(DeliveryError::Incomplete(why)) = sent else { panic!("{sent:?}") };
        assert!(why.contains(told) && why.contains("template_ids"), "{why}");
        assert_eq!(request, None, "nothing was sent");
    }
}

#[test]
fn settings_and_texts_show_before_the_first_order_what_would_wait() {
    let words = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect();
    let texts = Texts {
        words: [
            ("remind_1".to_owned(), words(&["客户", "name"])),
            ("remind_2".to_owned(), words(&["逾期金额", "overdue"])),
        ]
        .into(),
        used: [(Channel::Sms, "remind_1".to_owned())].into(),
    };
    let table = [
        ("", vec![]),
        ("remind_1 = SMS_1: a=客户", vec![]),
        ("remind_1 ＝ SMS_1： a＝name、b=客户\nremind_2 = SMS_2: overdue", vec![]),
        ("remind_1 = SMS_1: name=客胡", vec!["客胡"]),
        ("remind_1 = SMS_1: a=逾期金额, b=客户", vec!["逾期金额"]),
        ("remind_2 = SMS_2", vec!["remind_1"]),
        ("remind_9 = SMS_9", vec!["remind_1", "templates/remind_9.txt"]),
        ("remind_1 = SMS_1\nremind_2 = SMS_2: x=客户", vec!["客户"]),
    ];
    for (ids, wanted) in table {
        let given = json!({ "sms": {
            "gateway": "http", "url": "http://127.0.0.1/", "ok_pointer": "/code",
            "template_ids": ids,
        } });
        let given = given.as_object().unwrap();
        let remind = Remind::new(given, Path::new("/nonexistent")).unwrap();
        let found = remind.lacks(&texts);
        assert_eq!(found.len(), wanted.len(), "{ids}: {found:?}");
        for (found, word) in found.iter().zip(wanted) {
            assert!(
                found.say.zh.contains(word) && found.say.en.contains(word),
                "{found:?}"
            );
            let slip = !word.contains("remind");
            assert_eq!((found.channel, found.grave), (Some(Channel::Sms), slip));
        }
    }
}

#[tokio::test]
async fn a_token_has_no_mark_in_front_and_no_second_line() {
    let site = tempfile::tempdir().unwrap();
    let given =
        json!({ "token_file": "token", "headers": "Authorization: Bearer {{ token }}" });
    fs::write(site.path().join("token"), "\u{feff}first-secret\r\n").unwrap();
    let (sent, seen) = request(site.path(), &given).await;
    sent.unwrap();
    assert_eq!(headers(&seen.unwrap())["authorization"], "Bearer first-secret");
    fs::write(site.path().join("token"), "first-secret\nsecond line\n").unwrap();
    let (sent, seen) = request(site.path(), &given).await;
    let Err(DeliveryError::Channel(why)) = sent else { panic!("{sent:?}") };
    assert!(why.contains("token_file") && seen.is_none(), "{why}");
    assert!(!why.contains("second"), "{why}");
}

#[tokio::test]
async fn a_signature_can_be_made_again_by_the_far_side() {
    let site = tempfile::tempdir().unwrap();
    fs::write(site.path().join("secret"), "not-a-real-secret\n").unwrap();
    let signed = json!({
        "sign_secret_file": "secret",
        "sign_text": "{{ method }}\n{{ path }}\n{{ timestamp }}\n{{ nonce }}\n{{ body }}",
        "headers": "X-Timestamp: {{ timestamp }}\nX-Nonce: {{ nonce }}\nX-Signature: v1={{ signature }}",
    });
    let (sent, first) = request(site.path(), &signed).await;
    sent.unwrap();
    let first = first.unwrap();
    let given = headers(&first);
    let text = format!(
        "POST\n/v1/send\n{}\n{}\n{}",
        given["x-timestamp"],
        given["x-nonce"],
        body(&first)
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(b"not-a-real-secret").unwrap();
    mac.update(text.as_bytes());
    let expected = format!("v1={}", hex::encode(mac.finalize().into_bytes()));
    assert_eq!(given["x-signature"], expected);
    let (_, second) = request(site.path(), &signed).await;
    assert_ne!(headers(&second.unwrap())["x-nonce"], given["x-nonce"], "used once");
}

#[tokio::test]
async fn a_secret_is_read_when_it_is_used_and_a_missing_one_stops_the_channel() {
    let site = tempfile::tempdir().unwrap();
    let token = site.path().join("token");
    let with_token =
        json!({ "token_file": "token", "headers": "Authorization: Bearer {{ token }}" });
    let (sent, seen) = request(site.path(), &with_token).await;
    let Err(DeliveryError::Channel(why)) = sent else { panic!("{sent:?}") };
    assert!(why.contains("token_file") && seen.is_none(), "{why}");
    for secret in ["first-secret", "second-secret"] {
        fs::write(&token, format!("{secret}\n")).unwrap();
        let (sent, seen) = request(site.path(), &with_token).await;
        sent.unwrap();
        assert_eq!(headers(&seen.unwrap())["authorization"], format!("Bearer {secret}"));
    }
}

#[test]
fn the_administrator_is_told_of_secrets_that_others_can_read() {
    let site = tempfile::tempdir().unwrap();
    let token = site.path().join("token");
    fs::write(&token, "first-secret").unwrap();
    let told = |mode: u32, headers: &str| {
        fs::set_permissions(&token, fs::Permissions::from_mode(mode)).unwrap();
        let given = json!({ "sms": {
            "gateway": "http", "url": "http://127.0.0.1/", "ok_pointer": "/code",
            "token_file": "token", "headers": headers,
        } });
        let remind = Remind::new(given.as_object().unwrap(), site.path()).unwrap();
        let concerns = remind.concerns();
        let all: Vec<String> =
            concerns.into_iter().map(|concern| concern.say.en).collect();
        all.join("\n")
    };
    let tidy = "Authorization: Bearer {{ token }}";
    assert_eq!(told(0o600, tidy), "");
    assert!(told(0o604, tidy).contains("chmod 600"));
    let bare = "Authorization: Bearer {{ token }}\nX-Api-Key: first-secret";
    let told = told(0o600, bare);
    assert!(told.contains("x-api-key") || told.contains("X-Api-Key"), "{told}");
    assert!(!told.contains("first-secret"), "{told}");
}

#[tokio::test]
async fn a_person_can_try_the_gateway_with_a_message_of_the_house() {
    let gateway = Gateway::that_always(Reply::taken());
    let address = gateway.address();
    let given = json!({ "sms": {
        "gateway": "http", "url": format!("http://{address}/send"), "ok_pointer": "/code",
    } });
    let remind =
        Remind::new(given.as_object().unwrap(), Path::new("/nonexistent")).unwrap();
    let trial = remind.try_channel(Channel::Sms, "19900000001", "t1").await;
    assert_eq!((trial.class(), trial.status), ("accepted", Some(200)), "{trial:?}");
    let request = gateway.heard().remove(0);
    let body: Value = serde_json::from_str(request.body()).unwrap();
    assert_eq!(body["to"], "19900000001");
    assert!(body["text"].as_str().unwrap().contains("测试"), "{body}");
    assert!(remind.try_channel(Channel::Visit, "x", "t2").await.answer.is_err());
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_stops_the_channel() {
    // A far side that answers the greeting of TLS with something else.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(stream.read(&mut [0_u8; 4096]).await);
            drop(stream.write_all(b"HTTP/1.1 400 Bad\r\n\r\n").await);
        }
    });
    let given = json!({ "sms": {
        "gateway": "http", "url": format!("https://{address}/send"), "ok_pointer": "/code",
    } });
    // A machine without root certificates is told so in another test.
    let Ok(remind) = Remind::new(given.as_object().unwrap(), Path::new("/nonexistent"))
    else {
        return;
    };
    let sent = remind.carry_out(&sms(), None).await;
    assert!(matches!(sent, Err(DeliveryError::Channel(_))), "{sent:?}");
}

#[test]
fn a_secret_that_is_not_there_is_named_by_its_file() {
    let site = tempfile::tempdir().unwrap();
    let given = json!({ "sms": {
        "gateway": "http", "url": "http://127.0.0.1/", "ok_pointer": "/code",
        "token_file": "sms.token", "headers": "Authorization: Bearer {{ token }}",
    } });
    let remind = Remind::new(given.as_object().unwrap(), site.path()).unwrap();
    let concerns = remind.concerns();
    assert_eq!(concerns.len(), 1, "{concerns:?}");
    for told in [&concerns[0].say.zh, &concerns[0].say.en] {
        assert!(told.contains("sms.token") && told.contains("chmod 600"), "{told}");
    }
    fs::write(site.path().join("sms.token"), "first-secret").unwrap();
    fs::set_permissions(site.path().join("sms.token"), fs::Permissions::from_mode(0o600))
        .unwrap();
    assert_eq!(remind.concerns(), [], "it counts at once");
}
