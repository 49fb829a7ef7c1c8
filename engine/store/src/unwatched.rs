//! Deadlines that nobody watches (期限无人看守): a workflow that keeps clocks is not
//! worked, and a supervisor watches its deadlines until it is.

use domain::status::TaskKind;

use crate::tasks::{self, Alarm};
use crate::{Conn, Now, StoreError};

/// What of a workflow is not done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Undone {
    /// None of its cases is worked.
    Suspended,
    /// Nobody can be asked about some cases, and these do not come in.
    NotEnrolled,
}

/// Opens the task of a supervisor; `key` is that of the alarm for whoever edits scripts.
pub(crate) async fn open(
    conn: &mut Conn,
    now: &Now,
    (workflow, key): (&str, &str),
    undone: Undone,
) -> Result<(), StoreError> {
    let (title, key) = (title(workflow, undone), alarm_key(key));
    let alarm = Alarm {
        kind: TaskKind::DeadlinesUnwatched,
        title: &title,
        for_role: "supervisor",
        key: &key,
    };
    tasks::open_alarm(conn, now, alarm).await
}

/// Closes it: the workflow is worked again.
pub(crate) async fn close(
    conn: &mut Conn,
    now: &Now,
    key: &str,
    by: &str,
    outcome: &str,
) -> Result<(), StoreError> {
    tasks::close_alarm(conn, now, &alarm_key(key), by, outcome).await
}

fn alarm_key(key: &str) -> String {
    format!("deadlines_unwatched:{key}")
}

fn title(workflow: &str, undone: Undone) -> String {
    match undone {
        Undone::Suspended => format!(
            "期限无人看守:流程 {workflow} 已停办,其案件的期限系统不再提醒。恢复之前请每天人工核对 \
             (qingshou case ls --workflow {workflow}),并催促改好脚本 · deadlines are \
             unwatched: workflow {workflow} is suspended and reminds nobody. Until it goes on, \
             look through its cases every day (`qingshou case ls --workflow {workflow}`) and \
             have its script mended"
        ),
        Undone::NotEnrolled => format!(
            "期限无人看守:应进入流程 {workflow} 的案件有一部分没有纳入,其期限系统不提醒。纳入之前请人工核对 \
             (qingshou status 列出),并催促改好脚本 · deadlines are unwatched: some cases that \
             belong into workflow {workflow} did not come in, and nobody is reminded. Until \
             they do, look at their deadlines by hand (`qingshou status` names them) and have \
             its script mended"
        ),
    }
}
