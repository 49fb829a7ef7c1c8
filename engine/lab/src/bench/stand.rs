//! Where it is measured (测速场地): two stores of the same rows, one for the engine and one
//! for the loop, that are gone afterwards.

use std::path::Path;

use anyhow::{Result, bail};
use store::{Place, Server, Store};

use crate::bench::fill;

/// The schema on a server where the address names none.
const SCHEMA: &str = "qingshou_bench";

/// Two places that hold nothing else.
pub(super) struct Stand {
    pub(super) engine: Place,
    pub(super) raw: Place,
}

impl Stand {
    /// In a folder of its own, or in two schemas of a server.
    pub(super) async fn make(dir: &Path, database: Option<&str>) -> Result<Self> {
        let (engine, raw) = (dir.join("engine.db"), dir.join("raw.db"));
        let Some(address) = database else {
            return Ok(Self { engine: Place::file(engine), raw: Place::file(raw) });
        };
        let server = Server::parse(address)?;
        let schema = server.schema().unwrap_or(SCHEMA).to_owned();
        let ours = server.clone().in_schema(&schema);
        let beside = server.in_schema(&format!("{schema}_raw"));
        if !Store::make_own_schema(&ours).await? {
            return refuse(&ours);
        }
        if !Store::make_own_schema(&beside).await? {
            Store::drop_own_schema(&ours).await?;
            return refuse(&beside);
        }
        Ok(Self { engine: Place::on(ours, engine), raw: Place::on(beside, raw) })
    }

    /// Fills both with so many cases; answers the bytes of one.
    pub(super) async fn fill(&self, open: i64) -> Result<i64> {
        let filled = fill::fill(&self.engine, open).await?;
        if self.engine.server().is_some() {
            fill::fill(&self.raw, open).await?;
        } else {
            std::fs::copy(self.engine.path(), self.raw.path())?;
        }
        Ok(filled)
    }

    pub(super) fn name(&self) -> &'static str {
        if self.engine.server().is_some() { "postgres" } else { "sqlite" }
    }

    pub(super) async fn take_away(&self) -> Result<()> {
        for place in [&self.engine, &self.raw] {
            if let Some(server) = place.server() {
                Store::drop_own_schema(server).await?;
            }
        }
        Ok(())
    }
}

/// What is there may be somebody's store, and would be taken away with the rest.
fn refuse<T>(server: &Server) -> Result<T> {
    let schema = server.schema().unwrap_or_default();
    bail!(
        "{server} 里已有模式 {schema},没有改动 · there is a schema {schema} already; nothing \
         was changed\n  \
         提示:用 ?schema= 写一个还没有的模式名,测完即删 · \
         hint: name one that is not there with ?schema=; it is made and dropped"
    )
}
