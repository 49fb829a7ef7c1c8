//! What a debtor answered to a message or a letter (客户回复); where somebody else has the
//! number, it is used no more.

use anyhow::{Result, bail};
use domain::event::REPLY;
use domain::ids::CaseId;
use domain::journal::{Entered, ReplyByHand};
use domain::point::{PointKind, PointState};
use runtime::words::REPLIES;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};
use store::points::{self, NewPoint};
use store::{Conn, Now};

use crate::app::App;
use crate::command::DESK;
use crate::language::say;
use crate::people::{in_use, who};
use crate::writes::{case_of, record};
use crate::{Actor, Answer, Done, Execute, Rules};

/// Enter what a debtor answered.
#[derive(clap::Args, Clone, Debug, Deserialize, Serialize)]
pub struct DebtorReply {
    /// The loan number.
    pub case: String,
    /// sms, wechat or letter.
    #[arg(long)]
    pub channel: String,
    /// Somebody else has the number: it is used no more.
    #[arg(long)]
    pub wrong_number: bool,
    /// Whose number was written to; the borrower's when not given.
    #[arg(long, value_name = "WHO")]
    pub person: Option<String>,
    /// What was answered.
    #[arg(long)]
    pub note: String,
}

/// The answer that was entered.
#[derive(Debug, Serialize)]
pub(crate) struct Replied {
    channel: String,
    wrong_number: bool,
}

impl Execute for DebtorReply {
    type Data = Replied;

    fn rules(&self) -> Rules<'_> {
        Rules::of(DESK).because(&self.note).bearing_a_day()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let case_id = case_of(app, &self.case).await?;
        let channel = channel_of(&self.channel)?;
        let wrong_number = self.wrong_number;
        let now = app.engine.clock.now();
        let mut work = app.engine.begin_by(actor.because(&self.note), &now).await?;
        if wrong_number {
            self.put_out_of_use(work.conn(), &now, case_id, actor).await?;
        }
        let mut payload = Map::new();
        payload.insert("channel".to_owned(), json!(channel));
        payload.insert("note".to_owned(), json!(self.note));
        if wrong_number {
            payload.insert("wrong_number".to_owned(), json!(true));
        }
        record(app, work.conn(), case_id, REPLY, payload).await?;
        let reply = channel.clone();
        let what = Entered::Reply(ReplyByHand { reply, wrong_number });
        let work = work.journal_entry(case_id, what).await?;
        work.commit().await?;
        let (zh, en) = if wrong_number {
            (
                ";号码已停用,并开出查找待办",
                "; the number is out of use, and is to be traced",
            )
        } else {
            ("", "")
        };
        let text = say(
            format!("已登记客户回复({}){zh}", REPLIES.zh(&channel)),
            format!("reply entered ({channel}){en}"),
        );
        Ok(Answer { text, data: Replied { channel, wrong_number } })
    }
}

impl DebtorReply {
    /// Whoever answered is somebody else: the number in use is wrong.
    async fn put_out_of_use(
        &self,
        conn: &mut Conn,
        now: &Now,
        case_id: CaseId,
        actor: &Actor,
    ) -> Result<()> {
        let of = (self.case.as_str(), case_id);
        let person = who(conn, of, self.person.as_deref()).await?;
        let Some(value) = in_use(&person, PointKind::Phone) else {
            bail!(say("没有登记电话号码", "no telephone number is on record"));
        };
        let new = NewPoint {
            party: person.party,
            kind: PointKind::Phone,
            value,
            state: PointState::Wrong,
            on: now.today(),
            by: actor.name.clone(),
            given_by: None,
            best_hours: None,
        };
        points::enter(conn, now, &[new]).await?;
        points::trace(conn, now, &[(case_id, person.party)]).await?;
        Ok(())
    }
}

/// The channel of an answer, by the word that was typed.
fn channel_of(typed: &str) -> Result<String> {
    let channel = REPLIES.typed(typed.trim().to_owned());
    if REPLIES.said(&channel).is_some() {
        return Ok(channel);
    }
    bail!(say(
        format!("没有渠道 `{typed}`\n  提示:可用 {}", REPLIES.listed(REPLIES.all())),
        format!(
            "there is no channel `{typed}`\n  hint: use {}",
            REPLIES.all().collect::<Vec<_>>().join(", ")
        ),
    ))
}
