//! Whether anybody is there (探问).

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::{Actor, Answer, Done, Execute, Rules};

/// Is anybody there.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Ping {}

impl Execute for Ping {
    type Data = ();

    fn rules(&self) -> Rules<'_> {
        Rules::of_looking()
    }

    async fn execute(&self, _app: &App, _actor: &Actor) -> Done<()> {
        Ok(Answer { text: "ok".to_owned(), data: () })
    }
}
