//! What staff type otherwise than the command has it (登记): amounts in yuan, and
//! options that are a command of their own.

use clap::Args as ClapArgs;
use jiff::civil::Date;

use crate::cli::money::day;

#[derive(ClapArgs, Debug)]
pub(crate) struct Promise {
    /// The loan number.
    pub case: String,
    /// The day promised.
    #[arg(long, value_parser = day)]
    pub due: Date,
    /// In yuan; all that is overdue when not given.
    #[arg(long, allow_hyphen_values = true)]
    pub amount: Option<String>,
    /// What shows it: `signed_paper`, `signed_receipt`, `recorded_call`; these need --receipt.
    #[arg(long, default_value = "bare_assertion")]
    pub evidence: String,
    /// The number of the paper, recording or message that shows it.
    #[arg(long)]
    pub receipt: Option<String>,
    /// It is right, although the command asks about it.
    #[arg(long)]
    pub sure: bool,
    /// What was said.
    #[arg(long)]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Pay {
    /// The loan number.
    pub case: Option<String>,
    /// In yuan.
    #[arg(long, allow_hyphen_values = true, required_unless_present_any = ["reverse", "confirm", "whose"])]
    pub amount: Option<String>,
    /// The day; today when not given.
    #[arg(long, value_parser = day, conflicts_with_all = ["reverse", "confirm"])]
    pub on: Option<Date>,
    /// The number of the bank's receipt.
    #[arg(long)]
    pub receipt: Option<String>,
    /// Whose money it is: borrower, guarantor, `third_party`.
    #[arg(long = "by", value_name = "PAYER", conflicts_with_all = ["reverse", "confirm"])]
    pub payer: Option<String>,
    /// Of it for the principal, in yuan.
    #[arg(long, requires = "amount")]
    pub principal: Option<String>,
    /// Of it for interest, in yuan.
    #[arg(long, requires = "amount")]
    pub interest: Option<String>,
    /// Of it for penalty interest, in yuan.
    #[arg(long, requires = "amount")]
    pub penalty: Option<String>,
    /// Of it for costs, in yuan.
    #[arg(long, requires = "amount")]
    pub cost: Option<String>,
    /// Say whose money the payment with this entry number was, with --by.
    #[arg(long, value_name = "ENTRY", requires = "payer", conflicts_with_all = ["amount", "receipt", "on", "reverse", "confirm"])]
    pub whose: Option<i64>,
    /// Take back the line with this entry number: a payment, or a due item, waiver,
    /// fee or penalty that was booked wrongly.
    #[arg(long, value_name = "ENTRY", conflicts_with_all = ["amount", "receipt"])]
    pub reverse: Option<i64>,
    /// Confirm the payment with this entry number, as a second person.
    #[arg(long, value_name = "ENTRY", conflicts_with_all = ["amount", "reverse"])]
    pub confirm: Option<i64>,
    /// It is right, although the command asks about it.
    #[arg(long)]
    pub sure: bool,
    /// Why.
    #[arg(long)]
    pub reason: String,
}

#[derive(ClapArgs, Debug)]
pub(crate) struct Approve {
    /// The order or its task; without it, what waits is listed.
    pub order: Option<i64>,
    /// Reject it.
    #[arg(long)]
    pub reject: bool,
    /// Why.
    #[arg(long, default_value = "")]
    pub reason: String,
}
