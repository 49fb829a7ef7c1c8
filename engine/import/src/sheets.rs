//! Which sheet of a workbook is the list (工作表), and what merged cells mean.

use calamine::Dimensions;
use domain::say::Say;

use super::amounts::Comma;
use super::days::Epoch;
use super::fault::FileFault;
use super::headers::ColumnsWanted;
use super::layout;
use super::table::{Manner, Mark, Row, empty_file};

/// What is seen of a sheet before one is chosen.
pub(crate) struct Offer {
    pub name: String,
    pub hidden: bool,
    /// The first rows that are not blank.
    pub rows: Vec<Row>,
}

/// The sheet that is read.
#[derive(Debug)]
pub(crate) struct Choice {
    pub name: String,
    /// The workbook has others, so the report names this one.
    pub named: bool,
    pub notices: Vec<Say>,
}

/// How the cells of a workbook are written; its days count from 1900 or 1904.
pub(crate) fn manner(from_1904: bool) -> Manner {
    let epoch = if from_1904 { Epoch::Year1904 } else { Epoch::Year1900 };
    Manner { comma: Comma::PartsThousands, epoch: Some(epoch), fixed_width: false }
}

/// Takes the sheet that a person named, or the only one that looks like the
/// list that is wanted; several are a question.
pub(crate) fn choose(
    offers: &[Offer],
    wanted: &ColumnsWanted<'_>,
    said: Option<&str>,
) -> Result<Choice, FileFault> {
    let shown: Vec<&Offer> = offers.iter().filter(|offer| !offer.hidden).collect();
    let filled: Vec<&Offer> =
        shown.iter().filter(|it| !it.rows.is_empty()).copied().collect();
    if let Some(said) = said {
        let by_name = offers.iter().find(|offer| offer.name.trim() == said.trim());
        let nth = || said.parse::<usize>().ok()?.checked_sub(1);
        let by_number = || nth().and_then(|it| shown.get(it).copied());
        let found = by_name.or_else(by_number).ok_or_else(|| no_such(&shown))?;
        return if found.rows.is_empty() {
            Err(empty_file())
        } else {
            Ok(choice(found, &filled))
        };
    }
    let lists: Vec<&Offer> = filled
        .iter()
        .filter(|it| layout::looks_like_list(&it.rows, wanted))
        .copied()
        .collect();
    match (lists.as_slice(), filled.first()) {
        ([list], _) => Ok(choice(list, &filled)),
        ([], Some(first)) => Ok(choice(first, &filled)),
        ([], None) => Err(empty_file()),
        (several, _) => Err(which(several)),
    }
}

fn choice(chosen: &Offer, filled: &[&Offer]) -> Choice {
    let others: Vec<&str> = filled
        .iter()
        .filter(|it| it.name != chosen.name)
        .map(|it| it.name.as_str())
        .collect();
    let name = chosen.name.clone();
    if others.is_empty() {
        return Choice { name, named: false, notices: Vec::new() };
    }
    let count = others.len();
    let others = names(&others);
    let notice = Say::new(
        format!(
            "只读取了工作表“{name}”,另有 {count} 个有内容的工作表未读取:{others};要读取另一个请用 `--sheet`"
        ),
        format!(
            "only the sheet \"{name}\" was read; {count} other filled sheets were left out: {others}; read another with `--sheet`"
        ),
    );
    Choice { name, named: true, notices: vec![notice] }
}

/// So many sheets are named in a message.
const NAMED: usize = 8;

fn names(all: &[&str]) -> String {
    let named: Vec<String> = all.iter().take(NAMED).map(|it| format!("`{it}`")).collect();
    let more = if NAMED < all.len() { " …" } else { "" };
    named.join(" ") + more
}

fn which(several: &[&Offer]) -> FileFault {
    let all: Vec<&str> = several.iter().map(|it| it.name.as_str()).collect();
    let (first, all) = (all.first().copied().unwrap_or_default(), names(&all));
    FileFault::new(
        "I037",
        Say::new(
            format!(
                "有几个工作表都像清单:{all},未导入任何内容;请用 `--sheet 名称` 指明读取哪一个,例如 `--sheet {first}`"
            ),
            format!(
                "several sheets look like lists: {all}, nothing was imported; say which with `--sheet NAME`, for example `--sheet {first}`"
            ),
        ),
    )
}

fn no_such(shown: &[&Offer]) -> FileFault {
    let all: Vec<&str> = shown.iter().map(|it| it.name.as_str()).collect();
    let all = names(&all);
    FileFault::new(
        "I037",
        Say::new(
            format!(
                "工作簿没有这个工作表,未导入任何内容;可选的有:{all},也可以写序号(从 1 开始)"
            ),
            format!(
                "the workbook has no such sheet, nothing was imported; there are: {all}; a number counted from 1 will do too"
            ),
        ),
    )
}

/// Merged cells of a sheet, as the rows come by from the top.
pub(crate) struct Merges {
    /// Those that begin further down, the next one last.
    coming: Vec<Dimensions>,
    /// Those that reach over the row, with their content.
    over: Vec<(Dimensions, String, Mark)>,
}

impl Merges {
    pub(crate) fn new(mut merges: Vec<Dimensions>) -> Self {
        merges
            .retain(|merge| merge.start.0 <= merge.end.0 && merge.start.1 <= merge.end.1);
        merges.sort_unstable_by_key(|merge| std::cmp::Reverse(merge.start));
        Self { coming: merges, over: Vec::new() }
    }

    /// Writes the content of merged cells into each cell they stand for. A
    /// person reads `示例甲` beside every loan that the merged cell reaches over.
    pub(crate) fn fill(&mut self, row: u32, cells: &mut Vec<(String, Mark)>) {
        self.over.retain(|it| row <= it.0.end.0);
        while let Some(next) = self.coming.pop_if(|it| it.start.0 <= row) {
            if next.end.0 < row {
                continue;
            }
            let at = usize::try_from(next.start.1).unwrap_or(usize::MAX);
            // A merge whose first row holds nothing at all has no content.
            let first = next.start.0 == row;
            let own = cells.get(at).filter(|_| first).cloned().unwrap_or_default();
            self.over.push((next, own.0, own.1));
        }
        for (area, text, mark) in &self.over {
            for column in area.start.1..=area.end.1.min(LAST_MERGED) {
                let Ok(at) = usize::try_from(column) else { continue };
                let spans_rows = area.start.0 < area.end.0;
                let repeats = column != area.start.1;
                let filled = Mark { spans_rows, repeats, ..*mark };
                if text.is_empty() {
                    continue;
                }
                if cells.len() <= at {
                    cells.resize_with(at + 1, Default::default);
                }
                if cells[at].0.is_empty() {
                    cells[at] = (text.clone(), filled);
                } else {
                    cells[at].1 = Mark { spans_rows, repeats, ..cells[at].1 };
                }
            }
        }
    }
}

/// Nobody merges further to the right.
const LAST_MERGED: u32 = 1_000;
