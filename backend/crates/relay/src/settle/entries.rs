//! What stands in the journal's entries, put together from what the relay holds. Never in here: writing them.

use tollgate_ledger::{AccountRef, Charge, PriceLine};
use tollgate_money::Nano;
use tollgate_scheduler::UpstreamAccount;

/// The account as entries name it.
pub(super) fn account_ref(account: &UpstreamAccount) -> AccountRef {
    AccountRef {
        id: account.id,
        owner: account.owner,
        public_name: account.public_name.to_string(),
        platform: account.platform.as_str().to_owned(),
        provider: account.platform.provider().to_owned(),
    }
}

/// The whole reservation in one line, since lines and total must agree.
pub(super) fn reservation_charged(total: Nano) -> Charge {
    let line = PriceLine {
        meter: "reservation".to_owned(),
        quantity: 1,
        price: String::new(),
        amount_nano: total,
        per: "one".to_owned(),
        rate: String::new(),
        factor: String::new(),
    };
    Charge {
        total,
        lines: vec![line],
        ..Charge::default()
    }
}
