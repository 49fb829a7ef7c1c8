//! The outgoing tray (发件目录) that every plugin may write to when no gateway is set up.
//!
//! One file a message, named by the idempotency key, and one log of every call.
//! The log is written first: whoever counts calls after a crash finds every one.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use domain::manifest::Channel;
use domain::order::{Order, Recipient};
use domain::phone;
use domain::tongues::both;
use serde_json::{Value, json};

use crate::plain;
use crate::plugin::{DeliveryError, Receipt};

pub mod clearing;

/// The folder `spool` of a site: `spool/<channel>/<key>.json` and `spool/calls.log`.
///
/// Folders are made with mode 0700 and files with mode 0600, for the messages
/// carry names and telephone numbers. The log carries neither.
#[derive(Clone, Debug)]
pub struct Spool {
    root: PathBuf,
    /// Nothing of it may be sent on.
    rehearsal: bool,
}

impl Spool {
    /// The tray of a site. Nothing is made before the first message.
    pub fn of_site(site: &Path) -> Self {
        Self { root: site.join("spool"), rehearsal: false }
    }

    /// Where a rehearsal lays its messages aside: `rehearsal` instead of `spool`,
    /// each marked as not to be sent.
    pub fn of_rehearsal(site: &Path) -> Self {
        Self { root: site.join("rehearsal"), rehearsal: true }
    }

    fn name(&self) -> &'static str {
        if self.rehearsal { "rehearsal" } else { "spool" }
    }

    /// Hands over one message: appends the call to `calls.log`, then writes the
    /// message unless a file with its key is there already. Both are on disk
    /// when this returns. A second call with the same key is logged with
    /// `"repeat":true` and writes nothing, so that the tray honours keys.
    ///
    /// # Errors
    ///
    /// [`DeliveryError::Refused`] when the person has no number or address for
    /// the channel, the order has no text, or its key cannot name a file;
    /// [`DeliveryError::Retry`] when the disk refuses to write. Then no file
    /// with the key is there.
    pub async fn put(&self, order: &Order) -> Result<Receipt, DeliveryError> {
        let (call, receipt) = self.call(order)?;
        let root = self.root.clone();
        let mut made = on_disk(move || Ok(make_all(&root, vec![call]))).await?;
        made.pop().unwrap_or(Ok(())).map_err(unwritable)?;
        Ok(receipt)
    }

    /// [`Self::put`] for several messages, answered in their order: the disk is
    /// waited for once for all calls and once for all messages.
    pub async fn put_all(
        &self,
        orders: &[&Order],
    ) -> Vec<Result<Receipt, DeliveryError>> {
        let mut calls = Vec::with_capacity(orders.len());
        let mut answers = Vec::with_capacity(orders.len());
        for order in orders {
            let call = self.call(order);
            answers.push(call.map(|(call, receipt)| {
                calls.push(call);
                receipt
            }));
        }
        let root = self.root.clone();
        let made = on_disk(move || Ok(make_all(&root, calls))).await;
        let mut made = made.map(Vec::into_iter);
        let mut next = || match &mut made {
            Ok(made) => made.next().unwrap_or(Ok(())).map_err(unwritable),
            Err(error) => Err(error.clone()),
        };
        answers
            .into_iter()
            .map(|answer| answer.and_then(|it| next().map(|()| it)))
            .collect()
    }

    fn call(&self, order: &Order) -> Result<(Call, Receipt), DeliveryError> {
        let channel = channel_of(order)?;
        if !is_file_name(&order.idempotency_key) {
            return Err(DeliveryError::Refused("幂等键不能用作文件名".to_owned()));
        }
        let mut message = message(order, channel)?;
        if self.rehearsal {
            message["rehearsal"] = json!("演练,不得寄出 / rehearsal, not to be sent");
        }
        let (key, name) = (&order.idempotency_key, self.name());
        let reference = format!("{name}/{}/{key}.json", channel.as_str());
        let (path, line) = (self.path(channel, key), call_line(order, channel));
        let receipt = Receipt { reference, amount: order.states_amount };
        Ok((Call { path, line, message }, receipt))
    }

    /// Whether a message with this key lies in the tray of any channel.
    ///
    /// # Errors
    ///
    /// [`DeliveryError::Retry`] when the folder cannot be read.
    pub async fn find(&self, key: &str) -> Result<Option<Receipt>, DeliveryError> {
        if !is_file_name(key) {
            return Ok(None);
        }
        let places = Channel::ALL.map(|it| {
            (self.path(it, key), format!("{}/{}/{key}.json", self.name(), it.as_str()))
        });
        on_disk(move || {
            for (path, reference) in places {
                if path.try_exists()? {
                    return Ok(Some(Receipt { reference, amount: None }));
                }
            }
            Ok(None)
        })
        .await
    }

    fn path(&self, channel: Channel, key: &str) -> PathBuf {
        self.root.join(channel.as_str()).join(format!("{key}.json"))
    }
}

/// What the channel needs to reach the person: a number, an account, an address.
///
/// # Errors
///
/// [`DeliveryError::Refused`] when nothing of the kind is on record; a landline
/// takes no text messages.
pub fn contact_point(to: &Recipient, channel: Channel) -> Result<&str, DeliveryError> {
    let number = to.phone.as_deref().and_then(phone::first);
    if channel == Channel::Sms && number.is_some_and(|number| !number.takes_texts()) {
        return Err(DeliveryError::Refused("登记的不是手机号码".to_owned()));
    }
    let (point, missing) = match channel {
        Channel::Phone | Channel::Sms => (&to.phone, "没有登记电话号码"),
        Channel::WechatWork => (&to.wechat, "没有绑定微信"),
        Channel::LetterPost | Channel::LetterHand | Channel::Visit => {
            (if to.address.is_some() { &to.address } else { &to.village }, "没有登记地址")
        }
    };
    point
        .as_deref()
        .filter(|point| !point.trim().is_empty())
        .ok_or_else(|| DeliveryError::Refused(missing.to_owned()))
}

/// One call of the tray, with all that it writes.
struct Call {
    path: PathBuf,
    line: Value,
    message: Value,
}

/// Messages that are written side by side: a disk that is asked by several at once
/// answers all of them together.
const AT_ONCE: usize = 16;

/// Makes calls, and answers for each whether its message lies there; without their
/// lines in the log none is written.
fn make_all(root: &Path, mut calls: Vec<Call>) -> Vec<io::Result<()>> {
    match log_all(root, &mut calls) {
        Ok(()) => {}
        Err(error) if calls.len() < 2 => return vec![Err(error)],
        // One channel's folder may be at fault, and the others not.
        Err(_) => {
            return calls
                .into_iter()
                .flat_map(|call| make_all(root, vec![call]))
                .collect();
        }
    }
    let portion = calls.len().div_ceil(AT_ONCE).max(1);
    let write = |calls: &[Call]| calls.iter().map(Call::write).collect::<Vec<_>>();
    let mut written: Vec<io::Result<()>> = if calls.len() == 1 {
        write(&calls)
    } else {
        std::thread::scope(|scope| {
            let parts: Vec<_> =
                calls.chunks(portion).map(|it| scope.spawn(move || write(it))).collect();
            let broken = || Err(io::Error::other("the disk's thread has died"));
            let parts = parts.into_iter().zip(calls.chunks(portion));
            let ended = parts.flat_map(|(part, calls)| {
                part.join().unwrap_or_else(|_| calls.iter().map(|_| broken()).collect())
            });
            ended.collect()
        })
    };
    let folders: BTreeSet<&Path> =
        calls.iter().filter_map(|call| call.path.parent()).collect();
    let synced =
        folders.into_iter().try_for_each(|folder| File::open(folder)?.sync_all());
    if let Err(error) = synced {
        // What was renamed may not last: each is tried again under its key.
        written.fill_with(|| Err(error.kind().into()));
    }
    written
}

/// Writes the lines of all calls, marking those whose message is there already.
fn log_all(root: &Path, calls: &mut [Call]) -> io::Result<()> {
    refuse_link(root)?;
    let mut keys = BTreeSet::new();
    let mut lines = String::new();
    for call in calls {
        make_folder(call.path.parent().unwrap_or(root))?;
        let repeat = !keys.insert(call.path.clone()) || call.path.try_exists()?;
        call.line["repeat"] = Value::Bool(repeat);
        lines.push_str(&call.line.to_string());
        lines.push('\n');
    }
    append(&root.join("calls.log"), &lines)
}

impl Call {
    fn write(&self) -> io::Result<()> {
        if self.line["repeat"] == Value::Bool(true) {
            return Ok(());
        }
        write_whole(&self.path, &self.message)
    }
}

fn channel_of(order: &Order) -> Result<Channel, DeliveryError> {
    order.channel.ok_or_else(|| {
        DeliveryError::Refused(format!("`{}` 没有渠道,无法投递", order.verb))
    })
}

fn message(order: &Order, channel: Channel) -> Result<Value, DeliveryError> {
    let to = order
        .recipient
        .as_ref()
        .ok_or_else(|| DeliveryError::Refused("没有收件人".to_owned()))?;
    let text = order
        .text
        .as_deref()
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| DeliveryError::Refused("没有正文".to_owned()))?;
    let point_name = match channel {
        Channel::Phone | Channel::Sms => "phone",
        Channel::WechatWork => "wechat",
        Channel::LetterPost | Channel::LetterHand | Channel::Visit => "address",
    };
    Ok(json!({
        "format_version": 1,
        "key": order.idempotency_key,
        "channel": channel.as_str(),
        "verb": order.verb,
        "template": order.arg("template"),
        "case_no": order.case_no,
        "day": order.today.to_string(),
        "to": { "name": to.name, "role": to.role.as_str(), point_name: contact_point(to, channel)? },
        "text": text,
        "states_fen": order.states_amount.map(|states_amount| states_amount.0),
        "registered": order.args.get("registered"),
        "attempts": order.attempts,
    }))
}

fn call_line(order: &Order, channel: Channel) -> Value {
    json!({
        "key": order.idempotency_key,
        "verb": order.verb,
        "channel": channel.as_str(),
        "class": order.delivery.as_str(),
        "order": order.id.to_string(),
        "day": order.today.to_string(),
        "attempts": order.attempts,
        "pid": std::process::id(),
    })
}

/// A key is a hash in hex; anything that could leave the folder is refused.
fn is_file_name(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 128
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, DeliveryError> {
    let done = match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(io::Error::other(error)),
    };
    done.map_err(unwritable)
}

#[expect(clippy::needless_pass_by_value, reason = "it stands where an error is turned")]
fn unwritable(error: io::Error) -> DeliveryError {
    // What the system says itself may name a path.
    let why =
        error.get_ref().map_or_else(|| error.kind().to_string(), ToString::to_string);
    let reason = both(
        &format!("发件目录无法写入({why})"),
        &format!("the spool cannot be written to ({why})"),
    );
    match error.kind() {
        // No order fares better until a person has mended it, and nothing has left.
        ErrorKind::PermissionDenied
        | ErrorKind::NotADirectory
        | ErrorKind::ReadOnlyFilesystem => DeliveryError::Channel(reason),
        _ => DeliveryError::Retry { reason, after_s: None },
    }
}

/// Makes a folder for its owner alone. A link in its place is not followed: what is
/// written would lie where others read it.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    refuse_link(folder)?;
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Appends whole lines.
fn append(path: &Path, lines: &str) -> io::Result<()> {
    if lines.is_empty() { Ok(()) } else { append_lines(path, lines, true) }
}

/// Appends whole lines, each with its end, and syncs them when asked to.
pub(crate) fn append_lines(path: &Path, lines: &str, on_disk: bool) -> io::Result<()> {
    let is_new = !path.try_exists()?;
    refuse_link(path)?;
    let mut options = OpenOptions::new();
    let options = options.read(true).append(true).create(true).mode(0o600);
    let mut log = plain::open_with(options, path)?;
    // One write, so that lines of two daemons never mix; a tail torn by a
    // power cut is closed off first.
    let whole =
        if ends_torn(&mut log)? { format!("\n{lines}") } else { lines.to_owned() };
    log.write_all(whole.as_bytes())?;
    if on_disk {
        log.sync_data()?;
    }
    if is_new && on_disk { sync_folder_of(path) } else { Ok(()) }
}

/// A link in the place of a file or folder would have any other one written to.
fn refuse_link(path: &Path) -> io::Result<()> {
    if !is_link(path) {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().display();
    let told = format!("{name} 是链接,不写出去 / it is a link, which is not followed");
    Err(io::Error::new(ErrorKind::PermissionDenied, told))
}

/// Whether a link lies there; what it leads to is another matter.
pub fn is_link(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink())
}

fn ends_torn(log: &mut File) -> io::Result<bool> {
    if log.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0_u8];
    log.seek(SeekFrom::End(-1))?;
    log.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Writes beside the place, then renames: a reader sees the whole message or none.
/// Whoever calls it sees to it that the folder lasts.
fn write_whole(path: &Path, message: &Value) -> io::Result<()> {
    let beside = path.with_extension(format!("json.part{}", std::process::id()));
    refuse_link(&beside)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    let mut text = serde_json::to_vec_pretty(message)?;
    text.push(b'\n');
    let written = file.write_all(&text).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| fs::rename(&beside, path)) {
        // The part is worth nothing; the first error is the one to tell.
        drop(fs::remove_file(&beside));
        return Err(error);
    }
    Ok(())
}

pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use domain::ids::{CaseId, InstanceId, OrderId, PartyId};
    use domain::manifest::{Act, DeliveryClass};
    use domain::money::Fen;
    use domain::party::Role;
    use jiff::civil::date;
    use serde_json::Map;

    use super::*;

    fn sms(key: &str) -> Order {
        Order {
            id: OrderId(7),
            case_id: CaseId(1),
            case_no: "K-1".to_owned(),
            instance_id: Some(InstanceId(2)),
            verb: "sms".to_owned(),
            delivery: DeliveryClass::AtLeastOnce,
            channel: Some(Channel::Sms),
            act: Act::Demand,
            second_person: false,
            requested_by: "workflow:remind".to_owned(),
            collector: None,
            recipient: Some(Recipient {
                id: PartyId(3),
                role: Role::Borrower,
                name: "虚构甲".to_owned(),
                phone: Some("19900000001".to_owned()),
                wechat: None,
                address: None,
                village: None,
                guarantee: None,
            }),
            args: Map::new(),
            text: Some("您有一笔款项到期".to_owned()),
            words: std::collections::BTreeMap::new(),
            states_amount: Some(Fen(500)),
            idempotency_key: key.to_owned(),
            attempts: 0,
            today: date(2026, 3, 2),
        }
    }

    fn calls(site: &Path) -> Vec<Value> {
        fs::read_to_string(site.join("spool/calls.log"))
            .unwrap()
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    #[tokio::test]
    async fn a_link_in_the_place_of_a_folder_is_not_followed_and_nothing_behind_it_goes()
    {
        for name in ["spool", "spool/sms"] {
            let (site, elsewhere) =
                (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let link = site.path().join(name);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(elsewhere.path(), &link).unwrap();
            let theirs = if name == "spool" { "sms/a.json" } else { "a.json" };
            let theirs = elsewhere.path().join(theirs);
            fs::create_dir_all(theirs.parent().unwrap()).unwrap();
            fs::write(&theirs, "{}").unwrap();
            let spool = Spool::of_site(site.path());
            let refused = spool.put(&sms("k1")).await.unwrap_err();
            assert!(refused.to_string().contains("链接"), "{name}: {refused}");
            let written = fs::metadata(&theirs).unwrap().modified().unwrap();
            let later = written + std::time::Duration::from_mins(1);
            assert_eq!(spool.messages_before(later, 9).unwrap(), [], "{name}");
            let far = date(2900, 1, 1);
            assert!(!spool.put_log_aside(far, far).unwrap());
            assert!(theirs.exists());
        }
    }

    #[tokio::test]
    async fn many_messages_lie_there_each_logged_once_and_one_fault_keeps_no_other() {
        let site = tempfile::tempdir().unwrap();
        let spool = Spool::of_site(site.path());
        spool.put(&sms("k03")).await.unwrap();
        let mut orders: Vec<Order> = (0..50).map(|n| sms(&format!("k{n:02}"))).collect();
        orders[7].text = None;
        orders[8].idempotency_key = "../k08".to_owned();
        let answers = spool.put_all(&orders.iter().collect::<Vec<_>>()).await;
        for (n, answer) in answers.iter().enumerate() {
            let file = site.path().join(format!("spool/sms/k{n:02}.json"));
            if n == 7 || n == 8 {
                assert!(matches!(answer, Err(DeliveryError::Refused(_))), "{n}");
                assert!(!file.exists(), "{n}");
                continue;
            }
            let receipt = answer.as_ref().unwrap();
            assert_eq!(receipt.reference, format!("spool/sms/k{n:02}.json"));
            let text = fs::read_to_string(file).unwrap();
            assert!(text.contains(&format!("\"k{n:02}\"")), "{text}");
        }
        let log = fs::read_to_string(site.path().join("spool/calls.log")).unwrap();
        let lines: Vec<Value> =
            log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 49);
        let repeated: Vec<&Value> = lines
            .iter()
            .filter(|line| line["repeat"] == true)
            .map(|line| &line["key"])
            .collect();
        assert_eq!(repeated, ["k03"]);
        let left = fs::read_dir(site.path().join("spool/sms")).unwrap().count();
        assert_eq!(left, 48, "no part of a message is left behind");
    }

    #[tokio::test]
    async fn a_repeat_is_logged_and_the_message_stands_once() {
        let site = tempfile::tempdir().unwrap();
        let spool = Spool::of_site(site.path());
        assert_eq!(spool.find("abc").await.unwrap(), None);
        let receipt = spool.put(&sms("abc")).await.unwrap();
        assert_eq!(receipt.reference, "spool/sms/abc.json");
        let path = site.path().join(&receipt.reference);
        let first = fs::read_to_string(&path).unwrap();
        let again = Order { attempts: 1, ..sms("abc") };
        assert_eq!(spool.put(&again).await.unwrap(), receipt);
        assert_eq!(fs::read_to_string(&path).unwrap(), first);
        assert_eq!(fs::read_dir(site.path().join("spool/sms")).unwrap().count(), 1);
        let calls = calls(site.path());
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0]["repeat"], false);
        assert_eq!(
            (&calls[1]["repeat"], &calls[1]["attempts"]),
            (&json!(true), &json!(1))
        );
        assert!(spool.find("abc").await.unwrap().is_some());
    }

    #[tokio::test]
    async fn the_log_names_nobody_and_the_files_are_for_the_owner_alone() {
        let site = tempfile::tempdir().unwrap();
        let receipt = Spool::of_site(site.path()).put(&sms("abc")).await.unwrap();
        let log = fs::read_to_string(site.path().join("spool/calls.log")).unwrap();
        assert!(!log.contains("虚构甲") && !log.contains("19900000001"), "{log}");
        for (path, mode) in [
            ("spool", 0o700),
            ("spool/sms", 0o700),
            ("spool/calls.log", 0o600),
            (receipt.reference.as_str(), 0o600),
        ] {
            let found =
                fs::metadata(site.path().join(path)).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode, "{path}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_addressed_or_named_is_refused_and_leaves_nothing() {
        let site = tempfile::tempdir().unwrap();
        let spool = Spool::of_site(site.path());
        let mut no_phone = sms("abc");
        no_phone.recipient.as_mut().unwrap().phone = None;
        let no_text = Order { text: None, ..sms("abc") };
        let no_channel = Order { channel: None, ..sms("abc") };
        for order in [no_phone, no_text, no_channel, sms("../abc"), sms("")] {
            let error = spool.put(&order).await.unwrap_err();
            assert!(matches!(error, DeliveryError::Refused(_)), "{error}");
        }
        assert!(!site.path().join("spool").exists());
        assert_eq!(spool.find("../abc").await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_torn_last_line_does_not_swallow_the_next_call() {
        let site = tempfile::tempdir().unwrap();
        let spool = Spool::of_site(site.path());
        spool.put(&sms("abc")).await.unwrap();
        let log = site.path().join("spool/calls.log");
        let torn = fs::read_to_string(&log).unwrap() + "{\"key\":\"de";
        fs::write(&log, torn).unwrap();
        spool.put(&sms("def")).await.unwrap();
        let keys =
            calls(site.path()).iter().map(|call| call["key"].clone()).collect::<Vec<_>>();
        assert_eq!(keys, ["abc", "def"]);
    }

    #[tokio::test]
    async fn the_call_is_logged_before_the_message_is_written() {
        let site = tempfile::tempdir().unwrap();
        let spool = Spool::of_site(site.path());
        // The place for the part is taken, so that the message cannot be written.
        let part = format!("spool/sms/abc.json.part{}", std::process::id());
        fs::create_dir_all(site.path().join(&part)).unwrap();
        let error = spool.put(&sms("abc")).await.unwrap_err();
        assert!(matches!(error, DeliveryError::Retry { .. }), "{error}");
        assert_eq!(spool.find("abc").await.unwrap(), None);
        assert_eq!(calls(site.path()).len(), 1);
        fs::remove_dir(site.path().join(&part)).unwrap();
        spool.put(&sms("abc")).await.unwrap();
        assert!(spool.find("abc").await.unwrap().is_some());
        assert_eq!(calls(site.path()).len(), 2);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_holds_its_channel() {
        let site = tempfile::tempdir().unwrap();
        fs::write(site.path().join("spool"), "a file in the way").unwrap();
        let error = Spool::of_site(site.path()).put(&sms("abc")).await.unwrap_err();
        assert!(matches!(error, DeliveryError::Channel(_)), "{error}");
    }
}
