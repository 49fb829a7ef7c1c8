//! What an administrator can set for a gateway (网关设置); the same for every channel.

use domain::manifest::{ArgKind, Setting, Text, text};

/// The body of a request when the settings say nothing.
pub(crate) const DEFAULT_BODY: &str =
    r#"{"key": {{ key }}, "to": {{ to }}, "name": {{ name }}, "text": {{ text }}}"#;

const fn setting(
    name: &'static str,
    kind: ArgKind,
    default: &'static str,
    doc: Text,
) -> Setting {
    Setting { name, kind, default, doc }
}

/// The gateway of a channel has the same settings, whatever the channel.
macro_rules! gateway_settings {
    ($($channel:literal),*) => { &[$(
        setting(concat!($channel, ".gateway"), ArgKind::Choice(&["spool", "http"]), "\"spool\"", text(
            "网关:spool 写入站点的 spool 文件夹,http 调用接口",
            "spool writes files below the site's spool folder, http calls an interface",
        )),
        setting(concat!($channel, ".url"), ArgKind::Text, "\"\"", text(
            "接口地址,http 网关必填", "address of the interface; needed for http",
        )),
        setting(concat!($channel, ".method"), ArgKind::Choice(&["POST", "PUT"]), "\"POST\"", text(
            "请求方法", "request method",
        )),
        setting(concat!($channel, ".headers"), ArgKind::Text, "\"\"", text(
            "附加请求头,每行一个 `名称: 值`,值里可用 {{ token }} {{ signature }} {{ timestamp }} {{ timestamp_ms }} {{ time_utc }} {{ nonce }} {{ key }};幂等键总以 Idempotency-Key 送出",
            "further headers, one `Name: value` a line, with {{ token }} {{ signature }} {{ timestamp }} {{ timestamp_ms }} {{ time_utc }} {{ nonce }} {{ key }}; the key always goes as Idempotency-Key",
        )),
        setting(concat!($channel, ".body_format"), ArgKind::Choice(&["json", "form"]), "\"json\"", text(
            "请求体的格式:json,或 form(表单,body 每行一个 `名称=值`)",
            "format of the body: json, or form with one `name=value` a line in body",
        )),
        setting(
            concat!($channel, ".body"),
            ArgKind::Text,
            "\"{\\\"key\\\": {{ key }}, \\\"to\\\": {{ to }}, \\\"name\\\": {{ name }}, \\\"text\\\": {{ text }}}\"",
            text(
                "请求体模板,json 的结果必须是 JSON,值自动加引号或转码。可用:key to name text case_no template verb channel role states_fen registered attempts day,template_id params param_values params_json,token signature timestamp timestamp_ms time_utc nonce",
                "template of the body; json must make JSON, values are quoted or escaped by themselves. Known: key to name text case_no template verb channel role states_fen registered attempts day, template_id params param_values params_json, token signature timestamp timestamp_ms time_utc nonce",
            ),
        ),
        setting(concat!($channel, ".template_ids"), ArgKind::Text, "\"\"", text(
            "已向通道报备的模板,每行一个 `我方模板 = 对方编号: 参数=词, …`,例如 `remind_1 = SMS_154950909: name=客户, amount=逾期金额`;在 body 中用 template_id 和 params(对象)、param_values(数组)、params_json(文字)",
            "wordings that the far side keeps, one `our template = their number: parameter=word, …` a line, as `remind_1 = SMS_154950909: name=客户, amount=逾期金额`; body then uses template_id and params (object), param_values (array) or params_json (text)",
        )),
        setting(concat!($channel, ".token_file"), ArgKind::Text, "\"\"", text(
            "放 {{ token }} 的文件,从站点目录算起;只让守护进程的用户可读(chmod 600)",
            "the file that holds {{ token }}, from the site's folder; readable for the daemon's user alone (chmod 600)",
        )),
        setting(concat!($channel, ".token_env"), ArgKind::Text, "\"\"", text(
            "放 {{ token }} 的环境变量名", "the environment variable that holds {{ token }}",
        )),
        setting(concat!($channel, ".sign_secret_file"), ArgKind::Text, "\"\"", text(
            "签名密钥的文件,从站点目录算起", "the file with the secret for signing, from the site's folder",
        )),
        setting(concat!($channel, ".sign_secret_env"), ArgKind::Text, "\"\"", text(
            "签名密钥的环境变量名", "the environment variable with the secret for signing",
        )),
        setting(concat!($channel, ".sign_text"), ArgKind::Text, "\"{{ timestamp }}\\n{{ nonce }}\\n{{ body }}\"", text(
            "以 HMAC-SHA256 签名的内容,可用 timestamp timestamp_ms time_utc nonce method path body token 和 body 的词",
            "what is signed with HMAC-SHA256; knows timestamp timestamp_ms time_utc nonce method path body token and the words of body",
        )),
        setting(concat!($channel, ".sign_encoding"), ArgKind::Choice(&["hex", "base64"]), "\"hex\"", text(
            "签名的写法", "how the signature is written",
        )),
        setting(concat!($channel, ".timeout_s"), ArgKind::Count, "10", text(
            "等待应答的秒数,1–120", "seconds to wait for the answer, 1 to 120",
        )),
        setting(concat!($channel, ".at_once"), ArgKind::Count, "8", text(
            "同时在途的请求数,1–64", "requests on their way at once, 1 to 64",
        )),
        setting(concat!($channel, ".per_second"), ArgKind::Count, "20", text(
            "每秒最多送出的条数,0 为不限", "messages a second at most; 0 is no limit",
        )),
        setting(concat!($channel, ".probe_after_s"), ArgKind::Count, "30", text(
            "渠道停下后多少秒用一条指令试探,每次加倍,最长 15 分钟;1–3600",
            "seconds until a stopped channel is tried with one order, twice as many each time, at most 15 minutes; 1 to 3600",
        )),
        setting(concat!($channel, ".ok_statuses"), ArgKind::Text, "\"200-299\"", text(
            "表示成功的状态码,逗号分隔,可写范围;含 200 时须写 ok_pointer",
            "statuses that mean success, with commas and ranges; with 200 among them ok_pointer is needed",
        )),
        setting(concat!($channel, ".answer"), ArgKind::Choice(&["json", "text"]), "\"json\"", text(
            "应答的格式:json,或 text(如 `0,20261128093001`,第一个词是应答码,第二个是流水号)",
            "format of the answer: json, or text such as `0,20261128093001`, whose first word is the code and the second the reference",
        )),
        setting(concat!($channel, ".ok_pointer"), ArgKind::Text, "\"\"", text(
            "json 应答中应答码的位置(JSON 指针,如 /code)",
            "where a json answer holds its code (JSON pointer, such as /code)",
        )),
        setting(concat!($channel, ".ok_value"), ArgKind::Text, "\"0\"", text(
            "表示已受理的应答码,逗号分隔", "codes that mean taken, with commas",
        )),
        setting(concat!($channel, ".retry_values"), ArgKind::Text, "\"\"", text(
            "表示“忙,可稍后重试”的应答码,逗号分隔", "codes that mean `busy, try later`, with commas",
        )),
        setting(concat!($channel, ".number_values"), ArgKind::Text, "\"\"", text(
            "表示“这个号码不行”(空号、黑名单)的应答码,逗号分隔;只有它们使指令失败(`failed`)",
            "codes that mean `not this number` (unassigned, blocked), with commas; they alone fail an order (`failed`)",
        )),
        setting(concat!($channel, ".number_statuses"), ArgKind::Text, "\"\"", text(
            "表示“这个号码不行”的状态码,例如 422", "statuses that mean `not this number`, for example 422",
        )),
        setting(concat!($channel, ".account_values"), ArgKind::Text, "\"\"", text(
            "表示“本机构账户有问题”(余额不足、签名未报备、IP 不在白名单)的应答码,逗号分隔;渠道停下等人处理,指令保留。未列出的应答码不会使指令失败,会重试并提示",
            "codes that mean `not this institution` (no credit, unknown sender, address not allowed), with commas; the channel stops for a person and keeps its orders. A code in no list fails no order: it is tried again and shown",
        )),
        setting(concat!($channel, ".reference_pointer"), ArgKind::Text, "\"\"", text(
            "应答中对方流水号的位置(JSON 指针,如 /data/msgid)",
            "where the answer holds the far side's number (JSON pointer, such as /data/msgid)",
        )),
        setting(concat!($channel, ".query_url"), ArgKind::Text, "\"\"", text(
            "按幂等键查询是否已受理的地址,含 {{ key }};404 表示没有。信件的 http 网关必填",
            "asks whether a key arrived, with {{ key }}; 404 means no. Needed for letters over http",
        )),
    )*] };
}

/// The settings of all gateways.
pub(crate) const SETTINGS: &[Setting] = gateway_settings!("sms", "wechat", "letter");
