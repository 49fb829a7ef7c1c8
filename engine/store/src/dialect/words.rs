//! One text for two databases (同一语句): a statement is written once, and each database
//! gets it in its own words.
//!
//! Rows that travel as one JSON text are read by name, and their columns are declared
//! where they are read:
//!
//! ```sql
//! update instances set stage = s.stage
//! from batch($1) as s (id bigint, stage text)
//! where instances.id = s.id
//! ```
//!
//! | source | the JSON text |
//! |---|---|
//! | `batch($1) as s (a bigint, b text)` | an array of arrays, cells in the order of the columns |
//! | `records($1) as s (a bigint, b text)` | an array of objects |
//! | `list($1) as s (a bigint)` | an array of single values |
//!
//! Columns are `bigint`, `text`, `flag` (true, false, 1 or 0; read as 1 or 0) or
//! `ordinality` (the place of the row, from 0, which takes no cell).

use super::Database;

/// A comment that begins so is a statement for PostgreSQL alone: a table that is made
/// anew there cannot have constraints of the names that its forerunner still has.
const FOR_POSTGRES: &str = "--postgres:";

/// What SQLite takes for a day.
const A_DAY: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// A name, a keyword, a number, or a parameter such as `$1`.
    Word,
    /// A text in quotes, or a name in double quotes.
    Quoted,
    /// White space or a comment.
    Space,
    Open,
    Close,
    Comma,
    Other,
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
}

/// The statement in the words of a database.
pub(crate) fn put(database: Database, sql: &str) -> String {
    let tokens = tokens(sql);
    let mut writer = Writer { database, out: String::with_capacity(sql.len() * 3 / 2) };
    writer.statement(&tokens);
    writer.out
}

fn tokens(sql: &str) -> Vec<Token<'_>> {
    let bytes = sql.as_bytes();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let (kind, end) = next(bytes, at);
        tokens.push(Token { kind, text: &sql[at..end] });
        at = end;
    }
    tokens
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || 0x80 <= byte
}

/// The kind of the token that begins at a place, and where it ends.
fn next(bytes: &[u8], at: usize) -> (Kind, usize) {
    let from = |is: fn(u8) -> bool| {
        let rest = bytes[at..].iter().position(|byte| !is(*byte));
        rest.map_or(bytes.len(), |it| at + it)
    };
    match bytes[at] {
        b'(' => (Kind::Open, at + 1),
        b')' => (Kind::Close, at + 1),
        b',' => (Kind::Comma, at + 1),
        quote @ (b'\'' | b'"') => {
            let end = bytes[at + 1..].iter().position(|byte| *byte == quote);
            // A doubled quote is the end of one text and the beginning of the next.
            (Kind::Quoted, end.map_or(bytes.len(), |it| at + it + 2))
        }
        b'-' if bytes.get(at + 1) == Some(&b'-') => {
            let end = bytes[at..].iter().position(|byte| *byte == b'\n');
            (Kind::Space, end.map_or(bytes.len(), |it| at + it))
        }
        byte if byte.is_ascii_whitespace() => {
            (Kind::Space, from(|it| it.is_ascii_whitespace()))
        }
        byte if is_of_word(byte) => (Kind::Word, from(is_of_word)),
        _ => (Kind::Other, at + 1),
    }
}

/// The parts of tokens between commas that stand in no parentheses of their own.
fn between_commas<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Comma if depth == 0 => {
                parts.push(&tokens[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[from..]);
    parts
}

fn trimmed<'t, 'a>(mut tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    while let [first, rest @ ..] = tokens {
        if first.kind != Kind::Space {
            break;
        }
        tokens = rest;
    }
    while let [rest @ .., last] = tokens {
        if last.kind != Kind::Space {
            break;
        }
        tokens = rest;
    }
    tokens
}

/// What stands between the parenthesis at a place and its partner, and the place behind
/// that.
fn enclosed<'t, 'a>(
    tokens: &'t [Token<'a>],
    open: usize,
) -> Option<(&'t [Token<'a>], usize)> {
    if tokens.get(open)?.kind != Kind::Open {
        return None;
    }
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&tokens[open + 1..at], at + 1));
        }
    }
    None
}

/// The place of the next token that is no space.
fn skip_space(tokens: &[Token<'_>], from: usize) -> usize {
    let rest = tokens.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|it| it.kind == Kind::Space).count()
}

fn is_word(tokens: &[Token<'_>], at: usize, word: &str) -> bool {
    tokens.get(at).is_some_and(|token| token.kind == Kind::Word && token.text == word)
}

/// Rows that travel as one JSON text.
struct Rows<'t, 'a> {
    source: Source,
    of: &'t [Token<'a>],
    name: &'a str,
    columns: Vec<Column<'a>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Source {
    Batch,
    Records,
    List,
}

struct Column<'a> {
    name: &'a str,
    of: Type,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Type {
    Bigint,
    Text,
    Flag,
    Ordinality,
}

impl Type {
    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "bigint" => Self::Bigint,
            "text" => Self::Text,
            "flag" => Self::Flag,
            "ordinality" => Self::Ordinality,
            _ => return None,
        })
    }
}

impl<'t, 'a> Rows<'t, 'a> {
    /// Rows whose source stands at a place, and the place behind their columns.
    fn at(tokens: &'t [Token<'a>], at: usize) -> Option<(Self, usize)> {
        let first = tokens.get(at)?;
        let source = match first.text {
            "batch" => Source::Batch,
            "records" => Source::Records,
            "list" => Source::List,
            _ => return None,
        };
        let (of, behind) = enclosed(tokens, at + 1)?;
        let as_word = skip_space(tokens, behind);
        if !is_word(tokens, as_word, "as") {
            return None;
        }
        let name = skip_space(tokens, as_word + 1);
        let open = skip_space(tokens, name + 1);
        let (declared, behind) = enclosed(tokens, open)?;
        let columns = between_commas(declared).into_iter().map(column);
        let columns: Option<Vec<_>> = columns.collect();
        Some((
            Self { source, of, name: tokens.get(name)?.text, columns: columns? },
            behind,
        ))
    }

    /// Each column with the place of its cell.
    fn cells(&self) -> impl Iterator<Item = (&Column<'a>, usize)> {
        let mut place = 0;
        self.columns.iter().map(move |column| {
            let own = place;
            place += usize::from(column.of != Type::Ordinality);
            (column, own)
        })
    }
}

fn column<'a>(declared: &[Token<'a>]) -> Option<Column<'a>> {
    let words: Vec<&str> =
        declared.iter().filter(|it| it.kind != Kind::Space).map(|it| it.text).collect();
    let [name, of] = words[..] else { return None };
    Some(Column { name, of: Type::from_word(of)? })
}

struct Writer {
    database: Database,
    out: String,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// A whole statement, whose answer is rows of numbers and texts.
    fn statement(&mut self, tokens: &[Token<'_>]) {
        if self.database == Database::Sqlite {
            return self.tokens(tokens);
        }
        let (mut depth, mut at) = (0_usize, 0);
        while at < tokens.len() {
            match tokens[at].kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && is_word(tokens, at, "select") {
                let end = end_of_list(tokens, at + 1);
                self.put("select");
                self.answers(&tokens[at + 1..end]);
                at = end;
            } else if depth == 0 && defines(tokens, at) {
                at = self.definition(tokens, at);
            } else {
                // Whatever is written as a whole closes what it opens.
                at = self.one(tokens, at);
            }
        }
    }

    /// The columns of an answer: one that is JSON is handed on as text.
    fn answers(&mut self, list: &[Token<'_>]) {
        for (place, item) in between_commas(list).into_iter().enumerate() {
            if 0 < place {
                self.put(",");
            }
            let (lead, rest) = item.split_at(skip_space(item, 0));
            self.tokens(lead);
            if is_json(rest) {
                let end = alias_of(rest).unwrap_or(rest.len());
                self.put("cast(");
                let json = trimmed(&rest[..end]);
                self.tokens(json);
                self.put(" as text)");
                self.tokens(&rest[json.len()..]);
            } else {
                self.tokens(rest);
            }
        }
    }

    fn tokens(&mut self, tokens: &[Token<'_>]) {
        let mut at = 0;
        while at < tokens.len() {
            at = self.one(tokens, at);
        }
    }

    /// What begins at a place; answers the place behind it.
    fn one(&mut self, tokens: &[Token<'_>], at: usize) -> usize {
        if let Some((rows, behind)) = Rows::at(tokens, at) {
            self.rows(&rows);
            return behind;
        }
        if self.database == Database::Postgres
            && tokens[at].kind == Kind::Word
            && let Some(behind) = self.function(tokens, at)
        {
            return behind;
        }
        let text = tokens[at].text;
        self.put(match self.database {
            Database::Sqlite => text,
            // As SQLite compares: letters of ASCII alike in both cases.
            Database::Postgres if text == "like" => "ilike",
            Database::Postgres => text.strip_prefix(FOR_POSTGRES).unwrap_or(text),
        });
        at + 1
    }

    fn rows(&mut self, rows: &Rows<'_, '_>) {
        match self.database {
            Database::Sqlite => self.rows_of_sqlite(rows),
            Database::Postgres => self.rows_of_postgres(rows),
        }
        self.put(") as ");
        self.put(rows.name);
    }

    /// `jsonb_each` hands on each row as it was parsed; `json_each` would write it out as
    /// text, to be parsed again for every cell.
    fn rows_of_sqlite(&mut self, rows: &Rows<'_, '_>) {
        let mut lead = "(select ";
        for (column, place) in rows.cells() {
            self.put(lead);
            match (rows.source, column.of) {
                (_, Type::Ordinality) => self.put("key"),
                (Source::Batch, _) => self.put(&format!("value ->> {place}")),
                (Source::Records, _) => self.put(&format!("value ->> '{}'", column.name)),
                (Source::List, _) => self.put("value"),
            }
            self.put(" as ");
            self.put(column.name);
            lead = ", ";
        }
        let each = if rows.source == Source::List { "json_each" } else { "jsonb_each" };
        self.put(&format!(" from {each}("));
        self.tokens(rows.of);
        self.put(")");
    }

    fn rows_of_postgres(&mut self, rows: &Rows<'_, '_>) {
        let mut lead = "lateral (select ";
        for (column, place) in rows.cells() {
            self.put(lead);
            let cell = match rows.source {
                Source::Batch => format!("e.value ->> {place}"),
                Source::Records => format!("e.value ->> '{}'", column.name),
                Source::List => "e.value #>> '{}'".to_owned(),
            };
            self.put(&match column.of {
                Type::Ordinality => "e.place - 1".to_owned(),
                Type::Bigint => format!("cast({cell} as bigint)"),
                Type::Flag => format!("cast(cast({cell} as boolean) as integer)"),
                Type::Text => format!("({cell}) collate \"C\""),
            });
            self.put(" as ");
            self.put(column.name);
            lead = ", ";
        }
        self.put(" from jsonb_array_elements(cast(");
        self.tokens(rows.of);
        self.put(" as jsonb)) with ordinality as e (value, place)");
    }

    /// A function that has another name there, or another answer.
    fn function(&mut self, tokens: &[Token<'_>], at: usize) -> Option<usize> {
        let (given, behind) = enclosed(tokens, at + 1)?;
        match tokens[at].text {
            "json_array" => self.call("jsonb_build_array(", given, ")"),
            "json_object" => self.call("jsonb_build_object(", given, ")"),
            "json" => self.call("cast(", given, " as jsonb)"),
            "char" => self.call("chr(", given, ")"),
            "cast" => return self.cast(given, behind),
            "sum" => return Some(self.over_rows("cast(sum(", tokens, at, " as bigint)")),
            "total" => return Some(self.over_rows("coalesce(sum(", tokens, at, ", 0)")),
            "json_group_array" => {
                let lead = "coalesce(jsonb_agg(";
                return Some(self.over_rows(lead, tokens, at, ", cast('[]' as jsonb))"));
            }
            "json_group_object" => {
                let lead = "coalesce(jsonb_object_agg(";
                return Some(self.over_rows(lead, tokens, at, ", cast('{}' as jsonb))"));
            }
            name @ ("max" | "min") => match between_commas(given)[..] {
                [one, other] => self.of_two(name, one, other),
                _ => return None,
            },
            "date" => match between_commas(given)[..] {
                [day, change] => self.day(day, trimmed(change)),
                _ => return None,
            },
            _ => return None,
        }
        Some(behind)
    }

    fn call(&mut self, lead: &str, given: &[Token<'_>], end: &str) {
        self.put(lead);
        self.tokens(given);
        self.put(end);
    }

    /// A text that is made of something else is ordered by its bytes, as all are.
    fn cast(&mut self, given: &[Token<'_>], behind: usize) -> Option<usize> {
        let [rest @ .., last] = trimmed(given) else { return None };
        if last.text != "text" {
            return None;
        }
        self.put("(cast(");
        self.tokens(rest);
        self.put("text) collate \"C\")");
        Some(behind)
    }

    /// An aggregate with the rows that it is over; answers the place behind it.
    fn over_rows(
        &mut self,
        lead: &str,
        tokens: &[Token<'_>],
        at: usize,
        end: &str,
    ) -> usize {
        let Some((given, mut behind)) = enclosed(tokens, at + 1) else { return at + 1 };
        self.call(lead, given, ")");
        for word in ["filter", "over"] {
            let next = skip_space(tokens, behind);
            if is_word(tokens, next, word)
                && let Some((of, after)) = enclosed(tokens, skip_space(tokens, next + 1))
            {
                self.put(&format!(" {word} ("));
                self.tokens(of);
                self.put(")");
                behind = after;
            }
        }
        self.put(end);
        behind
    }

    /// Nothing, where one of the two is nothing: `greatest` would take the other one.
    fn of_two(&mut self, name: &str, one: &[Token<'_>], other: &[Token<'_>]) {
        let name = if name == "max" { "greatest" } else { "least" };
        let (one, other) = (trimmed(one), trimmed(other));
        self.call("case when (", one, ")");
        self.call(" is not null and (", other, ") is not null then ");
        self.put(name);
        self.call("(", one, ", ");
        self.tokens(other);
        self.put(") end");
    }

    /// A day some days off, or the day of an instant in seconds. As in SQLite, what is
    /// none has none, and the 30th of February is the 2nd of March.
    fn day(&mut self, of: &[Token<'_>], change: &[Token<'_>]) {
        let change = change.first().map_or("", |it| it.text.trim_matches('\''));
        if change == "unixepoch" {
            self.call("case when (", of, ") between -62135596800 and 253402300799");
            self.call(" then to_char(to_timestamp(", of, ") at time zone 'UTC'");
            return self.put(", 'YYYY-MM-DD') end");
        }
        let days = change.trim_end_matches(" days");
        self.call("case when (", of, &format!(") ~ '{A_DAY}'"));
        self.call(" then to_char(to_date(substr(", of, ", 1, 7) || '-01', 'YYYY-MM-DD')");
        self.call(" + cast(substr(", of, ", 9, 2) as integer) - 1");
        self.put(&format!(" + ({days}), 'YYYY-MM-DD') end"));
    }

    /// A definition of a table: its texts are ordered by their bytes.
    fn definition(&mut self, tokens: &[Token<'_>], from: usize) -> usize {
        let mut at = from;
        while at < tokens.len() && tokens[at].text != ";" {
            let text = tokens[at].text;
            self.put(if text == "text" { "text collate \"C\"" } else { text });
            at += 1;
        }
        at
    }
}

fn defines(tokens: &[Token<'_>], at: usize) -> bool {
    let next = skip_space(tokens, at + 1);
    (is_word(tokens, at, "create") || is_word(tokens, at, "alter"))
        && is_word(tokens, next, "table")
}

/// Where the columns of a `select` end.
fn end_of_list(tokens: &[Token<'_>], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close if depth == 0 => return at,
            Kind::Close => depth -= 1,
            Kind::Word if depth == 0 => {
                if matches!(
                    token.text,
                    "from" | "where" | "union" | "order" | "limit" | "on" | "except"
                ) {
                    return at;
                }
            }
            _ if token.text == ";" => return at,
            _ => {}
        }
    }
    tokens.len()
}

/// Where `as name` begins behind an expression.
fn alias_of(item: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in item.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Word if depth == 0 && token.text == "as" => return Some(at),
            _ => {}
        }
    }
    None
}

/// Whether an expression makes JSON.
fn is_json(item: &[Token<'_>]) -> bool {
    let item = trimmed(item);
    let Some(first) = item.first() else { return false };
    match (first.kind, first.text) {
        (
            Kind::Word,
            "json_group_array" | "json_group_object" | "json_array" | "json_object"
            | "json",
        ) => enclosed(item, 1).is_some(),
        (Kind::Word, "coalesce") => {
            enclosed(item, 1).is_some_and(|enclosed| is_json(enclosed.0))
        }
        (Kind::Open, _) => enclosed(item, 0).is_some_and(|(inner, _)| {
            let inner = trimmed(inner);
            if is_word(inner, 0, "select") {
                is_json(&inner[1..])
            } else {
                is_json(inner)
            }
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn postgres(sql: &str) -> String {
        put(Database::Postgres, sql)
    }

    #[test]
    fn rows_of_a_batch_are_read_by_their_names() {
        let sql = "update t set b = s.b from batch($1) as s (id bigint, b text) where t.id = s.id";
        assert_eq!(
            put(Database::Sqlite, sql),
            "update t set b = s.b from (select value ->> 0 as id, value ->> 1 as b \
             from jsonb_each($1)) as s where t.id = s.id"
        );
        assert_eq!(
            postgres(sql),
            "update t set b = s.b from lateral (select cast(e.value ->> 0 as bigint) as id, \
             (e.value ->> 1) collate \"C\" as b from jsonb_array_elements(cast($1 as jsonb)) \
             with ordinality as e (value, place)) as s where t.id = s.id"
        );
    }

    #[test]
    fn the_place_of_a_row_takes_no_cell() {
        let sql = "select $2 + s.n, s.a from batch($1) as s (n ordinality, a bigint)";
        assert_eq!(
            put(Database::Sqlite, sql),
            "select $2 + s.n, s.a from (select key as n, value ->> 0 as a \
             from jsonb_each($1)) as s"
        );
        assert!(
            postgres(sql)
                .contains("e.place - 1 as n, cast(e.value ->> 0 as bigint) as a")
        );
    }

    #[test]
    fn objects_and_single_values_are_rows_as_well() {
        let objects = "select s.a from records($1) as s (a flag)";
        let values = "select id from list($1) as s (id bigint)";
        assert!(
            put(Database::Sqlite, objects)
                .contains("value ->> 'a' as a from jsonb_each(")
        );
        assert!(
            put(Database::Sqlite, values)
                .contains("(select value as id from json_each($1))")
        );
        let of_postgres = postgres(objects);
        assert!(
            of_postgres
                .contains("cast(cast(e.value ->> 'a' as boolean) as integer) as a"),
            "{of_postgres}"
        );
        assert!(postgres(values).contains("cast(e.value #>> '{}' as bigint) as id"));
    }

    #[test]
    fn what_a_statement_says_in_the_words_of_both_databases() {
        let said = [
            ("select max(id) from t", "select max(id) from t"),
            (
                "update t set d = max(a, b)",
                "update t set d = case when (a) is not null and (b) is not null \
                 then greatest(a, b) end",
            ),
            ("select sum(a) as n from t", "select cast(sum(a) as bigint) as n from t"),
            ("select total(a) as n from t", "select coalesce(sum(a), 0) as n from t"),
            (
                "select sum(a) filter (where 0 < a) from t",
                "select cast(sum(a) filter (where 0 < a) as bigint) from t",
            ),
            (
                "select json_group_array(json_array(id, a)) from t",
                "select cast(coalesce(jsonb_agg(jsonb_build_array(id, a)), cast('[]' as jsonb)) \
                 as text) from t",
            ),
            (
                "select id, coalesce(json_object('a', a), '{}') as body from t",
                "select id, cast(coalesce(jsonb_build_object('a', a), '{}') as text) as body from t",
            ),
            (
                "select a from t where json(note) ->> 'a' = 'x' and b like 'max(1, 2)%'",
                "select a from t where cast(note as jsonb) ->> 'a' = 'x' and b ilike 'max(1, 2)%'",
            ),
            (
                "select cast(id as text) from t -- max(a, b), it's said",
                "select (cast(id as text) collate \"C\") from t -- max(a, b), it's said",
            ),
            (
                "select a from t where b <= date(c, '+6 days') and d < date(e / 1000, 'unixepoch')",
                "select a from t where b <= case when (c) ~ \
                 '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' \
                 then to_char(to_date(substr(c, 1, 7) || '-01', 'YYYY-MM-DD') \
                 + cast(substr(c, 9, 2) as integer) - 1 + (+6), 'YYYY-MM-DD') end \
                 and d < case when (e / 1000) between -62135596800 and 253402300799 \
                 then to_char(to_timestamp(e / 1000) at time zone 'UTC', 'YYYY-MM-DD') end",
            ),
            (
                "create table t (a text not null, b bigint)",
                "create table t (a text collate \"C\" not null, b bigint)",
            ),
        ];
        for (sql, of_postgres) in said {
            assert_eq!(put(Database::Sqlite, sql), sql);
            assert_eq!(postgres(sql), of_postgres);
        }
    }

    #[test]
    fn a_quote_within_a_text_ends_no_text() {
        let sql = "select 'it''s max(a, b)', max(a) from t";
        assert_eq!(postgres(sql), sql);
    }
}
