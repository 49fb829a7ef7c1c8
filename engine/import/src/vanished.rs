//! Loans that a later list no longer names (清单中消失的贷款): nobody here knows whether
//! they were repaid, sold or left out, so nothing is changed and a person is told.

use domain::say::Say;
use smol_str::SmolStr;
use store::{Conn, StoreError, case_book};

/// So many are named.
const NAMED: usize = 5;

/// No loan number lies behind this one.
const LAST: &str = "\u{10ffff}";

/// Goes along a list in the order of its loan numbers and looks for the gaps.
#[derive(Default)]
pub(crate) struct Vanished {
    /// The last number that was looked at.
    after: String,
    count: usize,
    first: Vec<String>,
}

impl Vanished {
    /// Looks between the last loan so far and the last of these, which come in order.
    pub(crate) async fn look(
        &mut self,
        conn: &mut Conn,
        listed: &[SmolStr],
    ) -> Result<(), StoreError> {
        let Some(last) = listed.last() else { return Ok(()) };
        self.between(conn, last, listed).await?;
        self.after = last.to_string();
        Ok(())
    }

    /// Looks behind the last loan of the list; what there is to say.
    pub(crate) async fn end(
        mut self,
        conn: &mut Conn,
        rejected: bool,
    ) -> Result<Option<Say>, StoreError> {
        self.between(conn, LAST, &[]).await?;
        Ok((0 < self.count).then(|| self.message(rejected)))
    }

    async fn between(
        &mut self,
        conn: &mut Conn,
        until: &str,
        listed: &[SmolStr],
    ) -> Result<(), StoreError> {
        let listed: Vec<&str> = listed.iter().map(SmolStr::as_str).collect();
        let range = (self.after.as_str(), until);
        let (count, first) = case_book::missing(conn, range, &listed).await?;
        self.count += count;
        let room = NAMED.saturating_sub(self.first.len());
        self.first.extend(first.into_iter().take(room));
        Ok(())
    }

    fn message(&self, rejected: bool) -> Say {
        let count = self.count;
        let more = if NAMED < count { ("…", ", …") } else { ("", "") };
        let perhaps = if rejected {
            ("(可能就在退回的行里)", " (they may be among the rejected rows)")
        } else {
            ("", "")
        };
        Say::new(
            format!(
                "{count} 笔有余额的在册贷款不在本清单中:{}{}{};没有改动,照常催收。清单若应包含全部贷款,请核对它们是否已结清、转让或核销,结清的用流水`还款`入账;若只是一部分,不必理会",
                self.first.join("、"),
                more.0,
                perhaps.0
            ),
            format!(
                "{count} loans of the book with a balance are not in this list: {}{}{}; nothing was changed and they are worked as before. If the list ought to hold every loan, find out whether they were repaid, sold or written off, and book what was repaid as an event `payment`; if it is a part of the book, leave it",
                self.first.join(", "),
                more.1,
                perhaps.1
            ),
        )
    }
}
