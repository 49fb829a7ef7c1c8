//! Who works at the machine (登录名): the names of its users, and its own.

use nix::unistd::{Uid, User, gethostname};

/// The name of an operating-system user; its number when it has none.
pub fn login_of(uid: Uid) -> String {
    let found = User::from_uid(uid).ok().flatten();
    found.map_or_else(|| uid.to_string(), |it| it.name)
}

/// The name of this machine.
pub fn host_name() -> String {
    gethostname().unwrap_or_default().to_string_lossy().into_owned()
}
