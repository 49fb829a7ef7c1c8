//! What a rollback took out of service (回退掉的内容): it does not come back without a
//! word, whatever else of the folder is edited.

use std::collections::BTreeMap;

use anyhow::Result;
use script::finding::Finding;
use script::loading;
use script::program::Folder;
use serde::{Deserialize, Serialize};
use store::releases::{self, Release};
use store::{Conn, Now, meta};

use crate::findings::ROLLED_BACK;
use crate::lost::Running;

/// The hashes of the folders that a person has taken out of service, one a line;
/// a folder that is any of them is no edit.
const FOLDERS: &str = "rolled_back";
/// The texts of single files, as JSON.
const TEXTS: &str = "rolled_back_texts";

/// What a person has taken out of service: the text of a file, or one setting.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RolledBackText {
    /// The file, relative to the folder.
    pub file: String,
    /// The setting, `workflow.name`, where a file of settings had it.
    #[serde(default)]
    pub setting: Option<String>,
    /// Hash of the text, without the blanks that editors add; of a setting its value.
    pub hash: String,
    /// The number of the release that had it.
    pub left: i64,
    /// The number of the release gone back to.
    pub back: i64,
    /// Who went back.
    pub by: String,
    /// When, civil time.
    pub at: String,
}

/// Whether a folder is one that a person has gone back behind.
///
/// # Errors
///
/// The store cannot be read.
pub async fn is_folder(conn: &mut Conn, hash: &str) -> Result<bool> {
    let out = meta::text(conn, FOLDERS).await?.unwrap_or_default();
    Ok(out.lines().any(|line| line == hash))
}

/// The texts that are out of service.
///
/// # Errors
///
/// The store cannot be read.
pub async fn texts(conn: &mut Conn) -> Result<Vec<RolledBackText>> {
    match meta::text(conn, TEXTS).await?.filter(|text| !text.is_empty()) {
        Some(text) => Ok(serde_json::from_str(&text)?),
        None => of_folders(conn).await,
    }
}

/// The texts of a store that was rolled back by a program which kept the folders alone:
/// what they hold and the running release does not.
async fn of_folders(conn: &mut Conn) -> Result<Vec<RolledBackText>> {
    let folders = meta::text(conn, FOLDERS).await?.unwrap_or_default();
    let (Some(active), false) = (releases::active(conn).await?, folders.is_empty())
    else {
        return Ok(Vec::new());
    };
    let back = Folder { files: releases::files(conn, active.id).await? };
    let mut out = Vec::new();
    let all = releases::list(conn).await?;
    for left in all.iter().filter(|it| folders.lines().any(|hash| hash == it.hash)) {
        let had = Folder { files: releases::files(conn, left.id).await? };
        let new = RolledBackText::of((left, &active), "—", "—".to_owned());
        out = out_of_service(out, &had, &back, &new);
    }
    Ok(out)
}

/// Takes one release's texts out of service and another's back into it.
///
/// After two rollbacks the folder still holds what the first one left, so what
/// was taken out before stays out.
pub(super) async fn take_out(
    conn: &mut Conn,
    now: &Now,
    left: &Release,
    back: (&Release, &Folder),
    by: &str,
) -> Result<()> {
    let before = meta::text(conn, FOLDERS).await?.unwrap_or_default();
    let kept = before.lines().filter(|line| *line != left.hash && *line != back.0.hash);
    let out: Vec<&str> = kept.chain([left.hash.as_str()]).collect();
    meta::set_text(conn, FOLDERS, &out.join("\n")).await?;
    let had = Folder { files: releases::files(conn, left.id).await? };
    let at = now.civil.strftime("%F %H:%M").to_string();
    let new = RolledBackText::of((left, back.0), by, at);
    let out = out_of_service(texts(conn).await?, &had, back.1, &new);
    meta::set_text(conn, TEXTS, &serde_json::to_string(&out)?).await?;
    Ok(())
}

/// A folder goes live: what it holds is in service again. Everything else stays out,
/// however often other files are edited: the bad text may still lie in an editor.
pub(super) async fn put_back(conn: &mut Conn, folder: &Folder, hash: &str) -> Result<()> {
    let folders = meta::text(conn, FOLDERS).await?.unwrap_or_default();
    let kept: Vec<&str> = folders.lines().filter(|line| *line != hash).collect();
    meta::set_text(conn, FOLDERS, &kept.join("\n")).await?;
    let mut out = texts(conn).await?;
    let pieces = Pieces::of(folder);
    out.retain(|it| pieces.holding(it).is_none());
    meta::set_text(conn, TEXTS, &serde_json::to_string(&out)?).await?;
    Ok(())
}

/// What is out of service after going back from one folder to another; `new` says
/// by whom and when.
fn out_of_service(
    before: Vec<RolledBackText>,
    left: &Folder,
    back: &Folder,
    new: &RolledBackText,
) -> Vec<RolledBackText> {
    let added = Pieces::of(left).0.into_iter().map(|piece| RolledBackText {
        file: piece.file,
        setting: piece.setting,
        hash: piece.hash,
        ..new.clone()
    });
    let back = Pieces::of(back);
    let mut out: Vec<RolledBackText> = Vec::new();
    for text in added.chain(before) {
        let is_known = out.iter().any(|it| it.is_of(&text) && it.hash == text.hash);
        if !is_known && back.holding(&text).is_none() && out.len() < MOST {
            out.push(text);
        }
    }
    out
}

/// The newest so many are remembered.
const MOST: usize = 1_000;

/// The findings that make a folder wait that still holds what was taken out of
/// service.
pub fn find(
    texts: &[RolledBackText],
    folder: &Folder,
    running: Running<'_>,
) -> Vec<Finding> {
    if texts.is_empty() {
        return Vec::new();
    }
    let pieces = Pieces::of(folder);
    let there = texts.iter().filter_map(|text| Some((text, pieces.holding(text)?)));
    there.map(|(text, file)| finding(text, file, running)).collect()
}

impl RolledBackText {
    /// Of nothing yet: by whom and when it was gone back from one release to another.
    fn of((left, back): (&Release, &Release), by: &str, at: String) -> Self {
        Self {
            file: String::new(),
            setting: None,
            hash: String::new(),
            left: left.number,
            back: back.number,
            by: by.to_owned(),
            at,
        }
    }

    fn is_of(&self, other: &Self) -> bool {
        self.file == other.file && self.setting == other.setting
    }
}

/// What of a folder works on cases, piece by piece: each file, and each value of a file
/// of settings. Tests work on none.
struct Pieces(Vec<Piece>);

struct Piece {
    file: String,
    setting: Option<String>,
    hash: String,
    /// A text that nobody writes twice by chance.
    is_telling: bool,
}

impl Pieces {
    fn of(folder: &Folder) -> Self {
        let works = |file: &str| !file.ends_with("_test.lua");
        let files = folder.files.iter().filter(|file| works(file.0));
        Self(files.flat_map(|(file, text)| pieces(file, text)).collect())
    }

    /// The file that holds it: the same text under another name is the same text.
    fn holding(&self, text: &RolledBackText) -> Option<&str> {
        let same = self.0.iter().filter(|it| it.hash == text.hash);
        let is_meant = |it: &&Piece| match (&it.setting, &text.setting) {
            (None, None) => it.is_telling || it.file == text.file,
            (own, other) => own == other,
        };
        let mut same: Vec<&Piece> = same.filter(is_meant).collect();
        same.sort_by_key(|it| it.file != text.file);
        same.first().map(|it| it.file.as_str())
    }
}

fn pieces(file: &str, text: &str) -> Vec<Piece> {
    let settings = (file == loading::SETTINGS)
        .then(|| toml::from_str::<BTreeMap<String, toml::Table>>(text).ok())
        .flatten();
    let Some(settings) = settings else {
        let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
        let plain = lines.join("\n");
        let is_telling = plain.len() >= TELLING;
        return vec![Piece {
            file: file.to_owned(),
            setting: None,
            hash: hash(&plain),
            is_telling,
        }];
    };
    let each = settings.into_iter().flat_map(|(workflow, values)| {
        values.into_iter().map(move |(name, value)| (format!("{workflow}.{name}"), value))
    });
    each.map(|(setting, value)| Piece {
        file: file.to_owned(),
        hash: hash(&format!("{setting} = {value}")),
        setting: Some(setting),
        is_telling: false,
    })
    .collect()
}

/// Shorter texts are alike in more files than one.
const TELLING: usize = 40;

fn hash(text: &str) -> String {
    releases::hash_files(&[(String::new(), text.to_owned())].into())
}

fn finding(text: &RolledBackText, file: &str, running: Running<'_>) -> Finding {
    let RolledBackText { setting, left, back, by, at, .. } = text;
    let number = running.number;
    let (zh, en) = if running.folder.files.contains_key(file) {
        (
            format!(
                "用 `qingshou releases --restore {file}` 取回第 {number} 版的内容(现有的另存在旁边)"
            ),
            format!(
                "get that of release {number} back by `qingshou releases --restore {file}` \
                 (what lies there is kept beside it)"
            ),
        )
    } else {
        (
            format!("把它移走(第 {number} 版没有这个文件)"),
            format!("move it away (release {number} has no such file)"),
        )
    };
    let what = match setting {
        Some(setting) => (
            format!("设置 {setting} 还是被回退掉的值"),
            format!(
                "the setting {setting} still has the value that was taken out of service"
            ),
        ),
        None => (
            "这个文件还是被回退掉的内容".to_owned(),
            "it still holds the text that was taken out of service".to_owned(),
        ),
    };
    Finding::error(
        ROLLED_BACK,
        file,
        format!(
            "{}:{by} 于 {at} 从第 {left} 版退回第 {back} 版;请改好它,\
             或{zh};确实要它重新上线,执行 `qingshou releases --confirm`",
            what.0
        ),
        format!(
            "{}: {by} went back from release \
             {left} to {back} at {at}; change it, or {en}; if it is meant to go live again, \
             `qingshou releases --confirm`",
            what.1
        ),
    )
}

#[cfg(test)]
mod tests {
    use domain::say::Lang;
    use script::program::Program;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> Folder {
        let files = files.iter().map(|file| (file.0.to_owned(), file.1.to_owned()));
        Folder { files: files.collect() }
    }

    /// What is out of service after going back through some folders, one after
    /// the other.
    fn after(way: &[&Folder]) -> Vec<RolledBackText> {
        let new = RolledBackText {
            file: String::new(),
            setting: None,
            hash: String::new(),
            left: 3,
            back: 1,
            by: "Ann".to_owned(),
            at: "2026-11-23 10:00".to_owned(),
        };
        let steps = way.windows(2);
        steps.fold(Vec::new(), |out, it| out_of_service(out, it[0], it[1], &new))
    }

    /// Names and texts.
    type Files<'a> = &'a [(&'a str, &'a str)];

    /// The releases that were gone back to, one after the other, and what is out then.
    type Row<'a> = (&'a [&'a Folder], &'a [(&'a str, &'a str)]);

    #[test]
    fn what_differs_in_the_release_left_is_out_until_a_release_has_it_again() {
        let one = folder(&[("a.lua", "1"), ("b.lua", "1")]);
        let two = folder(&[("a.lua", "2"), ("b.lua", "1")]);
        let three = folder(&[("a.lua", "3"), ("b.lua", "1"), ("c.lua", "3")]);
        let table: [Row<'_>; 4] = [
            (&[&two, &one], &[("a.lua", "2")]),
            (&[&three, &two], &[("a.lua", "3"), ("c.lua", "3")]),
            (&[&three, &two, &one], &[("a.lua", "2"), ("a.lua", "3"), ("c.lua", "3")]),
            (&[&three, &one, &three], &[("a.lua", "1")]),
        ];
        for (number, (way, wanted)) in table.into_iter().enumerate() {
            let out = after(way);
            let mut held: Vec<(&str, &str)> = Vec::new();
            for file in ["a.lua", "b.lua", "c.lua"] {
                for text in ["1", "2", "3"] {
                    let holds_it = Pieces::of(&folder(&[(file, text)]));
                    if out.iter().any(|it| holds_it.holding(it).is_some()) {
                        held.push((file, text));
                    }
                }
            }
            assert_eq!(held, wanted, "{number}");
        }
    }

    #[test]
    fn a_text_that_is_still_there_is_told_with_who_went_back_and_what_to_do() {
        let one = folder(&[("a.lua", "1"), ("t.txt", "1")]);
        let two = folder(&[("a.lua", "2"), ("b.lua", "2"), ("t.txt", "1")]);
        let out = after(&[&two, &one]);
        let running = Running { number: 1, folder: &one, program: &Program::default() };
        let told = |folder: &Folder| {
            let found = find(&out, folder, running);
            found.iter().map(|it| it.render(Lang::En)).collect::<Vec<_>>()
        };
        let edited = folder(&[("a.lua", "2"), ("b.lua", "2"), ("t.txt", "2")]);
        let found = told(&edited);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("error[W071] a.lua: "), "{found:?}");
        for part in ["Ann", "2026-11-23 10:00", "--restore a.lua`", "--confirm`"] {
            assert!(found[0].contains(part), "{part}: {found:?}");
        }
        assert!(found[1].contains("release 1 has no such file"), "{found:?}");
        assert_eq!(told(&folder(&[("a.lua", "2!"), ("t.txt", "2")])), [""; 0]);
    }

    #[test]
    fn the_same_text_is_known_whatever_its_name_and_whatever_blanks_stand_round_it() {
        let bad = "workflow \"zc\" {\n  title = { zh = \"催\", en = \"zc\" },\n}\n";
        let good = "workflow \"za\" {\n  title = { zh = \"办\", en = \"za\" },\n}\n";
        let one = folder(&[
            ("a.lua", good),
            ("settings.toml", "[remind]\ncall_after = \"2 days\"\n"),
        ]);
        let settings = "[remind]\ncall_after = \"9 days\"\nmost = 3\n";
        let test = ("zc_test.lua", "test \"a case that is late is told of it\" {}\n");
        let two = folder(&[
            ("a.lua", good),
            ("zc.lua", bad),
            ("settings.toml", settings),
            test,
        ]);
        let out = after(&[&two, &one]);
        let running = Running { number: 1, folder: &one, program: &Program::default() };
        let spaced = format!("\n{}\n\n", bad.replace('\n', "  \r\n"));
        let table: &[(Files<'_>, &[&str])] = &[
            (&[("zc.lua", bad)], &["zc.lua"]),
            (&[("zd.lua", bad)], &["zd.lua"]),
            (&[("zc.lua", &spaced)], &["zc.lua"]),
            (&[("zc.lua", good)], &[]),
            (&[test], &[]),
            (
                &[(
                    "settings.toml",
                    "# new\n[visit]\nvisit_within = \"6 days\"\n\n[remind]\ncall_after = \"9 days\"\n",
                )],
                &["settings.toml"],
            ),
            (&[("settings.toml", "[remind]\ncall_after = \"3 days\"\n")], &[]),
        ];
        for (files, wanted) in table {
            let found = find(&out, &folder(files), running);
            let named: Vec<&str> = found.iter().map(|it| it.file.as_str()).collect();
            assert_eq!(named, *wanted, "{files:?}");
        }
    }
}
