//! Who writes (发信机构): whether the settings still have the name of the example.

use crate::cli::context::Context;
use site::Site;

/// That letters and messages bear the name of the example.
pub(super) fn still_the_example(context: &Context, site: &Site) -> Option<String> {
    if !site.config.signs_as_example() {
        return None;
    }
    let (name, english) = (&site.config.institution, context.english());
    Some(if english {
        format!(
            "NO NAME YET: institution is still the example {name:?}: letters and messages in \
             spool/ bear it, and no gateway is taken into use before it is another\n  next: \
             write your institution's full name into qingshou.toml (institution = \"…\"), then \
             `systemctl reload qingshou` or start again"
        )
    } else {
        format!(
            "机构名称未设:institution 还是示例“{name}”,spool/ 里的短信、微信和信函署的是它,\
             改好之前不启用任何网关\n  下一步:在 qingshou.toml 写上本机构的全称\
             (institution = \"…\"),再 `systemctl reload qingshou` 或重新启动"
        )
    })
}

/// That letters and messages cannot say whom to call.
pub(super) fn no_telephone(context: &Context, site: &Site) -> Option<String> {
    site.config.telephone.trim().is_empty().then(|| {
        context
            .text(
                "没有设置 `telephone`:信和短信里写不出电话,客户无法致电查询、提出异议\n  提示:在 qingshou.toml 写上 `telephone = \"区号-号码\"`",
                "telephone is not set: letters and messages cannot say whom to call\n  hint: write telephone = \"NUMBER\" into qingshou.toml",
            )
            .to_owned()
    })
}
