//! Papers (凭据): signed receipts of visits and letters, and what shows a promise. Each
//! number proves one entry, and the limitation period begins anew by it.

use std::mem::discriminant;

use anyhow::Result;
use domain::ids::{CaseId, OrderId};
use domain::manifest::Text;
use jiff::civil::Date;
use store::{Conn, promises, receipts};

use crate::app::App;
use crate::language::say;

/// A paper, by its number, and the entry that it shows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Paper {
    pub case_id: CaseId,
    pub shown: Shown,
    pub number: String,
}

/// What a paper shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shown {
    /// What was entered by a form of a plugin about this order, and what that is called.
    Entry(Text, OrderId),
    /// A promise made on this day.
    Promise(Date),
}

impl Paper {
    /// Whether a number that shows this entry is most likely a slip where it is given
    /// for `entry`. What is signed at a visit may show the promise made there too, so
    /// that entries of one case are asked about when they are of one kind.
    fn speaks_against(&self, entry: &Self) -> bool {
        let is_promise = matches!(self.shown, Shown::Promise(_));
        let is_itself = !is_promise && self.shown == entry.shown;
        let is_of_its_kind = match (self.shown, entry.shown) {
            (Shown::Entry(own, _), Shown::Entry(other, _)) => own == other,
            (own, other) => discriminant(&own) == discriminant(&other),
        };
        !is_itself && (is_of_its_kind || self.case_id != entry.case_id)
    }

    /// The entry, as a person finds it.
    pub(super) fn named(&self, case_no: &str) -> String {
        match self.shown {
            Shown::Entry(title, order) => say(
                format!("{case_no} 的{} {order}", title.zh),
                format!("{} {order} of {case_no}", title.en),
            ),
            Shown::Promise(on) => say(
                format!("{case_no} 在 {on} 的承诺"),
                format!("the promise of {on} of {case_no}"),
            ),
        }
    }
}

/// The paper under the same number, however it is written, that shows another entry.
pub(super) async fn shows_another(
    app: &App,
    conn: &mut Conn,
    entry: &Paper,
) -> Result<Option<Paper>> {
    let number = receipts::plain(&entry.number);
    let all = on_file(app, conn).await?;
    Ok(all.into_iter().find(|paper| {
        receipts::plain(&paper.number) == number && paper.speaks_against(entry)
    }))
}

/// Every paper on file.
async fn on_file(app: &App, conn: &mut Conn) -> Result<Vec<Paper>> {
    let promises = promises::papers(conn).await?.into_iter();
    let of_promise = |(case_id, on, number)| {
        let shown = Shown::Promise(on);
        Paper { case_id, shown, number }
    };
    let mut papers: Vec<Paper> = promises.map(of_promise).collect();
    for plugin in app.engine.plugins().iter() {
        let on_file = plugin.papers(conn).await?.into_iter();
        papers.extend(on_file.map(|on_file| Paper {
            case_id: on_file.case_id,
            shown: Shown::Entry(on_file.title, on_file.order),
            number: on_file.number,
        }));
    }
    Ok(papers)
}

#[cfg(test)]
mod tests {
    use domain::manifest::text;
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_number_speaks_against_another_case_and_another_entry_of_its_kind() {
        let paper = |case, shown| Paper {
            case_id: CaseId(case),
            shown,
            number: "N-1".to_owned(),
        };
        let of_visit = |order| Shown::Entry(text("上门", "visit"), OrderId(order));
        let of_letter = |order| Shown::Entry(text("信件", "letter"), OrderId(order));
        let (visit, letter) = (of_visit(7), of_letter(8));
        let promise = Shown::Promise(date(2026, 3, 4));
        let table = [
            ((1, visit), (1, visit), false),
            ((1, visit), (1, of_visit(9)), true),
            ((1, visit), (1, promise), false),
            ((1, visit), (1, letter), false),
            ((1, visit), (2, promise), true),
            ((1, letter), (2, visit), true),
            ((1, letter), (2, of_letter(9)), true),
            ((1, promise), (1, promise), true),
        ];
        for ((case, shown), (other, entry), speaks) in table {
            let (known, new) = (paper(case, shown), paper(other, entry));
            assert_eq!(known.speaks_against(&new), speaks, "{known:?} {new:?}");
        }
    }
}
