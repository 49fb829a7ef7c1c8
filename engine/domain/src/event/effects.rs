//! What an event does and who reports it, in the words of people (事件的效力).

use super::{ByDefault, EventSpec, Reporter};
use crate::hold::{HoldReason, StandsOn};
use crate::role::Role;
use crate::status::CaseStatus;

/// A sentence in Chinese and in English.
pub type Sentence = (String, String);

impl EventSpec {
    /// What it does by itself, whatever a workflow answers; empty where it is noted and
    /// no more.
    pub fn effects(&self) -> Vec<Sentence> {
        let (claims, protection) = (self.ends_claims, self.ends_protection);
        let effects = [
            self.places_hold.map(places),
            self.lifts_hold.map(lifts),
            self.sets_claim.map(claim),
            claims.then(|| {
                said(
                    "待批准的起诉重新复核,未去的上门取消",
                    "a suit that waits for approval is reviewed again, a visit not yet made \
                     is cancelled",
                )
            }),
            protection.then(|| {
                said(
                    "本案信贷员不得登记",
                    "the case's own collector may not report it",
                )
            }),
            by_default(self.by_default),
        ];
        effects.into_iter().flatten().collect()
    }

    /// Who reports it; empty where nobody does yet.
    pub fn reporters(&self) -> Vec<Sentence> {
        self.reported_by.iter().map(|by| reporter(*by)).collect()
    }
}

fn said(zh: &str, en: &str) -> Sentence {
    (zh.to_owned(), en.to_owned())
}

fn places(reason: HoldReason) -> Sentence {
    let (on_zh, on_en) = covered(reason);
    if reason.is_counted() {
        return (
            format!("暂停催收(`{reason}`){on_zh},每次登记各算一件"),
            format!("places a hold for `{reason}`{on_en}, one for each report"),
        );
    }
    (
        format!("暂停催收(`{reason}`){on_zh}"),
        format!("places a hold for `{reason}`{on_en}"),
    )
}

/// On which loans it does.
fn covered(reason: HoldReason) -> (&'static str, &'static str) {
    match reason.stands_on() {
        StandsOn::Person => (",同一人的全部贷款", " on all loans of the person"),
        StandsOn::Named => (",本笔和所指的贷款", " on this loan and those named with it"),
        StandsOn::Loan => ("", ""),
    }
}

fn lifts(reason: HoldReason) -> Sentence {
    if reason.is_counted() {
        return (
            format!("解除最早的一件暂停(`{reason}`)"),
            format!("lifts the oldest hold for `{reason}`"),
        );
    }
    (format!("解除暂停(`{reason}`)"), format!("lifts the hold for `{reason}`"))
}

fn claim(status: CaseStatus) -> Sentence {
    match status {
        CaseStatus::Open => said("债权恢复", "the claim stands again"),
        CaseStatus::Dismissed => said("债权不成立或已消灭", "the claim is given up"),
        CaseStatus::WrittenOff => said("债权核销", "the claim is written off"),
    }
}

fn by_default(default: ByDefault) -> Option<Sentence> {
    Some(match default {
        ByDefault::Stay => return None,
        ByDefault::Finish => {
            said("没有写处理的流程结束", "a workflow that does not answer it finishes")
        }
        ByDefault::FinishIfCured => said(
            "没有写处理的流程在已无逾期时结束",
            "a workflow that does not answer it finishes if nothing is overdue",
        ),
        ByDefault::FinishIfPaidOff => said(
            "没有写处理的流程在已结清时结束",
            "a workflow that does not answer it finishes if nothing is owed",
        ),
    })
}

fn reporter(by: Reporter) -> Sentence {
    match by {
        Reporter::File(_) => said("银行文件", "a bank's file"),
        Reporter::Staff(roles) => {
            let roles: Vec<&str> = roles.iter().copied().map(Role::as_str).collect();
            let command = "`qingshou case report`";
            (
                format!("{command}({})", roles.join("、")),
                format!("{command} ({})", roles.join(", ")),
            )
        }
        Reporter::Command(command) => {
            (format!("`qingshou {command}`"), format!("`qingshou {command}`"))
        }
        Reporter::Ledger => said("账目", "the ledger"),
        Reporter::Program => said("程序", "the program"),
        Reporter::Gateway => said("网关", "the gateway"),
        Reporter::Plugin => said("插件", "its plugin"),
    }
}
