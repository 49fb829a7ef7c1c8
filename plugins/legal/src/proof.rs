//! The proof of the legal books (法务簿核验): each proceeding is what its steps have made
//! of it, and each day that must not be missed stands where they put it.

use domain::say::Say;
use store::Conn;
use store::plugin::{BookFault, BooksError};

use crate::books::{self, Kept, Outcome};
use crate::proceeding::Proceeding;

/// Every proceeding that is not as its steps have it.
pub(crate) async fn verify(conn: &mut Conn) -> Result<Vec<BookFault>, BooksError> {
    let mut faults = stages(conn).await?;
    let mut after = 0;
    loop {
        let matters = books::kept(conn, after).await?;
        let Some(last) = matters.last() else { return Ok(faults) };
        let astray = books::astray(conn, (after, last.id.0)).await?;
        after = last.id.0;
        for matter in &matters {
            faults.extend(fault_of(conn, matter).await?);
            if astray.contains(&matter.id.0) {
                faults.push(another_sum(matter));
            }
        }
    }
}

/// A proceeding whose sum is another than was signed or filed last.
fn another_sum(matter: &Kept) -> BookFault {
    let id = matter.id;
    BookFault {
        case_id: matter.case_id,
        say: Say::new(
            format!("法务事项 {id} 的诉请金额与最近一次批准或提交的不符"),
            format!("matter {id} claims another sum than was approved or filed last"),
        ),
    }
}

/// Cases of which workflows read another stage than their proceedings have come to.
async fn stages(conn: &mut Conn) -> Result<Vec<BookFault>, BooksError> {
    if !books::stages_are_noted(conn).await? {
        return Ok(Vec::new());
    }
    let unlike = books::unlike(conn).await?.into_iter();
    let fault = |case_id| BookFault {
        case_id,
        say: Say::new(
            "案件上记的法院阶段与法务事项不符".to_owned(),
            "the case has another stage before the court than its matters".to_owned(),
        ),
    };
    Ok(unlike.map(fault).collect())
}

async fn fault_of(
    conn: &mut Conn,
    matter: &Kept,
) -> Result<Option<BookFault>, BooksError> {
    let deadlines = books::deadlines(conn, matter.id).await?;
    let file_by = books::file_by(conn, matter.id).await?;
    let mut made = Proceeding::opened(matter.id, &matter.kind, matter.opened_on, file_by);
    for (_, step) in books::steps(conn, matter.id).await? {
        made.take(&step);
    }
    let stands = matter.stage.as_ref().is_none_or(|stage| stage == made.stage.as_str());
    let id = matter.id;
    let say = if !stands || Outcome::of(&made) != matter.outcome {
        Say::new(
            format!("法务事项 {id} 与其步骤记录不符"),
            format!("matter {id} is not what its recorded steps have made of it"),
        )
    } else if matter.stage.is_some() && made.deadlines != deadlines {
        Say::new(
            format!("法务事项 {id} 的期限与其步骤记录不符"),
            format!("the deadlines of matter {id} are not those of its recorded steps"),
        )
    } else {
        return Ok(None);
    };
    Ok(Some(BookFault { case_id: matter.case_id, say }))
}
