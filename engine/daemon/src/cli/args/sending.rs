//! Stopping what is on its way out, and letting it go on (停发与恢复).

use clap::{Args as ClapArgs, ValueEnum};

/// What can be stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Stopped {
    /// Everything.
    #[value(alias = "全部")]
    All,
    /// A channel: phone, sms, `wechat_work`, `letter_post`, `letter_hand`, visit.
    #[value(alias = "渠道")]
    Channel,
    /// What a workflow gave.
    #[value(alias = "流程")]
    Workflow,
    /// What was given under a release.
    #[value(alias = "版本")]
    Release,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Pause {
    /// What to stop.
    #[arg(value_enum)]
    pub what: Stopped,
    /// Which channel, workflow or release.
    #[arg(required_if_eq_any([
        ("what", "channel"), ("what", "workflow"), ("what", "release"),
        ("what", "渠道"), ("what", "流程"), ("what", "版本"),
    ]))]
    pub which: Option<String>,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

/// What can go on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Resumed {
    /// What `pause all` stopped.
    #[value(alias = "全部")]
    All,
    /// A channel.
    #[value(alias = "渠道")]
    Channel,
    /// What a workflow gave.
    #[value(alias = "流程")]
    Workflow,
    /// What was given under a release.
    #[value(alias = "版本")]
    Release,
    /// What one stop holds, by the number that `status` shows.
    #[value(alias = "停发")]
    Stop,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Resume {
    /// What is to go on.
    #[arg(value_enum)]
    pub what: Resumed,
    /// Which channel, workflow, release or stop.
    #[arg(required_if_eq_any([
        ("what", "channel"), ("what", "workflow"), ("what", "release"), ("what", "stop"),
        ("what", "渠道"), ("what", "流程"), ("what", "版本"), ("what", "停发"),
    ]))]
    pub which: Option<String>,
    /// At once; so it is when nothing else is said.
    #[arg(long, conflicts_with_all = ["spread", "spread_hours", "drop_older_than"])]
    pub now: bool,
    /// Spread evenly over this time: 4h, 90m; at most a week.
    #[arg(long, value_name = "TIME", conflicts_with_all = ["spread_hours", "drop_older_than"])]
    pub spread: Option<String>,
    /// Spread evenly over so many hours.
    #[arg(long, value_name = "HOURS", conflicts_with = "drop_older_than")]
    pub spread_hours: Option<u32>,
    /// Drop what was given more than so many days ago; the rest goes at once.
    #[arg(long, value_name = "DAYS")]
    pub drop_older_than: Option<u32>,
    /// Why.
    #[arg(long)]
    pub reason: String,
}
