//! The unit (服务单元): what systemd has to know to start, watch and confine the
//! daemon of a site.

use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::say::Say;
use nix::unistd::{Uid, User};
use site::Site;
use site::login::login_of;

/// Homes: what lies there is hidden from a service unless it works there.
const HOMES: [&str; 3] = ["/home", "/root", "/run/user"];

/// What differs from site to site.
#[derive(Debug)]
pub(crate) struct Unit {
    /// The program, absolute.
    pub program: PathBuf,
    /// The site's folder, absolute.
    pub site: PathBuf,
    /// What the daemon writes to.
    pub writes: Vec<PathBuf>,
    /// The operating-system user it runs as.
    pub user: String,
    /// The one whom the site's folder belongs to.
    pub owner: String,
}

impl Unit {
    /// The unit of a site, for the program that is running; the user is the owner
    /// of the site's folder where none is named.
    ///
    /// # Errors
    ///
    /// The program or the folder cannot be found, or the named user can be none.
    pub(crate) fn of(site: &Site, user: Option<&str>) -> Result<Self> {
        let program = std::env::current_exe()
            .context("找不到本程序的路径 · the path of this program cannot be found")?;
        let dir = site.dir.clone();
        let owner = std::fs::metadata(&dir)
            .with_context(|| {
                let dir = dir.display();
                format!("打不开站点目录 {dir} · the folder {dir} cannot be opened")
            })?
            .uid();
        let owner = login_of(Uid::from_raw(owner));
        let user = user.unwrap_or(&owner).to_owned();
        if !is_login(&user) {
            bail!(
                "--user {user:?} 不是操作系统用户名 · \
                 --user {user:?} is no name of an operating-system user"
            );
        }
        // The store may lie elsewhere; the folder of workflows gets notes.
        let store = site.database();
        let mut writes = vec![dir.clone()];
        let others = [store.parent().map(Path::to_owned), Some(site.workflows())];
        for other in others.into_iter().flatten() {
            let other = std::fs::canonicalize(&other).unwrap_or(other);
            if !writes.iter().any(|it| other.starts_with(it)) {
                writes.push(other);
            }
        }
        Ok(Self { program, site: dir, writes, user, owner })
    }

    /// What keeps the daemon from starting as this user, Chinese and English.
    pub(crate) fn obstacle(&self) -> Option<Say> {
        let (user, owner, site) = (&self.user, &self.owner, self.site.display());
        let exists = matches!(User::from_name(user), Ok(Some(_)));
        if !exists && user.parse::<u32>().is_err() {
            return Some(Say::new(
                format!(
                    "注意:本机没有用户 {user}\n  提示:先建用户(useradd --system {user}),再把站点交给它(chown -R {user}: {site})"
                ),
                format!(
                    "note: this machine has no user {user}\n  hint: make it (useradd --system {user}) and give it the site (chown -R {user}: {site})"
                ),
            ));
        }
        (user != owner && user != "root").then(|| Say::new(
format!(
                "注意:站点属于 {owner},{user} 打不开它,服务起不来\n  提示:把站点交给它(chown -R {user}: {site})"
            ),
format!(
                "note: the site belongs to {owner}; {user} cannot open it, and the service will not start\n  hint: give it the site (chown -R {user}: {site})"
            ),
))
    }

    /// Whether it works below a home, and homes cannot be hidden from it.
    fn lives_in_a_home(&self) -> bool {
        let mut paths = self.writes.iter().chain([&self.program]);
        paths.any(|path| HOMES.iter().any(|home| path.starts_with(home)))
    }

    /// The text of the unit file.
    pub(crate) fn text(&self) -> String {
        let mut text = head(&self.site);
        let program = word(&self.program.to_string_lossy());
        let site = word(&self.site.to_string_lossy());
        let writes: Vec<String> =
            self.writes.iter().map(|it| word(&it.to_string_lossy())).collect();
        let homes = if self.lives_in_a_home() { "read-only" } else { "yes" };
        // Writing to a string cannot fail.
        write!(text, "RequiresMountsFor={}\n\n[Service]\n", writes.join(" ")).ok();
        write!(text, "User={}\nExecStart={program} --site {site} run\n", self.user).ok();
        text.push_str(RUNNING);
        write!(text, "ReadWritePaths={}\nProtectHome={homes}\n", writes.join(" ")).ok();
        text.push_str(CONFINED);
        text
    }
}

/// Whether a line of a unit file can name it: what `useradd` takes, or a number.
fn is_login(name: &str) -> bool {
    let inside = |sign: char| sign.is_ascii_alphanumeric() || "._-".contains(sign);
    name.starts_with(|sign: char| sign.is_ascii_alphanumeric() || sign == '_')
        && name.trim_end_matches('$').chars().all(inside)
}

/// A word of a unit file: quoted, and without meaning for systemd.
fn word(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('%', "%%").replace('$', "$$"))
}

fn head(site: &Path) -> String {
    let site = site.display().to_string().replace('%', "%%");
    format!(
        "\
# 清收守护进程 · the daemon of qingshou
#
# 安装(root)· to install (root):
#   qingshou --site {site} service > /etc/systemd/system/qingshou.service
#   systemctl daemon-reload
#   systemctl enable --now qingshou
# 改了 qingshou.toml · after a change of qingshou.toml:  systemctl reload qingshou
# 运行记录 · its log:                                    journalctl -u qingshou

[Unit]
Description=qingshou 清收
Wants=network-online.target
After=network-online.target nss-user-lookup.target time-sync.target
# 十分钟内五次起不来就不再自动启动 · five failed starts in ten minutes are enough
StartLimitIntervalSec=10min
StartLimitBurst=5
"
    )
}

const RUNNING: &str = "\
Type=notify
NotifyAccess=main
ExecReload=/bin/kill -HUP $MAINPID
# 案件库大时,启动要读一阵 · a start on a big book reads for a while
TimeoutStartSec=15min
# 守护进程自己在五秒内停下 · the daemon itself stops within five seconds
TimeoutStopSec=20
KillMode=mixed
# 办理循环卡住五分钟就重启 · a loop that is stuck for five minutes is started anew
WatchdogSec=5min
Restart=on-failure
RestartSec=5
# 2 命令行有误,6 设置或案件库要人先看:重启没有用
# 2 is a wrong command line, 6 settings or a store that a person has to look at:
# another start does not help
RestartPreventExitStatus=2 6
# 内存里有客户资料,不留转储 · memory holds people's data, none of it is dumped
LimitCORE=0

# 只能写站点目录 · it may write to the site alone
UMask=0077
ProtectSystem=strict
";

const CONFINED: &str = "\
PrivateTmp=yes
PrivateDevices=yes
# 不用 PrivateUsers:在命令通道上要认出每个登录用户
# No PrivateUsers: on its socket the daemon has to know every login
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
# 网关和域名解析 · gateways, and names of machines
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
RemoveIPC=yes

[Install]
WantedBy=multi-user.target
";

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(program: &str, site: &str) -> Unit {
        let site = PathBuf::from(site);
        let (program, writes) = (PathBuf::from(program), vec![site.clone()]);
        let (user, owner) = ("qingshou".to_owned(), "qingshou".to_owned());
        Unit { program, site, writes, user, owner }
    }

    #[test]
    fn a_user_that_is_none_or_cannot_open_the_site_is_told_of() {
        let root = || "root".to_owned();
        let of = |user: &str, owner: String| Unit {
            user: user.to_owned(),
            owner,
            ..unit("/opt/q", "/srv/qingshi")
        };
        let Say { en: nobody, .. } = of("no-such-user", root()).obstacle().unwrap();
        assert!(nobody.contains("useradd") && nobody.contains("chown"), "{nobody}");
        let Say { en: other, .. } = of("nobody", root()).obstacle().unwrap();
        assert!(other.contains("belongs to root"), "{other}");
        assert_eq!(of("root", root()).obstacle(), None);
        for (name, is_one) in
            [("qing.shou-1", true), ("a b", false), ("", false), ("a\nExec", false)]
        {
            assert_eq!(is_login(name), is_one, "{name:?}");
        }
    }

    #[test]
    fn a_path_means_itself_whatever_is_in_it() {
        let text = unit("/opt/q", "/srv/青石 县/100%$a").text();
        let site = r#""/srv/青石 县/100%%$$a""#;
        assert!(text.contains(&format!("ExecStart=\"/opt/q\" --site {site} run\n")));
        assert!(text.contains(&format!("ReadWritePaths={site}\n")), "{text}");
    }

    #[test]
    fn homes_are_hidden_unless_site_or_program_lies_there() {
        for (program, site, homes) in [
            ("/usr/local/bin/qingshou", "/srv/qingshi", "yes"),
            ("/usr/local/bin/qingshou", "/home/q/qingshi", "read-only"),
            ("/home/q/.cargo/bin/qingshou", "/srv/qingshi", "read-only"),
            ("/usr/local/bin/qingshou", "/homes/qingshi", "yes"),
        ] {
            let text = unit(program, site).text();
            let line = format!("\nProtectHome={homes}\n");
            assert!(text.contains(&line), "{program} on {site}");
        }
    }
}
