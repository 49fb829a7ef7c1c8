//! A book of fictional debts (演练台账), written as the lists that are imported.

use std::fmt::Write;

use jiff::ToSpan;
use jiff::civil::Date;

use super::site::Site;

/// Debts of the same age, each with a debtor of its own.
#[derive(Clone)]
pub(crate) struct Book {
    cases: u32,
    rows: u32,
    today: Date,
}

impl Book {
    /// An empty book of a site.
    pub(crate) fn of(site: &Site) -> Self {
        Self { cases: 0, rows: 0, today: site.today() }
    }

    /// How many cases there are.
    pub(crate) fn cases(&self) -> u32 {
        self.cases
    }

    /// The number of a loan.
    pub(crate) fn case(n: u32) -> String {
        format!("K-{n:05}")
    }

    /// Lends to some more people; 500 yuan of each loan are `days` past due.
    /// The first of every twenty lives in the village 李村.
    pub(crate) fn lend(&mut self, site: &Site, more: u32, days: i64) {
        let mut cases = String::from(
            "case_id,debtor_id,debtor_name,phone,village,address,principal,opened,collector\n",
        );
        let mut events = String::from("seq,date,case_id,kind,amount\n");
        // Days past due count from the day after.
        let due_on = self.today.saturating_sub(days.days());
        let opened_on = due_on.saturating_sub(100.days());
        for n in self.cases..self.cases + more {
            let village = if n % 20 == 0 { "李村" } else { "石村" };
            let case = Self::case(n);
            writeln!(
                cases,
                "{case},D-{n},示例{n},000{n:08},{village},{village}{n}号,1000,{opened_on},示例员"
            )
            .expect("a text can be written");
            for (kind, on, amount) in [("open", opened_on, 1000), ("due", due_on, 500)] {
                self.rows += 1;
                let row = self.rows;
                writeln!(events, "{row},{on},{case},{kind},{amount}")
                    .expect("a text can be written");
            }
        }
        self.cases += more;
        site.import("cases", &cases);
        site.import("events", &events);
    }

    /// Lets 500 yuan of loans that are on the list be `days` past due.
    pub(crate) fn owe(&mut self, site: &Site, cases: &[&str], days: i64) {
        let mut events = String::from("seq,date,case_id,kind,amount\n");
        for case in cases {
            self.rows += 2;
            let (row, on) = (self.rows, self.today.saturating_sub(days.days()));
            writeln!(events, "{},2020-01-06,{case},open,1000", row - 1)
                .expect("a text can be written");
            writeln!(events, "{row},{on},{case},due,500").expect("a text can be written");
        }
        site.import("events", &events);
    }

    /// Puts a note on some cases, which wakes them.
    pub(crate) fn wake(&mut self, site: &Site, cases: std::ops::Range<u32>) {
        let names: Vec<String> = cases.map(Self::case).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.wake_named(site, &names);
    }

    /// Puts a note on cases by their loan numbers.
    pub(crate) fn wake_named(&mut self, site: &Site, cases: &[&str]) {
        let mut events = String::from("seq,date,case_id,kind,note\n");
        for case in cases {
            self.rows += 1;
            let (row, on) = (self.rows, self.today);
            writeln!(events, "{row},{on},{case},note,wake")
                .expect("a text can be written");
        }
        site.import("events", &events);
    }
}
