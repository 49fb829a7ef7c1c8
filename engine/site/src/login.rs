//! Who works at the machine (登录名): the names of its users.

use nix::unistd::{Uid, User};

/// The name of an operating-system user; its number when it has none.
pub fn login_of(uid: Uid) -> String {
    let found = User::from_uid(uid).ok().flatten();
    found.map_or_else(|| uid.to_string(), |it| it.name)
}
