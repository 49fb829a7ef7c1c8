//! What leaves today, and what is held until a person has looked (今日送出与放行).

use clap::{Args as ClapArgs, Subcommand};

#[derive(ClapArgs, Debug)]
pub(crate) struct Sending {
    #[command(subcommand)]
    pub what: SendingWhat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum SendingWhat {
    /// Show what leaves today by channel, its bound, and what is held.
    #[command(after_help = "Example: qingshou sending ls")]
    Ls,
    /// Let go what is held: at the bound a day, so many now, or all of it.
    #[command(
        after_help = "Example: qingshou sending go --channel sms --reason 'the first list was checked'"
    )]
    Go {
        /// Of this channel alone: phone, sms, `wechat_work`, `letter_post`,
        /// `letter_hand`, visit.
        #[arg(long)]
        channel: Option<String>,
        /// What this workflow asked for alone.
        #[arg(long)]
        workflow: Option<String>,
        /// So many now, the oldest first; the rest waits on.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        count: Option<u64>,
        /// All of it now, whatever the bound.
        #[arg(long, conflicts_with = "count")]
        all: bool,
        /// Why.
        #[arg(long)]
        reason: String,
    },
}
