//! What an event does and who reports it, in the words of people (事件的效力).

use super::{ByDefault, EventSpec, Reporter};
use crate::hold::{HoldReason, StandsOn};
use crate::role::Role;
use crate::say::{Say, Text, text};
use crate::status::CaseStatus;

impl EventSpec {
    /// What it does by itself, whatever a workflow answers; empty where it is noted and
    /// no more.
    pub fn effects(&self) -> Vec<Say> {
        let (claims, protection) = (self.ends_claims, self.ends_protection);
        let effects = [
            self.places_hold.map(places),
            self.lifts_hold.map(lifts),
            self.sets_claim.map(claim),
            claims.then(|| {
                Say::new(
                    "待批准的起诉重新复核,未去的上门取消",
                    "a suit that waits for approval is reviewed again, a visit not yet made \
                     is cancelled",
                )
            }),
            protection.then(|| {
                Say::new(
                    "本案信贷员不得登记",
                    "the case's own collector may not report it",
                )
            }),
            by_default(self.by_default),
        ];
        effects.into_iter().flatten().collect()
    }

    /// Who reports it; empty where nobody does yet.
    pub fn reporters(&self) -> Vec<Say> {
        self.reported_by.iter().map(|by| reporter(*by)).collect()
    }
}

fn places(reason: HoldReason) -> Say {
    let Say { zh: on_zh, en: on_en } = covered(reason);
    if reason.is_counted() {
        return Say::new(
            format!("暂停催收(`{reason}`){on_zh},每次登记各算一件"),
            format!("places a hold for `{reason}`{on_en}, one for each report"),
        );
    }
    Say::new(
        format!("暂停催收(`{reason}`){on_zh}"),
        format!("places a hold for `{reason}`{on_en}"),
    )
}

/// On which loans it does.
fn covered(reason: HoldReason) -> Text {
    match reason.stands_on() {
        StandsOn::Person => text(",同一人的全部贷款", " on all loans of the person"),
        StandsOn::Named => {
            text(",本笔和所指的贷款", " on this loan and those named with it")
        }
        StandsOn::Loan => text("", ""),
    }
}

fn lifts(reason: HoldReason) -> Say {
    if reason.is_counted() {
        return Say::new(
            format!("解除最早的一件暂停(`{reason}`)"),
            format!("lifts the oldest hold for `{reason}`"),
        );
    }
    Say::new(format!("解除暂停(`{reason}`)"), format!("lifts the hold for `{reason}`"))
}

fn claim(status: CaseStatus) -> Say {
    match status {
        CaseStatus::Open => Say::new("债权恢复", "the claim stands again"),
        CaseStatus::Dismissed => Say::new("债权不成立或已消灭", "the claim is given up"),
        CaseStatus::WrittenOff => Say::new("债权核销", "the claim is written off"),
    }
}

fn by_default(default: ByDefault) -> Option<Say> {
    Some(match default {
        ByDefault::Stay => return None,
        ByDefault::Finish => Say::new(
            "没有写处理的流程结束",
            "a workflow that does not answer it finishes",
        ),
        ByDefault::FinishIfCured => Say::new(
            "没有写处理的流程在已无逾期时结束",
            "a workflow that does not answer it finishes if nothing is overdue",
        ),
        ByDefault::FinishIfPaidOff => Say::new(
            "没有写处理的流程在已结清时结束",
            "a workflow that does not answer it finishes if nothing is owed",
        ),
    })
}

fn reporter(by: Reporter) -> Say {
    match by {
        Reporter::File(_) => Say::new("银行文件", "a bank's file"),
        Reporter::Staff(roles) => {
            let roles: Vec<&str> = roles.iter().copied().map(Role::as_str).collect();
            let command = "`qingshou case report`";
            Say::new(
                format!("{command}({})", roles.join("、")),
                format!("{command} ({})", roles.join(", ")),
            )
        }
        Reporter::Command(command) => {
            Say::new(format!("`qingshou {command}`"), format!("`qingshou {command}`"))
        }
        Reporter::Ledger => Say::new("账目", "the ledger"),
        Reporter::Program => Say::new("程序", "the program"),
        Reporter::Gateway => Say::new("网关", "the gateway"),
        Reporter::Plugin => Say::new("插件", "its plugin"),
    }
}
