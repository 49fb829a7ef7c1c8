//! What can be wrong with a list (导入问题), said in Chinese and English.
//!
//! A message never repeats what stands in a cell: a shifted column would put a
//! telephone number into it. The rejects file holds the cells, the message
//! names the column.

use std::fmt;

use domain::say::{Lang, Say};
use serde::Serialize;
use thiserror::Error;

/// Why a whole file was refused. Nothing of it was stored, unless the message says how
/// many rows were.
#[derive(Clone, Debug, Eq, Error, PartialEq, Serialize)]
pub struct FileFault {
    /// A stable code, `I003`.
    pub code: &'static str,
    /// The name of the file, without its folder.
    pub file: String,
    /// The line, counted from 1, where one can be named.
    pub line: Option<u64>,
    /// Fault, consequence and next step.
    pub message: Say,
}

impl FileFault {
    /// A fault of the file as a whole; the reader adds the name of the file.
    pub(crate) fn new(code: &'static str, message: Say) -> Self {
        Self { code, file: String::new(), line: None, message }
    }

    pub(crate) fn at(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    pub(crate) fn of(mut self, file: &str) -> Self {
        file.clone_into(&mut self.file);
        self
    }

    /// The same where so many rows of a long file are in the book already: they were
    /// taken in portions, between which others write.
    pub(crate) fn after(mut self, rows: usize) -> Self {
        let Say { zh, en } = &mut self.message;
        for nothing in ["未导入任何内容", "没有导入任何内容"] {
            *zh = zh.replace(nothing, "文件的其余部分未导入");
        }
        *en = en.replace("nothing was imported", "the rest of the file was not imported");
        *zh = format!("{zh};此前已有 {rows} 行入库,排除后再导入同一文件,已入的不会重复");
        *en = format!(
            "{en}; {rows} rows are in the book already: import the same file again then, nothing is booked twice"
        );
        self
    }

    /// The line to show: position, fault, consequence, next step.
    pub fn text(&self, lang: Lang) -> String {
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        let (word, text) = match lang {
            Lang::Zh => ("错误", &self.message.zh),
            Lang::En => ("error", &self.message.en),
        };
        format!("{word}[{}] {}{line}: {text}", self.code, self.file)
    }
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

/// Why one row was left out. The other rows are kept.
#[derive(Clone, Debug, Eq, Hash, PartialEq, Serialize)]
pub struct RowFault {
    /// A stable code, `R004`.
    pub code: &'static str,
    /// The column as the file names it, where one is to blame.
    pub column: Option<String>,
    /// Fault and next step.
    pub message: Say,
}

impl RowFault {
    /// A fault of the row as a whole.
    pub(crate) fn new(code: &'static str, message: Say) -> Self {
        Self { code, column: None, message }
    }

    pub(crate) fn of_column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }

    /// The reason as the rejects file and the report show it.
    pub fn text(&self, lang: Lang) -> String {
        format!("[{}] {}", self.code, self.reason(lang))
    }

    /// The reason without its code.
    pub(crate) fn reason(&self, lang: Lang) -> String {
        let text = self.message.text(lang);
        match (&self.column, lang) {
            (Some(column), Lang::Zh) => format!("`{column}` 列:{text}"),
            (Some(column), Lang::En) => format!("column `{column}`: {text}"),
            (None, _) => text.to_owned(),
        }
    }
}
