//! Why the case store could not do its work (案件库错误), and what to do then.

use std::path::{Path, PathBuf};

use domain::say::Say;
use domain::tongues;
use domain::words::UnknownWord;
use thiserror::Error;

use crate::conn::is_outdated;
use crate::driver_words::chinese;
use crate::place::Server;

/// A fault of the store. No text in it holds personal data.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no file.
    #[error(
        "还没有案件库 {path} · there is no case store {path} yet\n  提示:导入第一份清单或启动守护进程(`qingshou run`)时自动建立;站点在别处的,用 `--site` 指定 · hint: the first import or `qingshou run` makes it; name another site with `--site`"
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// It lies where the operating-system user who asks may not look.
    #[error(
        "当前登录用户无权读取 {path},没有改动 · this login may not look into {path}; nothing was changed\n  提示:列在 people 里的人经守护进程登记和查看:请管理员对站点目录 chmod 711,并让守护进程运行着;其他须用站点所有者的登录用户 · hint: who is listed under people enters and looks through the daemon: the administrator says chmod 711 to the site's folder, and the daemon has to run; anything else needs the login that owns the site"
    )]
    OutOfReach {
        /// The file.
        path: PathBuf,
    },
    /// There is none where the settings say, and the site has had one under another name.
    #[error(
        "案件库 {path} 不存在,而本站点已有案件库 {other},没有另建空库 · there is no case store {path}, and this site has had the store {other}; no empty one was made\n  提示:请核对 qingshou.toml 的 `database`(多半应指向 {other});确实要另建一个,请换一个站点目录 · hint: check `database` in qingshou.toml (it should name {other}, mostly); for another store on purpose take another site"
    )]
    Misnamed {
        /// Where it was looked for.
        path: PathBuf,
        /// The store that is there, or was.
        other: PathBuf,
    },
    /// There was a store and it is not there.
    #[error(
        "案件库 {path} 不见了,没有另建新库 · the case store {path} is gone; no new one was made\n  提示:请把它放回原处,或恢复最近一次的备份;确实要从头开始,先删除 {note} · hint: put it back, or restore the last backup; to begin anew on purpose, delete {note} first"
    )]
    Lost {
        /// Where it should lie.
        path: PathBuf,
        /// The file that says that there was one.
        note: PathBuf,
    },
    /// The store of another site lies there.
    #[error(
        "{path} 不是本站点的案件库(编号与 {note} 中的不同),未作任何改动 · {path} is the case store of another site (its id is not the one in {note}); nothing was changed\n  提示:请放回本站点的案件库或它的备份;确实要换成这一个,先删除 {note} · hint: put the site's own store or its backup back; to take this one on purpose, delete {note} first"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The file with the id of the site's own.
        note: PathBuf,
    },
    /// The store was moved to another place, which is worked since.
    #[error(
        "案件库 {place} 已于 {at} 由 {by} 迁往 {to},这里不再办理,没有改动 · the case store {place} was moved to {to} at {at} by {by} and is worked no more; nothing was changed\n  提示:在站点的 qingshou.toml 里写 database = \"{to}\";确实要回到这一个,先停掉那边(迁走之后在那边登记的,这里都没有),再运行 `qingshou store reopen --reason '…'`;查看、verify 和 journal export 照常 · hint: write database = \"{to}\" into the site's qingshou.toml; to go back to this one on purpose, stop the other one (what was entered there since is not here) and say `qingshou store reopen --reason '…'`; looking, verify and journal export go on"
    )]
    Moved {
        /// The store that was left behind.
        place: String,
        /// Where it was moved to.
        to: String,
        /// When, in civil time.
        at: String,
        /// The login of whoever moved it.
        by: String,
    },
    /// The write-ahead log beside the store belongs to another file than the one that
    /// lies there: an older copy was put in its place.
    #[error(
        "{path} 旁边的日志 -wal 属于另一份案件库:这里放回过旧的副本;没有打开,未作任何改动 · the log beside {path} belongs to another file: an older copy was put in its place; it was not opened and nothing was changed\n  提示:启动守护进程(qingshou run),它会认出旧库、停住一切并说明下一步 · hint: start the daemon (qingshou run): it knows the older store, holds everything and says what is next"
    )]
    ForeignLog {
        /// The file.
        path: PathBuf,
    },
    /// The file was deleted, moved or replaced while it was open.
    #[error(
        "{path} 在使用中被删除、移走或替换,这一笔没有写入 · {path} was deleted, moved or replaced while in use; this was not written\n  提示:程序停止;请先停用本站点,把原来的文件放回,或恢复备份,再重新启动 · hint: the program stops; leave the site alone, put the old file back or restore the backup, then start again"
    )]
    Displaced {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error(
        "{path} 不是清收案件库,未作任何改动 · {path} is no case store of qingshou; nothing was changed\n  提示:请检查 `--site` 指向的目录,或换一个空目录 · hint: check the folder that `--site` names, or take an empty one"
    )]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// The file was a store, or should be one, and cannot be read as such.
    #[error(
        "{path} 是空的、已损坏,或不是清收案件库,读不出案件,未作任何改动 · {path} is empty, damaged or no case store, and no case can be read from it; nothing was changed\n  提示:请停止使用,把它移开保存,再恢复最近一次的备份 · hint: stop using it, move it aside and keep it, then restore the last backup"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// A newer program has migrated the store.
    #[error(
        "案件库是第 {found} 版,本程序只认识到第 {known} 版,未作任何改动 · the case store is of version {found}, this program knows up to {known}; nothing was changed\n  提示:请安装较新的 qingshou · hint: install a newer qingshou"
    )]
    Newer {
        /// The version in the file.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// The database did not take a setting that safety depends on.
    #[error(
        "数据库没有接受设置 `{name}`:应为 {wanted},实为 {found},未打开案件库 · the database did not take `{name}`: it should be {wanted} and is {found}; the store was not opened\n  提示:案件库须放在本机磁盘上,不能放在网络共享目录 · hint: the store has to lie on a disk of this machine, not on a network share"
    )]
    SettingRefused {
        /// The setting.
        name: &'static str,
        /// What was asked for.
        wanted: i64,
        /// What was read back.
        found: i64,
    },
    /// Another daemon works on this store.
    #[error(
        "案件库正由进程 {pid} 使用 · process {pid} works this case store\n  提示:命令会经由该进程执行;要换一个进程,请先停止它 · hint: commands go through that process; to work it with another one, stop it first"
    )]
    Locked {
        /// The process that holds the lock, as written in the lock file.
        pid: String,
    },
    /// The address of a database server cannot be used.
    #[error(
        "设置 `database` {} · `database` in the settings {}\n  提示:写成 \"postgres://用户@主机:5432/库名\";口令放进 `database_password_file` 所指的文件、PGPASSFILE 或环境变量 PGPASSWORD · hint: write \"postgres://user@host:5432/database\"; a password goes into the file that `database_password_file` names, into PGPASSFILE or PGPASSWORD",
        tongues::chinese(fault),
        tongues::english(fault)
    )]
    Address {
        /// What is wrong with it, in both languages.
        fault: String,
    },
    /// The server cannot be reached, or has hung up.
    #[error(
        "连不上数据库服务器:{};没有写成的一笔会重新判断,不会重复 · the database server cannot be reached: {told}; what was not written is worked out again and never twice\n  提示:请管理员查看数据库是否在运行、网络和防火墙;恢复后自动继续 · hint: an administrator looks whether the database runs, and at network and firewall; work goes on by itself when it is back",
        chinese(told)
    )]
    Unreachable {
        /// What the system says.
        told: String,
    },
    /// The server hung up while something was made last: it may stand, or not.
    #[error(
        "写入时与数据库服务器断开({}):这一笔可能已经写入 · the database server hung up as this was written ({told}): it may have been written\n  提示:恢复后先查看,再决定是否重新登记;自动办理的会自己核对,不会重复 · hint: look before you enter it again; what goes by itself is compared and never done twice",
        chinese(told)
    )]
    Uncertain {
        /// What the system says.
        told: String,
    },
    /// A store on a server is of an older version, and whoever only looks changes nothing.
    #[error(
        "案件库是第 {found} 版,本程序是第 {known} 版,没有改动 · the case store is of version {found}, this program of {known}; nothing was changed\n  提示:用这个版本启动守护进程(qingshou run),它会升级;在用的先停止 · hint: start the daemon of this version (qingshou run), which brings it up to date; stop the one at work first"
    )]
    Older {
        /// The version of the store.
        found: i64,
        /// The version of this program.
        known: i64,
    },
    /// The server has no such database.
    #[error(
        "服务器上没有这个库:{} · the server has no such database: {told}\n  提示:请数据库管理员用 createdb 建库,或核对 `database` 末尾的库名 · hint: let its administrator make it with createdb, or check the name at the end of `database`",
        chinese(told)
    )]
    NoDatabase {
        /// What the server says.
        told: String,
    },
    /// The server refuses the user or the password.
    #[error(
        "数据库服务器不接受登录:{} · the database server refuses the login: {told}\n  提示:请核对用户名和口令:`database_password_file` 所指的文件、PGPASSFILE 或 PGPASSWORD,以及服务器的 pg_hba.conf · hint: check the user and the password: the file that `database_password_file` names, PGPASSFILE or PGPASSWORD, and pg_hba.conf of the server",
        chinese(told)
    )]
    LoginRefused {
        /// What it says.
        told: String,
    },
    /// Others than its owner can read the file with the password.
    #[error(
        "数据库口令文件 {path} 的权限是 {mode},属主以外的人也能用,没有采用 · others than its owner can use the file {path} with the database's password (mode {mode}); it was not used\n  提示:运行 chmod 600 {path};若已有旁人看过,请数据库管理员更换口令 · hint: run chmod 600 {path}; if others may have seen it, let the database's administrator change the password"
    )]
    SharedPassword {
        /// The file.
        path: PathBuf,
        /// Who may do what with it, as `ls` and `chmod` number it.
        mode: String,
    },
    /// The way to the server has to be encrypted, and it does not offer that.
    #[error(
        "数据库服务器 {server} 没有开启加密(TLS),而设置要求加密,没有连接 · the database server {server} offers no encryption (TLS), and the settings ask for it; there is no connection\n  提示:请数据库管理员在 postgresql.conf 里设 ssl = on 并放好证书;服务器就在本机或专线上的,可在 `database` 里改写 sslmode=disable · hint: let its administrator set ssl = on in postgresql.conf, with a certificate; where the server is this machine or the line is your own, write sslmode=disable in `database`"
    )]
    NoTls {
        /// The server.
        server: String,
    },
    /// Whose certificate the server shows is not certain.
    #[error(
        "数据库服务器 {server} 的证书不能确认:{told},没有连接 · the certificate of the database server {server} cannot be trusted: {told}; there is no connection\n  提示:在 `database` 里用 sslrootcert=文件 写明签发它的根证书(不写时只认本机系统信任的);verify-full 还要求证书写有 `database` 里的主机名;自签的服务器证书须由自建的根证书签发 · hint: name the root certificate that signed it by sslrootcert=FILE in `database` (without it those that this machine trusts count); verify-full also asks that the certificate names the host as `database` does; a certificate of your own making has to be signed by a root of your own"
    )]
    Certificate {
        /// The server.
        server: String,
        /// What the library says.
        told: String,
    },
    /// The server is of a version that does not know the statements.
    #[error(
        "数据库服务器 {server} 是 PostgreSQL {found},须为 {oldest} 或更新,没有改动 · the database server {server} is PostgreSQL {found}, and has to be {oldest} or newer; nothing was changed\n  提示:请数据库管理员升级(pg_upgrade),或让 `database` 指向较新的服务器;也可以不写 `database`,案件库用站点里的文件 · hint: let its administrator upgrade it (pg_upgrade), or let `database` name a newer server; without `database` the store is a file of the site"
    )]
    OldServer {
        /// The server.
        server: String,
        /// Its version, as people say it.
        found: String,
        /// The oldest that will do.
        oldest: i64,
    },
    /// The server is a standby that takes no writes, or is set to read only.
    #[error(
        "数据库服务器只读(多半是备用节点),没有写入 · the database server takes no writes (a standby, mostly); nothing was written\n  提示:让 `database` 指向主节点 · hint: let `database` name the primary"
    )]
    Standby,
    /// The database of the server keeps letters in another way.
    #[error(
        "数据库的字符编码是 {found},须为 UTF8,没有改动 · the database keeps letters as {found}, and has to keep them as UTF8; nothing was changed\n  提示:请数据库管理员用 `create database 库名 encoding 'UTF8' template template0` 另建 · hint: let its administrator make another with `create database NAME encoding 'UTF8' template template0`"
    )]
    Encoding {
        /// How it keeps them.
        found: String,
    },
    /// The user may not make or use the schema.
    #[error(
        "数据库用户权限不够:{} · the database user may not do this: {told}\n  提示:请数据库管理员执行 `create schema 用户名 authorization 用户名`,或在 `database` 末尾写 ?schema=名称 · hint: let the database's administrator say `create schema NAME authorization USER`, or name a schema with ?schema=NAME",
        chinese(told)
    )]
    NotAllowed {
        /// What the server says.
        told: String,
    },
    /// Another daemon works the store from another place.
    #[error(
        "案件库正由 {host} 上的进程 {pid} 使用({seconds} 秒前还在) · process {pid} on {host} works this case store (seen {seconds} s ago)\n  提示:请到那台机器上执行命令;要换到这里,先停止它;它若已死,等 {wait} 秒再试 · hint: give commands on that machine; to work it here, stop that one first; if it has died, try again in {wait} s"
    )]
    Leased {
        /// Its machine.
        host: String,
        /// Its number there.
        pid: i64,
        /// When it was last seen.
        seconds: i64,
        /// When its lease ends.
        wait: i64,
    },
    /// The lease was taken over: this process must write nothing more.
    #[error(
        "另一个守护进程已接管本案件库,本进程停止,没有写入 · another daemon has taken this case store over; this process stops, and nothing was written\n  提示:本进程停顿太久;请查看机器负荷或休眠设置 · hint: this process stood still too long; look at the machine's load or its sleep settings"
    )]
    TakenOver,
    /// The tables have changed since the connection got to know them.
    #[error(
        "案件库的表刚被升级,这一笔没有读写成 · the tables of the case store were changed just now; this was neither read nor written\n  提示:再试一次即可;守护进程自动重来 · hint: try again; a daemon does so by itself"
    )]
    Outdated,
    /// The disk is full.
    #[error(
        "磁盘已满或文件大小受限,这一笔没有写入,已有数据完好 · the disk is full or the size of files is limited; this was not written, what was there is whole\n  提示:请腾出磁盘空间,或放宽文件大小限制(ulimit -f)后重试 · hint: free disk space, or raise the limit (ulimit -f), and try again"
    )]
    DiskFull,
    /// The disk or file system failed.
    #[error(
        "读写案件库文件失败:{0} · a file of the case store cannot be read or written: {0}\n  提示:请检查磁盘和文件权限 · hint: check the disk and the permissions"
    )]
    Io(String),
    /// The file cannot be written.
    #[error(
        "案件库文件是只读的,没有写入 · the case store is read-only; nothing was written\n  提示:请检查文件和目录的写权限 · hint: check who may write the file and its folder"
    )]
    ReadOnly,
    /// Something else lies in the place of a file, its folder is not there, or this user
    /// may not write it.
    #[error(
        "{path} 打不开:{zh} · {path} cannot be opened: {en}\n  提示:请查看 `ls -ld {path}`:缺的目录先建好,别的东西移开,属于别人的用 chown 交给站点的所有者 · hint: look at `ls -ld {path}`: make the folder that is missing, move aside what else lies there, and chown to the owner of the site what is another user's",
        zh = .why.zh,
        en = .why.en
    )]
    Blocked {
        /// The file.
        path: PathBuf,
        /// Why.
        why: Say,
    },
    /// Another process kept the store for too long.
    #[error(
        "案件库正被另一个进程写入,等待超时 · another process writes the case store and took too long\n  提示:请稍后重试;案件库在服务器上的,请数据库管理员看谁占着锁(pg_locks、pg_stat_activity) · hint: try again later; for a store on a server its administrator looks who holds the lock (pg_locks, pg_stat_activity)"
    )]
    Busy,
    /// The file is damaged.
    #[error(
        "案件库文件已损坏:{0} · the case store is damaged: {0}\n  提示:请停止写入,并从备份恢复 · hint: write to it no more, and restore it from the backup"
    )]
    Corrupt(String),
    /// The database refused what must not be true.
    #[error(
        "数据不合规则,没有写入:{0} · the data break a rule of the store, nothing was written: {0}"
    )]
    Rule(String),
    /// A value in the store or handed to it does not make sense.
    #[error("数据无法理解:{0} · the data make no sense: {0}")]
    Data(String),
    /// Anything else the database says.
    #[error("数据库错误:{0} · the database says: {0}")]
    Database(sqlx::Error),
}

impl StoreError {
    /// A value that does not make sense; the text must hold no personal data.
    pub(crate) fn data(what: impl Into<String>) -> Self {
        Self::Data(what.into())
    }

    /// What the machine says of a file, with its path.
    pub fn at(path: &Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let (zh, en) = match error.kind() {
            ErrorKind::NotFound => ("目录不在", "its folder is not there"),
            ErrorKind::IsADirectory
            | ErrorKind::NotADirectory
            | ErrorKind::AlreadyExists => ("那里是别的东西", "something else lies there"),
            ErrorKind::PermissionDenied if error.get_ref().is_none() => {
                ("没有权限", "this user may not")
            }
            ErrorKind::ReadOnlyFilesystem => {
                ("文件系统只读", "the file system is read-only")
            }
            ErrorKind::Other | ErrorKind::PermissionDenied => {
                let told = error.to_string();
                let (zh, en) = (tongues::chinese(&told), tongues::english(&told));
                return Self::Blocked { path: path.to_owned(), why: Say { zh, en } };
            }
            ErrorKind::StorageFull => return Self::DiskFull,
            _ => return Self::Io(format!("{}: {error}", path.display())),
        };
        Self::Blocked { path: path.to_owned(), why: Say::new(zh, en) }
    }

    /// The same fault with the path of the store, where it has none and another start
    /// would meet it again.
    #[must_use]
    pub(crate) fn about(self, path: &Path) -> Self {
        let (zh, en) = match &self {
            Self::ReadOnly => ("只读,写不进", "it is read-only"),
            Self::Io(told) if told.contains("unable to open") => {
                ("数据库打不开它", "the database cannot open it")
            }
            _ => return self,
        };
        Self::Blocked { path: path.to_owned(), why: Say::new(zh, en) }
    }

    /// The same fault with the name of the server, where it is about the way there.
    #[must_use]
    pub(crate) fn of_server(self, server: &Server) -> Self {
        let named = |told: String| format!("{server}: {told}");
        match self {
            Self::Unreachable { told } => Self::Unreachable { told: named(told) },
            Self::LoginRefused { told } => Self::LoginRefused { told: named(told) },
            other => other,
        }
    }

    /// No later try can succeed: whoever works the store has to stop.
    pub fn ends_the_work(&self) -> bool {
        matches!(self, Self::Displaced { .. } | Self::TakenOver)
    }

    /// The server is away: what was under way is worked out again when it is back.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Uncertain { .. })
    }

    /// Another start meets the same: somebody has to look at the store first.
    pub fn needs_a_person(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. }
                | Self::OutOfReach { .. }
                | Self::Misnamed { .. }
                | Self::Lost { .. }
                | Self::Foreign { .. }
                | Self::ForeignLog { .. }
                | Self::Moved { .. }
                | Self::Displaced { .. }
                | Self::NotAStore { .. }
                | Self::Damaged { .. }
                | Self::Newer { .. }
                | Self::Address { .. }
                | Self::LoginRefused { .. }
                | Self::SharedPassword { .. }
                | Self::NoTls { .. }
                | Self::Certificate { .. }
                | Self::OldServer { .. }
                | Self::Standby
                | Self::NoDatabase { .. }
                | Self::Older { .. }
                | Self::Encoding { .. }
                | Self::NotAllowed { .. }
                | Self::SettingRefused { .. }
                | Self::Blocked { .. }
                | Self::ReadOnly
                | Self::Corrupt(_)
        )
    }

    /// Writing again one by one can tell which row is at fault.
    pub fn is_about_the_data(&self) -> bool {
        matches!(self, Self::Rule(_) | Self::Data(_))
    }
}

// The primary result codes of SQLite (https://www.sqlite.org/rescode.html).
const BUSY: i64 = 5;
const LOCKED: i64 = 6;
const READ_ONLY: i64 = 8;
const IO_ERROR: i64 = 10;
const CORRUPT: i64 = 11;
const FULL: i64 = 13;
const CANNOT_OPEN: i64 = 14;
const CONSTRAINT: i64 = 19;
const WRITE_FAILED: i64 = 778;
const NOT_A_DATABASE: i64 = 26;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Io(io) = &error {
            return io_error(io);
        }
        if let sqlx::Error::PoolTimedOut = error {
            return Self::Busy;
        }
        if is_outdated(&error) {
            return Self::Outdated;
        }
        let sqlx::Error::Database(told) = &error else {
            return Self::Database(error);
        };
        let message = || told.message().to_owned();
        let code = told.code().unwrap_or_default();
        // A code of SQLite is a number, one of PostgreSQL has five letters and digits.
        if code.len() == 5 {
            return of_postgres(&code, message()).unwrap_or(Self::Database(error));
        }
        let code: Option<i64> = code.parse().ok();
        match code.map(|code| code & 0xff) {
            Some(BUSY | LOCKED) => Self::Busy,
            Some(READ_ONLY) => Self::ReadOnly,
            Some(FULL) => Self::DiskFull,
            // SQLite tells a limit on the size of files as a failed write.
            _ if code == Some(WRITE_FAILED) => Self::DiskFull,
            Some(IO_ERROR | CANNOT_OPEN) => Self::Io(message()),
            Some(CORRUPT | NOT_A_DATABASE) => Self::Corrupt(message()),
            Some(CONSTRAINT) => Self::Rule(message()),
            _ => Self::Database(error),
        }
    }
}

/// What PostgreSQL's code says (<https://www.postgresql.org/docs/current/errcodes-appendix.html>);
/// nothing for one that stands for itself.
fn of_postgres(code: &str, told: String) -> Option<StoreError> {
    Some(match code {
        "53100" => StoreError::DiskFull,
        "25006" => StoreError::Standby,
        "3D000" => StoreError::NoDatabase { told },
        "42501" => StoreError::NotAllowed { told },
        // A lock that was not had in time, a deadlock, a statement that took too long.
        "55P03" | "40P01" | "40001" | "57014" => StoreError::Busy,
        _ if code.starts_with("28") => StoreError::LoginRefused { told },
        // No connection, or one that the server has ended.
        _ if code.starts_with("08") || code.starts_with("57P") || code == "53300" => {
            StoreError::Unreachable { told }
        }
        "XX001" | "XX002" => StoreError::Corrupt(told),
        // What it says of a value quotes it.
        _ if code.starts_with("22") || code == "54000" => StoreError::data(format!(
            "数据库不接受某个值 · the database refuses a value ({code})"
        )),
        _ if code.starts_with("23") => StoreError::Rule(told),
        _ => return None,
    })
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        io_error(&error)
    }
}

impl From<UnknownWord> for StoreError {
    fn from(error: UnknownWord) -> Self {
        Self::Data(error.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    // The position alone: serde_json's own text can quote the value.
    fn from(error: serde_json::Error) -> Self {
        Self::Data(format!("JSON {}:{}", error.line(), error.column()))
    }
}

fn io_error(error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::DiskFull,
        std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => {
            StoreError::ReadOnly
        }
        _ => StoreError::Io(error.to_string()),
    }
}
