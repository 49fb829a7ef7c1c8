//! Real books (真实台账) come in by the command line and age as others computed them.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Cli, data};

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().expect("a plain path").to_owned()
}

/// The rows of an expected report, by the value of their first column.
fn expected(file: &Path) -> (String, BTreeMap<String, Vec<String>>) {
    let text = std::fs::read_to_string(file).expect("the expected report is there");
    let mut lines = text.lines();
    let header = lines.next().expect("it has a header").to_owned();
    let mut days: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in lines {
        let (day, _) = line.split_once(',').expect("it has columns");
        days.entry(day.to_owned()).or_default().push(line.to_owned());
    }
    (header, days)
}

/// `case_id,max_dpd` of a file that has more columns, sorted.
fn worst(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("the expected report is there");
    let cut = |line: &str| line.splitn(3, ',').take(2).collect::<Vec<_>>().join(",");
    let mut rows: Vec<String> = text.lines().skip(1).map(cut).collect();
    rows.sort();
    rows
}

fn reported(cli: &Cli, as_of: &str) -> Vec<String> {
    let told = cli.expect(0, &["report", "max-dpd", "--as-of", as_of, "-o", "csv"]);
    let mut lines = told.out.lines();
    assert_eq!(lines.next(), Some("\u{feff}case_id,max_dpd"));
    let mut rows: Vec<String> = lines.map(str::to_owned).collect();
    rows.sort();
    rows
}

#[test]
fn the_microloans_come_in_once_and_age_as_expected_on_every_date() {
    let Some(kiva) = data("kiva") else { return };
    let cli = Cli::new();
    let cases = path(&kiva, "cases.csv");
    let events = path(&kiva, "events.csv.gz");
    let import_cases = ["import", "cases", &cases, "--where", "in_book=1"];
    let import_events = ["import", "events", &events];

    let first = cli.json(0, &import_cases);
    assert_eq!((&first["new"], &first["filtered_out"]), (&616.into(), &371.into()));
    let told = cli.json(0, &import_events);
    assert_eq!(told["booked"], 11_141);
    assert_eq!(told["skipped_unknown_case"], 3_310);

    let (header, days) = expected(&kiva.join("expected_ageing.csv"));
    assert!(30 < days.len(), "month ends from 2006 to 2008");
    for (day, rows) in &days {
        let told = cli.expect(0, &["report", "ageing", "--as-of", day, "-o", "csv"]);
        let table = told.out.strip_prefix('\u{feff}').expect("a spreadsheet knows it");
        let (found_header, found) = table.split_once('\n').expect("a header and rows");
        assert_eq!(found_header, header);
        assert_eq!(found.lines().collect::<Vec<_>>(), *rows, "as of {day}");
    }
    assert_eq!(reported(&cli, "2015-01-05"), worst(&kiva.join("expected_cases.csv")));

    for again in [&import_cases[..], &import_events[..]] {
        let told = cli.expect(0, again);
        assert!(told.out.contains("nothing has changed"), "{}", told.out);
    }
    assert_eq!(reported(&cli, "2015-01-05"), worst(&kiva.join("expected_cases.csv")));
    cli.verify();
}

#[test]
fn the_fines_were_at_worst_as_late_as_expected() {
    let Some(fines) = data("fines_sample") else { return };
    let cli = Cli::new();
    cli.expect(0, &["import", "cases", &path(&fines, "cases.csv.gz")]);
    cli.expect(0, &["import", "events", &path(&fines, "events.csv.gz")]);
    let expected = worst(&fines.join("expected_cases.csv"));
    assert!(1_500 < expected.len());
    assert_eq!(reported(&cli, "2013-06-18"), expected);
    cli.verify();
}

#[test]
fn a_dry_run_tells_the_figures_and_stores_nothing() {
    let Some(kiva) = data("kiva") else { return };
    let cli = Cli::new();
    let cases = path(&kiva, "cases.csv");
    let told = cli.json(0, &["import", "cases", &cases, "--dry-run"]);
    assert_eq!((&told["new"], &told["dry_run"]), (&987.into(), &true.into()));
    assert_eq!(cli.cases(), Vec::<String>::new());
    let told = cli.json(0, &["import", "cases", &cases]);
    assert_eq!(told["new"], 987, "the dry run has left the book empty");
}
