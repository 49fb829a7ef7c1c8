//! Where a store lies (案件库所在) that belongs to no site yet.

use std::path::PathBuf;

use anyhow::Result;
use store::{Place, Server};

/// Where a store lies that is named on the command line: a file, or
/// `postgres://user@host/database`, whose password is in PGPASSFILE or PGPASSWORD.
///
/// # Errors
///
/// The address cannot be used.
pub fn place_of(named: &str) -> Result<Place> {
    let path = std::path::absolute(named)?;
    if Server::is_named_by(named) {
        // Nothing is noted beside a store that belongs to no site yet.
        return Ok(Place::on(Server::parse(named)?, path_of_server()));
    }
    Ok(Place::file(path))
}

fn path_of_server() -> PathBuf {
    std::env::temp_dir().join("qingshou-store")
}
