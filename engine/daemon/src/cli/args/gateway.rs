//! Looking at the gateways, and trying one (网关查看与试发).

use clap::{Args as ClapArgs, Subcommand};
use commands::TestGateway;

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
    Test(TestGateway),
}
