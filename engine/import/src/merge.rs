//! The rows of one loan as one case (同一贷款的多行): a row for each guarantor is how
//! most programs export them.
//!
//! Rows that say different things of the loan itself are a question for a person:
//! nobody here knows which of them is right.

use domain::say::Say;

use super::cases::{CaseRecord, GuarantorRecord, PersonRecord};
use super::fault::RowFault;
use super::headers::Columns;

/// One loan, from one row or several.
pub(crate) struct Loan {
    /// The line of its first row.
    pub line: u64,
    /// The lines of the others.
    pub others: Vec<u64>,
    /// What they tell together.
    pub record: CaseRecord,
}

/// What became of the rows of a loan.
#[derive(Default)]
pub(crate) struct Merged {
    pub loan: Option<Loan>,
    /// Rows that stand there twice.
    pub duplicates: usize,
    pub rejected: Vec<(u64, RowFault)>,
}

/// Puts the rows of one loan together, in the order of their lines.
pub(crate) fn merge(rows: Vec<(u64, CaseRecord)>, columns: &Columns) -> Merged {
    let mut merged = Merged::default();
    let mut rows = rows.into_iter();
    let Some((line, record)) = rows.next() else { return merged };
    let mut seen = Vec::new();
    let mut loan = Loan { line, others: Vec::new(), record };
    for (line, row) in rows {
        if seen.is_empty() {
            seen.push(loan.record.clone());
        }
        if seen.contains(&row) {
            merged.duplicates += 1;
            continue;
        }
        let differing = loan.record.differing(&row);
        if differing.is_empty() {
            seen.push(row.clone());
            loan.record.take_in(row);
            loan.others.push(line);
        } else {
            let named = differing.iter().map(|it| columns.header(it));
            let named: Vec<&str> = named.collect();
            let fault = told_twice(columns.header("case_id"), loan.line, &named);
            merged.rejected.push((line, fault));
        }
    }
    if loan.record.principal.is_none() && !loan.record.balances.say_something() {
        let lines = std::iter::once(loan.line).chain(loan.others);
        let fault = no_amount(columns.header("principal"));
        merged.rejected.extend(lines.map(|line| (line, fault.clone())));
    } else {
        merged.loan = Some(loan);
    }
    merged
}

fn differs<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one != other)
}

fn fill<T>(own: &mut Option<T>, other: Option<T>) {
    if own.is_none() {
        *own = other;
    }
}

/// Each known column of a list with the two fields it fills.
macro_rules! each_column {
    ($one:expr, $other:expr, $with:ident) => {
        $with!("debtor_id", $one.debtor.number, $other.debtor.number);
        $with!("debtor_name", $one.debtor.name, $other.debtor.name);
        $with!("phone", $one.debtor.phone, $other.debtor.phone);
        $with!("wechat", $one.debtor.wechat, $other.debtor.wechat);
        $with!("id_number", $one.debtor.id_number, $other.debtor.id_number);
        $with!("address", $one.debtor.address, $other.debtor.address);
        $with!("village", $one.village, $other.village);
        $with!("org", $one.org, $other.org);
        $with!("product", $one.product, $other.product);
        $with!("collector", $one.collector, $other.collector);
        $with!("currency", $one.currency, $other.currency);
        $with!("principal", $one.principal, $other.principal);
        $with!("opened", $one.opened_on, $other.opened_on);
        $with!("due_date", $one.due_on, $other.due_on);
        $with!("balance", $one.balances.balance, $other.balances.balance);
        $with!("owed", $one.balances.owed, $other.balances.owed);
        $with!("overdue_principal", $one.balances.principal, $other.balances.principal);
        $with!("overdue_interest", $one.balances.interest, $other.balances.interest);
        $with!("overdue_penalty", $one.balances.penalty, $other.balances.penalty);
        $with!("overdue", $one.balances.overdue, $other.balances.overdue);
        $with!("days_past_due", $one.balances.days, $other.balances.days);
        $with!("overdue_since", $one.balances.since, $other.balances.since);
        $with!("as_of", $one.balances.as_of, $other.balances.as_of);
    };
}

impl CaseRecord {
    /// The columns in which two rows of the loan contradict each other; a blank
    /// cell contradicts nothing.
    fn differing(&self, other: &Self) -> Vec<&'static str> {
        let mut columns = Vec::new();
        macro_rules! compare {
            ($name:literal, $one:expr, $other:expr) => {
                if differs($one.as_ref(), $other.as_ref()) {
                    columns.push($name);
                }
            };
        }
        each_column!(self, other, compare);
        for guarantor in &other.guarantors {
            let known = self.guarantors.iter().find(|it| it.may_be(guarantor));
            columns.extend(known.into_iter().flat_map(|it| it.differing(guarantor)));
        }
        columns
    }

    /// Takes in what another row adds.
    fn take_in(&mut self, other: Self) {
        macro_rules! take {
            ($name:literal, $one:expr, $other:expr) => {
                fill(&mut $one, $other);
            };
        }
        for (column, cell) in other.extra.clone() {
            let own = self.extra.entry(column).or_default();
            if own.is_empty() {
                *own = cell;
            } else if !own.split('；').any(|part| part == cell) {
                own.push('；');
                own.push_str(&cell);
            }
        }
        for guarantor in other.guarantors.clone() {
            match self.guarantors.iter_mut().find(|it| it.may_be(&guarantor)) {
                Some(known) => known.person.take_in(guarantor.person),
                None => self.guarantors.push(guarantor),
            }
        }
        each_column!(self, other, take);
        fill(&mut self.debtor.village, self.village.clone());
    }
}

impl GuarantorRecord {
    /// Whether two rows name the same guarantor: by number, else by name.
    fn may_be(&self, other: &Self) -> bool {
        match (&self.person.number, &other.person.number) {
            (Some(own), Some(theirs)) => own == theirs,
            _ => self.person.name == other.person.name,
        }
    }

    fn differing(&self, other: &Self) -> Vec<&'static str> {
        let (one, two) = (&self.person, &other.person);
        let cells = [
            ("guarantor", differs(one.name.as_ref(), two.name.as_ref())),
            ("guarantor_phone", differs(one.phone.as_ref(), two.phone.as_ref())),
            (
                "guarantor_id_number",
                differs(one.id_number.as_ref(), two.id_number.as_ref()),
            ),
            ("guarantor_address", differs(one.address.as_ref(), two.address.as_ref())),
            ("guarantee_kind", self.kind != other.kind),
            (
                "guarantee_months",
                differs(self.period_months.as_ref(), other.period_months.as_ref()),
            ),
        ];
        cells.into_iter().filter(|cell| cell.1).map(|cell| cell.0).collect()
    }
}

impl PersonRecord {
    fn take_in(&mut self, other: Self) {
        fill(&mut self.number, other.number);
        fill(&mut self.name, other.name);
        fill(&mut self.phone, other.phone);
        fill(&mut self.wechat, other.wechat);
        fill(&mut self.id_number, other.id_number);
        fill(&mut self.address, other.address);
        fill(&mut self.village, other.village);
    }
}

fn told_twice(column: &str, line: u64, differing: &[&str]) -> RowFault {
    let quoted: Vec<String> = differing.iter().map(|it| format!("`{it}`")).collect();
    let (zh, en) = (quoted.join("、"), quoted.join(", "));
    RowFault::new(
        "R003",
        Say::new(
            format!(
                "同一贷款编号在第 {line} 行已出现,{zh} 不同;请只保留正确的一行(每位保证人一行的清单,其他各列应相同)"
            ),
            format!(
                "line {line} tells of the same loan with another {en}; keep the right one only (in a list with a row for each guarantor the other columns are the same)"
            ),
        ),
    )
    .of_column(column)
}

fn no_amount(column: &str) -> RowFault {
    RowFault::new(
        "R010",
        Say::new(
            "没有金额;请补上金额(元,最多两位小数)",
            "there is no amount; fill it in, in yuan with at most two decimals",
        ),
    )
    .of_column(column)
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::super::cases::{COLUMNS, CaseList};
    use super::super::feed::of_text;
    use super::super::headers::ColumnsWanted;
    use super::*;

    fn merged(list: &str) -> Merged {
        let portion = of_text::<CaseList>(list, &Options::default()).unwrap();
        let rows = portion.good.into_iter().map(|(row, it)| (row.line, it)).collect();
        let header = list.lines().next().unwrap();
        let headers: Vec<String> = header.split(',').map(str::to_owned).collect();
        let options = Options::default();
        let wanted = ColumnsWanted::new(COLUMNS, &[], &options);
        merge(rows, &Columns::find(&headers, &wanted, 1).unwrap())
    }

    fn guarantors(merged: &Merged) -> Vec<&str> {
        let loan = merged.loan.as_ref().expect("there is a loan");
        let names = loan
            .record
            .guarantors
            .iter()
            .filter_map(|guarantor| guarantor.person.name.as_deref());
        names.collect()
    }

    #[test]
    fn the_same_row_twice_is_one_and_a_contradiction_is_set_aside() {
        let merged = merged("case_id,principal,village\nA,1,x\nA,1,x\nA,2,x\n");
        assert_eq!((merged.loan.map(|loan| loan.line), merged.duplicates), (Some(2), 1));
        let (line, fault) = &merged.rejected[0];
        assert_eq!((*line, fault.code), (4, "R003"));
        assert!(fault.message.en.contains("line 2"), "{}", fault.message.en);
        assert!(fault.message.en.contains("`principal`"), "{}", fault.message.en);
    }

    #[test]
    fn a_row_for_each_guarantor_makes_one_case_with_all_of_them() {
        let lists = [
            "贷款编号,借款本金,保证人\nA,1,石榴\nA,1,方舟\n",
            "贷款编号,借款本金,保证人\nA,1,石榴\nA,,方舟\n",
            "贷款编号,借款本金,保证人,抵押物\nA,1,石榴,房\nA,1,方舟,车\n",
            "贷款编号,借款本金,保证人\nA,1,石榴\nA,1,石榴、方舟\n",
        ];
        for list in lists {
            let merged = merged(list);
            assert!(merged.rejected.is_empty(), "{list}");
            assert_eq!(guarantors(&merged), ["石榴", "方舟"], "{list}");
            let record = merged.loan.expect("there is a loan").record;
            assert!(record.extra.get("抵押物").is_none_or(|it| it == "房；车"), "{list}");
        }
    }

    #[test]
    fn two_guarantors_of_one_name_or_one_number_are_a_question() {
        let lists = [
            "贷款编号,借款本金,保证人,保证人电话\nA,1,石榴,19900000002\nA,1,石榴,19900000003\n",
            "贷款编号,借款本金,保证人,保证人编号\nA,1,石榴,G7\nA,1,方舟,G7\n",
        ];
        for list in lists {
            let merged = merged(list);
            assert_eq!(guarantors(&merged), ["石榴"], "{list}");
            assert_eq!(merged.rejected.len(), 1, "{list}");
        }
    }

    #[test]
    fn a_loan_of_which_no_row_names_an_amount_is_no_loan() {
        let merged = merged("贷款编号,借款本金,保证人\nA,,石榴\nA,,方舟\n");
        assert!(merged.loan.is_none());
        let codes: Vec<_> = merged.rejected.iter().map(|it| (it.0, it.1.code)).collect();
        assert_eq!(codes, [(2, "R010"), (3, "R010")]);
    }
}
