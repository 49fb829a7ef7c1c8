//! How a matter can go (裁判与结案): what a court decides, and why a matter is closed.

use jiff::ToSpan;
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
        /// The court does not take it, by a ruling (不予受理、驳回起诉).
        NotAdmitted = "not_admitted",
    }
}

impl JudgmentResult {
    /// Whether there is something in it to enforce.
    pub fn awards(self) -> bool {
        matches!(self, Self::Won | Self::PartlyWon | Self::Mediated)
    }
}

domain::words! {
    /// By which rules a court of first instance has tried a suit (审理程序).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum Procedure {
        /// Ordinary or summary: it can be appealed (普通、简易程序).
        Ordinary = "ordinary",
        /// Small claims: one instance and no appeal (小额诉讼程序).
        SmallClaims = "small_claims",
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
        /// There is no such proceeding; it was entered by mistake (误登).
        Mistaken = "mistaken",
    }
}

domain::words! {
    /// What a court has served on the debtor (送达的文书).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum Document {
        /// The complaint, with the summons (起诉状副本、传票).
        Complaint = "complaint",
        /// The judgment (裁判文书).
        Judgment = "judgment",
        /// The payment order (支付令).
        PaymentOrder = "payment_order",
    }
}

domain::words! {
    /// What is seized or frozen (保全的财产).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum Asset {
        /// Money in a bank (银行存款).
        Deposit = "deposit",
        /// Things that can be moved (动产).
        Movable = "movable",
        /// Land, houses, and other rights (不动产、其他财产权).
        Immovable = "immovable",
    }
}

impl Asset {
    /// The last day of a seizure that began on a day, at the longest: a year for
    /// deposits, two for movables, three for land and other rights.
    ///
    /// Source: interpretation of the Civil Procedure Law (民诉法解释, 2022) article 485.
    pub(crate) fn longest_from(self, on: Date) -> Date {
        let years: i16 = match self {
            Self::Deposit => 1,
            Self::Movable => 2,
            Self::Immovable => 3,
        };
        on.saturating_add(years.years())
    }
}

domain::words! {
    /// What a new look for property came to (财产复查结果).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum Found {
        /// There is something to take: enforcement goes on (发现财产).
        Property = "property",
        /// Nothing (无财产).
        Nothing = "nothing",
    }
}

domain::words! {
    /// Who appeals (上诉人).
    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    pub enum Appellant {
        /// The institution (本社).
        Institution = "institution",
        /// The debtor, or whoever is sued beside them (对方).
        Debtor = "debtor",
    }
}
