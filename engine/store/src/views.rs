//! Views (视图): what lists and screens show of the store, a portion at a time.
//!
//! Whatever shows them, a terminal or a page, asks here and nowhere else. A list is read
//! in portions, each behind the last row of the one before, so that none is held whole
//! and none grows slower towards its end.

pub mod cases;
pub mod one_case;
pub mod orders;
