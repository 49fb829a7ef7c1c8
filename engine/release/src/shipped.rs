//! What the program brings along (随附流程): the shipped workflows, written into
//! every new site.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use include_dir::{Dir, include_dir};
use script::program::Folder;
use site::{CONFIG_FILE, has_store, is_blank, settings};
use store::private;

static WORKFLOWS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../workflows");

/// The settings file of a new site.
const CONFIG: &str = r#"# 站点设置 · settings of this site
# 每一项都可用环境变量覆盖,例如 QINGSHOU_ZONE;写错的项会报错并给出建议。
institution = "青石县农村信用合作社(示例)" # 先改成本机构的全称:还是示例时,短信和信一律留住不发
# telephone = "0000-1234567" # 信和短信里供客户查询、提出异议的电话;不填时写“本社网点”
# address = "示例县示例路1号"  # 信末的机构地址
zone = "Asia/Shanghai"
opening = "09:00"          # 以天计的等待在这一刻到期
promise_tolerance = 1      # 承诺日之后几个工作日内还清算迟兑;银行流水晚到几个工作日就写几
book_stale_after = 3       # 超过几个工作日没有收到银行文件,就先不催收
rehearsal = false          # 演练:一切照常办理,但什么都不发出
# database = "postgres://qingshou@127.0.0.1/coop" # 案件库放在 PostgreSQL 服务器上;缺省是本目录的文件
# database_password_file = "database.pass"        # 只写口令的文件,chmod 600
# log = "info"               # 运行记录的详略:warn、info、debug
# metrics = "127.0.0.1:9464" # 监控:本机的 /healthz、/readyz、/metrics(Prometheus),缺省不开

# 一天的联络超过平日的 times 倍且多于 at_least 时先扣下,等人放行(见 qingshou sending);
# 一次发布会让联络这样增多时,也等人确认
[guard]
times = 2
at_least = 100
visits_per_collector = 20  # 每名信贷员一天新排的上门
# [guard.channels]         # 个别渠道的固定上限
# sms = 3000

# 发件目录 spool/、演练目录、送出记录和退回文件留多少天;未决的指令不论多久都留着
# [retention]
# messages_days = 400
# logs_days = 400
# rejects_days = 400

# 职员:login 是操作系统用户名。没有列出的人不能登记;没有人能审批自己的指令。
# 一个人都不列时,能打开本目录的人就是管理员。
# roles: administrator editor supervisor collector legal compliance risk auditor
#
# [[people]]
# name = "示例主任"
# login = "zhuren"
# roles = ["administrator", "supervisor"]
#
# [[people]]
# name = "示例信贷员"
# login = "xindaiyuan"
# roles = ["collector"]

# 短信等先写入 spool 目录,接好网关后再改:
#
# [plugins.remind.sms]
# gateway = "http"
# url = "https://sms.example.cn/send"
# ok_pointer = "/code"           # 应答中哪个字段说明结果
# ok_value = "0"                 # 等于它才算受理
# account_values = "1003,1004"   # 欠费、签名不符等:渠道停下,指令保留
# number_values = "1010"         # 空号等:只有这一条失败
# retry_values = "1001"          # 忙:稍后再试
# token_file = "sms.token"       # 凭据不写在这里,文件只让本用户读
# headers = "Authorization: Bearer {{ token }}"
# at_once = 4                    # 同时几条
# per_second = 20                # 每秒几条
#
# 改好后让守护进程重新读取设置(systemctl reload qingshou,或 kill -HUP 进程号),再试发:qingshou gateway test sms --to 13800000000
"#;

/// Makes a new site in a folder that is missing or empty.
///
/// # Errors
///
/// The folder holds something already, or cannot be written; a folder that was
/// there keeps what it had.
pub fn write_site(dir: &Path) -> Result<()> {
    if has_lost_settings(dir) {
        return fill(dir);
    }
    let occupied = std::fs::read_dir(dir).is_ok_and(|mut it| it.next().is_some());
    if occupied {
        bail!(
            "{0} 不是空目录,没有改动 · {0} is no empty folder; nothing was changed\n  \
             提示:换一个新目录,例如 `qingshou init ./qingshi` · hint: take a new one, such as \
             `qingshou init ./qingshi`",
            dir.display()
        );
    }
    fill(dir).inspect_err(|_| {
        // Half a site would be in the way of the next try; what is left of it
        // then is told by that one.
        drop(std::fs::remove_dir_all(dir.join("workflows")));
        drop(std::fs::remove_file(dir.join(CONFIG_FILE)));
    })
}

/// Whether a site stands there whose settings are gone or say nothing: it gets new ones,
/// and keeps all else.
fn has_lost_settings(dir: &Path) -> bool {
    let file = dir.join(CONFIG_FILE);
    let is_gone = file.symlink_metadata().is_err()
        || settings(&file).is_ok_and(|bytes| is_blank(&bytes));
    is_gone && has_store(dir)
}

fn cannot_make(dir: &Path) -> String {
    let dir = dir.display();
    format!("建不了目录 {dir} · the folder {dir} cannot be made")
}

fn cannot_write(path: &Path) -> String {
    let path = path.display();
    format!("写不进 {path} · {path} cannot be written")
}

fn fill(dir: &Path) -> Result<()> {
    private::folder(dir).with_context(|| cannot_make(dir))?;
    if !dir.join("workflows").exists() {
        write_workflows(&dir.join("workflows"))?;
    }
    let file = dir.join(CONFIG_FILE);
    private::file(&file, CONFIG).with_context(|| cannot_write(&file))
}

/// Whether the tests of a folder, and all that they hang on, are the shipped
/// ones: the program's own tests have run them. Settings, rules of conduct and
/// calendars of the site are set aside in tests.
pub fn tests_are_as_shipped(files: &BTreeMap<String, String>) -> bool {
    let same = |(path, text): (&String, &String)| {
        WORKFLOWS.get_file(path).and_then(|file| file.contents_utf8()) == Some(text)
    };
    files.iter().filter(|file| is_tested(file.0)).all(same)
        && shipped(&WORKFLOWS)
            .filter(|shipped| is_tested(shipped))
            .all(|it| files.contains_key(it))
}

fn is_tested(path: &str) -> bool {
    let shelve = ["policies/", "calendars/"];
    path != "settings.toml" && !shelve.iter().any(|it| path.starts_with(it))
}

/// Whether a folder was made of the shipped one: some script is called as there.
pub fn is_an_edit(folder: &Folder) -> bool {
    let theirs = |it: &str| folder.files.contains_key(it);
    let ours = self::folder();
    script::loading::scripts(&ours).any(|script| theirs(script.0))
}

/// The shipped files that a release is made of, with their folders.
fn shipped<'a>(dir: &'a Dir<'_>) -> impl Iterator<Item = &'a str> {
    let mut found = Vec::new();
    let mut left = vec![dir];
    while let Some(dir) = left.pop() {
        left.extend(dir.dirs());
        found.extend(dir.files().filter_map(|file| file.path().to_str()));
    }
    found.into_iter().filter(|it| Folder::takes(it))
}

/// The shipped texts of which a release is made.
pub fn folder() -> Folder {
    let text = |path: &str| WORKFLOWS.get_file(path)?.contents_utf8();
    let files = shipped(&WORKFLOWS);
    let files = files.filter_map(|file| Some((file.to_owned(), text(file)?.to_owned())));
    Folder { files: files.collect() }
}

/// Writes the shipped workflows into a folder.
///
/// # Errors
///
/// The folder cannot be written.
pub fn write_workflows(dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir).with_context(|| cannot_make(dir))?;
    WORKFLOWS.extract(dir).with_context(|| cannot_write(dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_that_has_lost_its_settings_gets_new_ones_and_keeps_all_else() {
        let dir = tempfile::tempdir().unwrap();
        let (store, script) = (dir.path().join("case_store.db"), "workflows/own.lua");
        std::fs::write(&store, "cases").unwrap();
        std::fs::create_dir(dir.path().join("workflows")).unwrap();
        std::fs::write(dir.path().join(script), "-- own").unwrap();
        let settings = dir.path().join(CONFIG_FILE);
        for lost in [None, Some("# nothing\n")] {
            if let Some(text) = lost {
                std::fs::write(&settings, text).unwrap();
            }
            write_site(dir.path()).unwrap();
            assert_eq!(std::fs::read_to_string(&settings).unwrap(), CONFIG);
        }
        assert!(write_site(dir.path()).is_err(), "settings that say something stay");
        assert_eq!(std::fs::read_to_string(&store).unwrap(), "cases");
        let scripts = std::fs::read_dir(dir.path().join("workflows")).unwrap().count();
        assert_eq!(scripts, 1);
    }

    #[test]
    fn the_shipped_folder_is_known_and_an_edited_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        write_workflows(dir.path()).unwrap();
        let (folder, _) = Folder::read(dir.path()).unwrap();
        assert!(tests_are_as_shipped(&folder.files));
        for gone in ["remind.lua", "remind_test.lua", "templates/remind_1.txt"] {
            let mut files = folder.files.clone();
            assert!(files.remove(gone).is_some(), "{gone}");
            assert!(!tests_are_as_shipped(&files), "without {gone}");
        }
        let edit = |change: &dyn Fn(&mut BTreeMap<String, String>)| {
            let mut files = folder.files.clone();
            change(&mut files);
            tests_are_as_shipped(&files)
        };
        assert!(!edit(&|it| it.get_mut("remind.lua").unwrap().push(' ')));
        assert!(!edit(&|it| drop(it.remove("remind_test.lua"))));
        assert!(!edit(&|it| drop(it.insert("own.lua".to_owned(), String::new()))));
        assert!(edit(&|it| drop(it.insert("settings.toml".to_owned(), "#".to_owned()))));
        assert!(edit(&|it| it.get_mut("policies/cn-rcc.toml").unwrap().push('\n')));
        assert!(edit(&|it| drop(it.remove("calendars/cn/2026.toml"))));
    }
}
