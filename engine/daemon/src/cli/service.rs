//! The daemon as a service (系统服务): it is run, and its unit is printed.

use anyhow::Result;
use commands::app;
use site::{NoSite, Site};
use store::StoreError;

use crate::cli::args::{Run, Service};
use crate::cli::context::Context;
use crate::cli::{Exit, institution, output};
use crate::run::ClockTrust;
use crate::service::unit::Unit;

/// Works a site. What another start cannot mend ends with a code of its own, so
/// that nobody starts it again and again.
pub(crate) async fn run(context: &Context, args: &Run) -> Result<Exit> {
    let trust =
        if args.confirm_clock { ClockTrust::Confirmed } else { ClockTrust::Checked };
    let site = context.site_of_file().and_then(|site| {
        site.may_be_run()?;
        can_be_worked(&site)?;
        Ok(site)
    });
    let site = match site {
        Ok(site) => site,
        // A folder that is not there may lie on a disk that comes later.
        Err(error)
            if context.named_dir().is_some_and(|named_dir| !named_dir.exists()) =>
        {
            return Err(error);
        }
        // So may an empty one that nothing is mounted on yet.
        Err(error) if error.is::<NoSite>() => return Err(error),
        Err(error) => return Ok(needs_person(context, &error)),
    };
    if let Some(told) = institution::still_the_example(context, &site) {
        output::complain(&told);
    }
    match Box::pin(crate::run::run(site, trust)).await {
        Ok(()) => Ok(Exit::Ok),
        Err(error) if is_for_a_person(&error) => Ok(needs_person(context, &error)),
        Err(error) => Err(error),
    }
}

/// Whether a daemon could work a site by its settings, as far as they tell.
///
/// # Errors
///
/// What cannot be used: the settings are lost, one of them is at fault, or the file with
/// the database's password cannot be read.
pub(super) fn can_be_worked(site: &Site) -> Result<()> {
    site.has_its_settings()?;
    app::settings_hold(site)?;
    site.place().map(drop)
}

fn is_for_a_person(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|it| it.downcast_ref::<StoreError>());
    causes.any(StoreError::needs_a_person)
}

fn needs_person(context: &Context, error: &anyhow::Error) -> Exit {
    output::complain(&context.told(error));
    output::complain(context.text(
        "  守护进程没有运行:什么都不会发出,到期的也不会办理,直到改好后重新启动",
        "  the daemon does not run: nothing leaves and nothing that is due is worked until it is put right and started again",
    ));
    Exit::NeedsPerson
}

/// Prints the unit of a site.
pub(crate) fn unit(context: &Context, args: &Service) -> Result<Exit> {
    let site: Site = context.site_of_file()?;
    let unit = Unit::of(&site, args.user.as_deref())?;
    if unit.user == "root" {
        output::complain(context.text(
            "注意:站点属于 root,守护进程会以 root 运行\n  提示:建一个专用用户(useradd --system qingshou),把站点交给它(chown -R qingshou 站点),再重新打印",
            "note: the site belongs to root, and the daemon would run as root\n  hint: make a user of its own (useradd --system qingshou), give it the site (chown -R qingshou SITE), and print the unit again",
        ));
    }
    if let Some(told) = unit.obstacle() {
        output::complain(told.text(context.lang));
    }
    output::say(unit.text().trim_end())?;
    Ok(Exit::Ok)
}
