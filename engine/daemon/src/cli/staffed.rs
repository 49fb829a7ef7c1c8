//! Whether the people of the settings can do the work (人员配置): names in the book that
//! nobody answers to, people without a role, logins that the machine does not know.

use anyhow::Result;
use nix::unistd::User;
use store::views::charge::{self, InCharge};
use store::{Conn, Store};

use crate::cli::context::Context;
use commands::app::staff_names;
use site::Site;
use site::config::Person;

/// So many names are told; the rest is counted.
const NAMED: usize = 8;

/// That there is nobody who could approve what one person asks for.
pub(super) fn only_one(context: &Context, site: &Site) -> Option<String> {
    (site.config.people.len() == 1).then(|| {
        context
            .text(
                "people 里只有一个人:需要第二人批准的指令没有人能批",
                "there is one person in people: nobody can approve what needs a second one",
            )
            .to_owned()
    })
}

/// What an administrator should see to in `[[people]]`.
pub(super) async fn concerns(
    context: &Context,
    site: &Site,
    store: Option<&Store>,
) -> Vec<String> {
    let people = &site.config.people;
    let mut told = Vec::new();
    let idle = people
        .iter()
        .filter(|person| person.roles.is_empty())
        .map(|person| person.name.clone());
    told.extend(listed(context, idle.collect()).map(|names| {
        context
            .text(
                &format!("{names} 没有角色(roles 是空的),什么都不能登记\n  提示:在 qingshou.toml 写上角色,或删去这一节"),
                &format!("{names}: no role (roles is empty), so that they can enter nothing\n  hint: name their roles in qingshou.toml, or take the entry out"),
            )
            .to_owned()
    }));
    let unknown = people.iter().filter(|person| !is_login(person));
    let unknown = unknown.map(|it| it.login.clone());
    told.extend(listed(context, unknown.collect()).map(|names| {
        context
            .text(
                &format!("这台机器上没有这些登录用户:{names},本人登录不了\n  提示:核对 `login`,或用 `useradd` 建立"),
                &format!("this machine has no such login: {names}, so that they cannot enter anything\n  hint: check `login`, or make it with `useradd`"),
            )
            .to_owned()
    }));
    if let Some(store) = store {
        let found = async {
            let mut conn = store.read().await?;
            let mut lines = of_cases(context, site, conn.conn()).await?;
            lines.extend(of_tasks(context, site, conn.conn()).await?);
            anyhow::Ok(lines)
        };
        told.extend(found.await.unwrap_or_else(|error| vec![context.told(&error)]));
    }
    told
}

async fn of_cases(
    context: &Context,
    site: &Site,
    conn: &mut Conn,
) -> Result<Vec<String>> {
    let strangers = strangers(site, charge::of_cases(conn).await?);
    let told = counted(context, &strangers).map(|names| {
        context
            .text(
                &format!("台账里的信贷员不在 people 中,待办派给了没有人的名字:{names}(逾期户数)\n  提示:在 qingshou.toml 加 [[people]],或让清单改用登记的姓名"),
                &format!("collectors of the book are not in people, and their work is nobody's: {names} (overdue loans)\n  hint: add them to [[people]] in qingshou.toml, or let the list use the names that are there"),
            )
            .to_owned()
    });
    Ok(told.into_iter().collect())
}

/// That open tasks are somebody's who is not under `[[people]]`, as `status` tells it.
///
/// # Errors
///
/// The store cannot be read.
pub(super) async fn of_tasks(
    context: &Context,
    site: &Site,
    conn: &mut Conn,
) -> Result<Vec<String>> {
    let strangers = strangers(site, charge::of_tasks(conn).await?);
    let told = counted(context, &strangers).map(|names| {
        context
            .text(
                &format!("待办派给了不在 people 中的人:{names}(件)\n  提示:在 qingshou.toml 加 [[people]],或由主管 `qingshou task take 待办号 --reason …` 接手"),
                &format!("open tasks are of names that are not in people: {names}\n  hint: add them to [[people]] in qingshou.toml, or a supervisor takes them over with `qingshou task take TASK --reason …`"),
            )
            .to_owned()
    });
    Ok(told.into_iter().collect())
}

/// Those whom nobody under `[[people]]` is; with nobody listed everybody is known.
fn strangers(site: &Site, names: Vec<InCharge>) -> Vec<InCharge> {
    let people = &site.config.people;
    if people.is_empty() {
        return Vec::new();
    }
    let staff = staff_names(&site.config);
    let is_known = |name: &str| {
        let called = staff.called(name);
        people.iter().any(|person| person.name == called)
    };
    names.into_iter().filter(|name| !is_known(&name.name)).collect()
}

fn counted(context: &Context, names: &[InCharge]) -> Option<String> {
    listed(context, with_counts(names))
}

fn with_counts(names: &[InCharge]) -> Vec<String> {
    names.iter().map(|name| format!("{} {}", name.name, name.count)).collect()
}

/// Some names in a line; `None` where there is nobody.
fn listed(context: &Context, names: Vec<String>) -> Option<String> {
    in_line(names, context.text("、", ", "))
}

fn in_line(names: Vec<String>, between: &str) -> Option<String> {
    let more = names.len().saturating_sub(NAMED);
    let mut line = names.into_iter().take(NAMED).collect::<Vec<_>>().join(between);
    if 0 < more {
        line += " … +";
        line += &more.to_string();
    }
    Some(line).filter(|it| !it.is_empty())
}

/// Whether the machine knows the login; where it cannot be asked, nothing is said.
fn is_login(person: &Person) -> bool {
    User::from_name(&person.login).map_or(true, |it| it.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use site::config::Config;

    #[test]
    fn whoever_is_under_another_name_or_login_is_no_stranger() {
        let text =
            "[[people]]\nname = \"示例甲\"\nlogin = \"sl1\"\nroles = [\"collector\"]\n";
        let site = |text: &str| Site {
            dir: "/nowhere".into(),
            config: Config::parse(text, "q").unwrap(),
        };
        let book = || {
            ["示例甲", "sl1", "示例乙"]
                .map(|name| InCharge { name: name.to_owned(), count: 3 })
                .to_vec()
        };
        let found = strangers(&site(text), book());
        assert_eq!(with_counts(&found), ["示例乙 3"]);
        assert_eq!(strangers(&site(""), book()), [], "everybody is the administrator");
    }

    #[test]
    fn a_long_list_of_names_is_cut_and_says_so() {
        let names: Vec<String> = (0..11).map(|n| format!("示例{n}")).collect();
        assert!(in_line(names, "、").unwrap().ends_with("示例7 … +3"));
        assert_eq!(in_line(Vec::new(), "、"), None);
    }
}
