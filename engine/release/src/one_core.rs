//! One core (同核): threads that wait for each other stay together.
//!
//! A store that is worked alone has a thread that asks and a thread that
//! answers, and one of them always waits. On two cores every question wakes a
//! sleeping core and every answer another, which costs more than most answers.

use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
use nix::unistd::Pid;
use tracing::debug;

/// A core of this machine, by its number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Core(usize);

/// The thread that asks.
const THIS_THREAD: Pid = Pid::from_raw(0);

/// The cores that this thread may use, the one it runs on first; empty where
/// the system does not say.
pub fn cores() -> Vec<Core> {
    let Ok(allowed) = sched_getaffinity(THIS_THREAD) else { return Vec::new() };
    let is_allowed = |core: &usize| allowed.is_set(*core).unwrap_or(false);
    let mut cores: Vec<Core> =
        (0..CpuSet::count()).filter(is_allowed).map(Core).collect();
    let here = sched_getcpu().ok().map(Core);
    let place = cores.iter().position(|core| Some(*core) == here);
    cores.rotate_left(place.unwrap_or(0));
    cores
}

/// Keeps this thread, and those it starts from now on, on one core.
///
/// It only saves time: a system that refuses is left as it is.
pub fn stay_on(core: Core) {
    let mut only = CpuSet::new();
    let stayed = only.set(core.0).and_then(|()| sched_setaffinity(THIS_THREAD, &only));
    if let Err(error) = stayed {
        debug!(%error, "the threads are not kept on one core");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_and_what_it_starts_stay_where_it_was_put() {
        let before = cores();
        assert!(!before.is_empty());
        for core in before.iter().copied() {
            let put = move || {
                stay_on(core);
                (cores(), std::thread::spawn(cores).join().unwrap())
            };
            let stayed = std::thread::spawn(put).join().unwrap();
            assert_eq!(stayed, (vec![core], vec![core]));
        }
        assert_eq!(cores().len(), before.len(), "others go where they like");
    }
}
