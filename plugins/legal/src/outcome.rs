//! How a matter can go (裁判与结案): what a court decides, and why a matter is closed.

use domain::money::Fen;
use jiff::civil::Date;

domain::words! {
    /// What a court decided (裁判结果).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum JudgmentResult {
        /// All that was claimed (胜诉).
        Won = "won",
        /// Part of it (部分胜诉).
        PartlyWon = "partly_won",
        /// An agreement before the court (法院调解).
        Mediated = "mediated",
        /// Nothing (败诉).
        Lost = "lost",
    }
}

domain::words! {
    /// Why a matter is closed (结案原因).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum CloseReason {
        /// The debt was paid (还清).
        Paid = "paid",
        /// An agreement outside the court (和解).
        Settled = "settled",
        /// The institution withdrew (撤回).
        Withdrawn = "withdrawn",
        /// The court collected it (执行到位).
        Enforced = "enforced",
        /// There is nothing to take for now (终结本次执行).
        NoAssets = "no_assets",
        /// Decided against the institution (败诉).
        Lost = "lost",
        /// The payment order could not be served, or was objected to (支付令失效).
        Void = "void",
    }
}

/// A decision of the court.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Judgment {
    /// What was decided.
    pub result: JudgmentResult,
    /// The amount awarded.
    pub amount: Fen,
    /// The day on which it was served on the institution.
    pub on: Date,
}
