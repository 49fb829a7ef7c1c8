//! Room on the disk (磁盘余量) of a site: a full one stops all that is written, and is
//! told before somebody needs it.

use std::path::Path;

use nix::sys::statvfs::statvfs;

/// Less than this is told to the administrator, in megabytes.
const LITTLE_MB: u64 = 100;

/// Room that is left where a folder lies, in bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Room(u64);

impl Room {
    /// What is left for the files of a folder; `None` where the system does not say.
    pub(crate) fn of(dir: &Path) -> Option<Self> {
        let about = statvfs(dir).ok()?;
        // As many bits as the machine has.
        let (blocks, size) = (about.blocks_available(), about.fragment_size());
        Some(Self(blocks.saturating_mul(size)))
    }

    /// In bytes.
    pub(crate) fn bytes(self) -> u64 {
        self.0
    }

    /// Whether nothing more can be counted on to be written.
    pub(crate) fn is_none(self) -> bool {
        self.0 < 1 << 20
    }

    /// What is to be said of it, Chinese and English; `None` while there is enough.
    pub(crate) fn told(self) -> Option<(String, String)> {
        let megabytes = self.0 >> 20;
        if LITTLE_MB <= megabytes {
            return None;
        }
        if self.is_none() {
            return Some((
                "磁盘已满:案件库写不进,不登记、不办理、不发送\n  下一步:腾出空间;不用重启,有了空间自动继续,没有丢失任何内容".to_owned(),
                "DISK FULL: the store cannot be written; nothing is entered, worked or \
                 sent\n  next: make room; no restart is needed, the work goes on by itself \
                 and nothing is lost"
                    .to_owned(),
            ));
        }
        Some((
            format!(
                "磁盘空间不足:只剩 {megabytes} MB\n  下一步:腾出空间;写满时停止办理和发送"
            ),
            format!(
                "LITTLE DISK: {megabytes} MB are left\n  next: make room; on a full disk \
                 nothing is worked or sent"
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_room_is_told_and_none_is_told_as_none() {
        let told = |bytes| Room(bytes).told().map(|it| it.1);
        assert_eq!(told(200 << 20), None);
        assert!(told(99 << 20).unwrap().starts_with("LITTLE DISK: 99 MB"));
        assert!(told(1000).unwrap().starts_with("DISK FULL"));
        let here = Room::of(Path::new("/")).unwrap();
        assert!(!here.is_none() && here.bytes() != 0);
        assert_eq!(Room::of(Path::new("/nowhere")), None);
    }
}
