//! Looking at the gateways, and trying one (网关查看与试发).

use clap::{Args as ClapArgs, Subcommand};

#[derive(ClapArgs, Debug)]
pub(crate) struct Gateway {
    #[command(subcommand)]
    pub what: GatewayWhat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum GatewayWhat {
    /// Show each channel: where it leads, how it does, what waits, what to do.
    #[command(after_help = "Example: qingshou gateway ls")]
    Ls,
    /// Send one marked test message to a telephone of your own.
    #[command(after_help = "Example: qingshou gateway test sms --to 13800000000")]
    Test {
        /// The channel: sms, `wechat_work`, `letter_post`, `letter_hand`.
        channel: String,
        /// Number, account or address of somebody of the institution.
        #[arg(long, value_name = "NUMBER")]
        to: String,
    },
}
