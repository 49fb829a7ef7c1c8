//! Why the columns of a list cannot be told apart (列名的毛病).

use domain::say::Say;

use super::squeeze;
use crate::fault::FileFault;

pub(super) fn named_twice(name: &str, first: &str, second: &str) -> FileFault {
    if squeeze(first) == squeeze(second) {
        return repeated(first);
    }
    FileFault::new(
        "I031",
        Say::new(
            format!(
                "`{first}` 和 `{second}` 两列都对应 `{name}`,未导入任何内容;请用 `--map {first}={name}` 指明用哪一列"
            ),
            format!(
                "the columns `{first}` and `{second}` both mean `{name}`, nothing was imported; say which with `--map {first}={name}`"
            ),
        ),
    )
}

pub(super) fn repeated(header: &str) -> FileFault {
    FileFault::new(
        "I032",
        Say::new(
            format!(
                "列名 `{header}` 出现了两次,未导入任何内容;请改掉其中一个列名,或删去多余的一列"
            ),
            format!(
                "the header `{header}` stands there twice, nothing was imported; rename or remove one of the two columns"
            ),
        ),
    )
}
