//! Work that nobody has taken (无人认领的待办), as `status` tells it: how much of each
//! role, and how old the oldest is.

use runtime::clock::Clock;
use runtime::words::ROLES;
use serde_json::{Value, json};
use store::views::untaken::Untaken;

use crate::cli::context::Context;

/// For programs: the role, how many, since when and for how many days.
pub(super) fn told(untaken: &[Untaken], clock: &Clock) -> Value {
    let today = clock.now().today();
    let one = |of: &Untaken| {
        let since = clock.civil(of.oldest_at).date();
        json!({
            "role": of.for_role,
            "tasks": of.tasks,
            "oldest_on": since,
            "oldest_days": (today - since).get_days(),
        })
    };
    untaken.iter().map(one).collect()
}

/// A line for each role.
pub(super) fn lines(context: &Context, untaken: &Value) -> Vec<String> {
    let line = |of: &Value| {
        let role = of["role"].as_str()?;
        let (tasks, days) = (&of["tasks"], &of["oldest_days"]);
        Some(if context.english() {
            format!(
                "  for the role {role}: {tasks} that nobody has taken, the oldest for {days} days \
                 (`qingshou task ls --untaken`)"
            )
        } else {
            format!(
                "  {} 的待办无人认领 {tasks} 件,最久的已 {days} 天(`qingshou task ls --untaken`)",
                ROLES.zh(role)
            )
        })
    };
    untaken.as_array().into_iter().flatten().filter_map(line).collect()
}
