//! Printing (输出): one table, three forms.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufWriter, IsTerminal, Write};

use anyhow::Result;
use comfy_table::{ContentArrangement, Table, presets};
use domain::say::Lang;
use serde_json::Value;

use crate::cli::args::Output;
use crate::cli::columns;
use crate::cli::plain::{BYTE_ORDER_MARK, cell, printable};

/// The version of every JSON answer.
pub(crate) const FORMAT_VERSION: u32 = 2;

/// Whether a portion of rows is the first of its list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Place(bool);

impl Place {
    const FIRST: Self = Self(true);
    const LATER: Self = Self(false);
}

/// Prints a text as it is, without a line break behind it.
pub(crate) fn verbatim(text: &str) -> Result<()> {
    went_away(std::io::stdout().lock().write_all(text.as_bytes()))
}

fn json_end() -> std::io::Result<()> {
    std::io::stdout().lock().write_all(b"]}\n")
}

/// So many rows are held until they are printed.
const PORTION: usize = 1_000;

/// A list that is printed as it is read, so that one of a whole book is held nowhere; a
/// table, whose columns are as wide as their widest row, in parts with a head each.
pub(crate) struct Printer {
    sheet: Sheet,
    output: Output,
    lang: Lang,
    place: Place,
    printed: usize,
}

impl Printer {
    /// An empty list.
    pub(crate) fn new(columns: &[&'static str], output: Output, lang: Lang) -> Self {
        let sheet = Sheet::new(columns);
        Self { sheet, output, lang, place: Place::FIRST, printed: 0 }
    }

    /// Adds a row with one value a column.
    ///
    /// # Errors
    ///
    /// It cannot be printed.
    pub(crate) fn push(&mut self, row: Vec<Value>) -> Result<()> {
        self.sheet.push(row);
        if PORTION <= self.sheet.rows.len() { self.portion() } else { Ok(()) }
    }

    fn portion(&mut self) -> Result<()> {
        match self.output {
            Output::Csv => self.sheet.csv(self.place)?,
            Output::Json => went_away(self.sheet.json(self.place))?,
            Output::Table => self.sheet.table(self.lang)?,
        }
        self.printed += self.sheet.rows.len();
        self.sheet.rows.clear();
        self.place = Place::LATER;
        Ok(())
    }

    /// Prints what is left; `is_cut` where there are more rows than were added.
    ///
    /// # Errors
    ///
    /// It cannot be printed.
    pub(crate) fn end(mut self, is_cut: bool) -> Result<()> {
        if self.place == Place::FIRST {
            self.sheet.is_cut = is_cut;
            return self.sheet.print(self.output, self.lang);
        }
        if !self.sheet.rows.is_empty() {
            self.portion()?;
        }
        match self.output {
            Output::Json => went_away(json_end()),
            Output::Table if is_cut => say_cut(self.printed, self.lang),
            Output::Csv | Output::Table => Ok(()),
        }
    }
}

/// Rows under named columns; the names are those of CSV and JSON.
pub(crate) struct Sheet {
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
    /// More rows were found than these.
    is_cut: bool,
}

impl Sheet {
    /// An empty table.
    pub(crate) fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new(), is_cut: false }
    }

    /// Adds a row with one value a column.
    pub(crate) fn push(&mut self, row: Vec<Value>) {
        self.rows.push(row);
    }

    /// Prints it; a table in the words of whoever reads it.
    pub(crate) fn print(&self, output: Output, lang: Lang) -> Result<()> {
        match output {
            Output::Csv => self.csv(Place::FIRST),
            Output::Json => {
                went_away(self.json(Place::FIRST))?;
                went_away(json_end())
            }
            Output::Table => self.table(lang),
        }
    }

    /// Row by row: a list of a whole book is not held in memory once more.
    fn json(&self, place: Place) -> std::io::Result<()> {
        let mut out = BufWriter::new(std::io::stdout().lock());
        if place == Place::FIRST {
            write!(out, "{{\"format_version\":{FORMAT_VERSION},\"rows\":[")?;
        }
        for (number, row) in self.rows.iter().enumerate() {
            if 0 < number || place == Place::LATER {
                out.write_all(b",")?;
            }
            serde_json::to_writer(&mut out, &self.object(row))?;
        }
        out.flush()
    }

    fn object<'a>(&'a self, row: &'a [Value]) -> BTreeMap<&'static str, &'a Value> {
        self.columns.iter().copied().zip(row).collect()
    }

    fn csv(&self, place: Place) -> Result<()> {
        let mut out = std::io::stdout().lock();
        if place == Place::FIRST {
            out.write_all(BYTE_ORDER_MARK.as_bytes())?;
        }
        let mut writer = csv::Writer::from_writer(out);
        if place == Place::FIRST {
            writer.write_record(&self.columns)?;
        }
        for row in &self.rows {
            for value in row {
                match value {
                    // A count is no number of a loan, however long.
                    Value::Number(count) => writer.write_field(count.to_string())?,
                    text => writer.write_field(cell(&plain(text)).as_bytes())?,
                }
            }
            writer.write_record(None::<&[u8]>)?;
        }
        Ok(writer.flush()?)
    }

    fn table(&self, lang: Lang) -> Result<()> {
        if self.rows.is_empty() {
            return say(if lang == Lang::Zh { "(没有)" } else { "(none)" });
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(self.columns.iter().map(|column| columns::title(column, lang)));
        for row in &self.rows {
            let cells = self.columns.iter().zip(row);
            table.add_row(cells.map(|(column, value)| {
                let cell = printable(&plain(value)).replace('\t', " ");
                columns::shown(column, &cell, lang)
            }));
        }
        say(&table.to_string())?;
        if self.is_cut { say_cut(self.rows.len(), lang) } else { Ok(()) }
    }
}

fn say_cut(shown: usize, lang: Lang) -> Result<()> {
    say(&match lang {
        Lang::Zh => format!("(只列出 {shown} 行,还有更多:加 --limit 0 全部列出)"),
        Lang::En => format!("({shown} rows shown, there are more: --limit 0 lists all)"),
    })
}

/// A value as people and CSV read it.
fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// Prints one text for people. A reader that went away is no fault of ours.
pub(crate) fn say(text: &str) -> Result<()> {
    went_away(writeln!(std::io::stdout().lock(), "{}", printable(text)))
}

/// Prints one answer for programs, to the letter.
pub(crate) fn json(answer: &Value) -> Result<()> {
    went_away(writeln!(std::io::stdout().lock(), "{answer}"))
}

fn went_away(printed: std::io::Result<()>) -> Result<()> {
    match printed {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// Prints a complaint; there is nobody to tell when that fails too.
pub(crate) fn complain(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{}", printable(text)));
}

/// Whether a progress bar makes sense.
pub(crate) fn on_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Adds the fields of other objects to those of one.
pub(crate) fn extend<'f>(body: &mut Value, others: impl IntoIterator<Item = &'f Value>) {
    let Some(body) = body.as_object_mut() else { return };
    for fields in others.into_iter().filter_map(Value::as_object) {
        body.extend(fields.clone());
    }
}
