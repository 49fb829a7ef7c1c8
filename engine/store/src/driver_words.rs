//! What the driver and the server say of a connection, in Chinese (数据库报错译文): both
//! speak English alone, and an administrator reads neither.

/// What is said, with `*` for the words that it names, and the same in Chinese.
const SAID: &[(&str, &str)] = &[
    ("Connection refused", "连接被拒绝(服务器没有运行,或端口不对)"),
    ("Connection reset by peer", "连接被对方断开"),
    ("Broken pipe", "连接已断开"),
    ("No route to host", "到不了这台主机(网络不通)"),
    ("Network is unreachable", "网络不通"),
    ("timed out", "等待超时"),
    ("failed to lookup address information", "查不到这个主机名"),
    ("expected to read * bytes, got * bytes at EOF", "连接被对方断开"),
    ("unexpected end of file", "连接被对方断开"),
    ("database \"*\" does not exist", "没有名为 * 的库"),
    ("role \"*\" does not exist", "没有名为 * 的用户"),
    ("role \"*\" is not permitted to log in", "用户 * 不许登录"),
    ("password authentication failed for user \"*\"", "用户 * 的口令不对"),
    (
        "Peer authentication failed for user \"*\"",
        "用户 * 与操作系统的登录用户不符(peer)",
    ),
    (
        "no pg_hba.conf entry for host \"*\", user \"*\", database \"*\"",
        "pg_hba.conf 不许主机 * 的用户 * 连接库 *",
    ),
    ("permission denied for *", "对 * 没有权限"),
    ("must be owner of *", "不是 * 的所有者"),
    ("the database system is starting up", "服务器正在启动"),
    ("the database system is shutting down", "服务器正在停止"),
    ("the database system is in recovery mode", "服务器正在恢复"),
    ("terminating connection due to administrator command", "服务器的管理员断开了连接"),
    ("sorry, too many clients already", "服务器的连接数已满"),
    ("remaining connection slots are reserved", "服务器的连接数已满"),
];

/// What stands before the cause and says no more than that it is one.
const HEADS: &[&str] =
    &["error communicating with database: ", "error returned from database: "];

/// A text of the driver with what is known of it in Chinese; the rest stays as it is.
///
/// ```ignore
/// assert_eq!(chinese("database \"coop\" does not exist"), "没有名为 coop 的库");
/// ```
pub(crate) fn chinese(told: &str) -> String {
    let mut told = told.to_owned();
    for head in HEADS {
        told = told.replace(head, "");
    }
    for (english, chinese) in SAID {
        if let Some((from, to, named)) = found(&told, english) {
            let mut text = (*chinese).to_owned();
            for name in named {
                text = text.replacen('*', &name, 1);
            }
            told.replace_range(from..to, &text);
            return told;
        }
    }
    told
}

/// Where a text says something, and the words that it names there.
fn found(text: &str, said: &str) -> Option<(usize, usize, Vec<String>)> {
    let mut parts = said.split('*');
    let first = parts.next()?;
    let from = text.find(first)?;
    let (mut at, mut named) = (from + first.len(), Vec::new());
    for part in parts {
        let rest = &text[at..];
        let end = if part.is_empty() { rest.len() } else { rest.find(part)? };
        named.push(rest[..end].to_owned());
        at += end + part.len();
    }
    Some((from, at, named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_and_drivers_commonly_say_is_told_in_chinese() {
        let table = [
            (
                "127.0.0.1:5432/coop: error communicating with database: Connection refused (os error 111)",
                "127.0.0.1:5432/coop: 连接被拒绝(服务器没有运行,或端口不对) (os error 111)",
            ),
            ("database \"nodb\" does not exist", "没有名为 nodb 的库"),
            ("h: role \"nobody\" does not exist", "h: 没有名为 nobody 的用户"),
            (
                "no pg_hba.conf entry for host \"10.0.0.1\", user \"u\", database \"d\", no encryption",
                "pg_hba.conf 不许主机 10.0.0.1 的用户 u 连接库 d, no encryption",
            ),
            ("permission denied for schema public", "对 schema public 没有权限"),
            ("what nobody has seen", "what nobody has seen"),
        ];
        for (told, said) in table {
            assert_eq!(chinese(told), said);
        }
    }
}
