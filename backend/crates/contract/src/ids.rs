//! Newtypes for every id: a UUIDv7 that says what it names. They are minted by the server (`Clock::new_id`), never here.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, format = Uuid))]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id_type!(
    /// A tenant: the organisation that owns keys, accounts, users and a ledger.
    TenantId
);
id_type!(
    /// A person. One person may be a member of several tenants.
    UserId
);
id_type!(
    /// An API key; stable across rotation of its secret, so it is safe to show and to store elsewhere.
    KeyId
);
id_type!(
    /// An upstream account: credentials with which a tenant (or the platform) reaches a vendor.
    AccountId
);
id_type!(
    /// A proxy through which accounts reach their upstreams.
    ProxyId
);
id_type!(
    /// A group of upstream accounts.
    GroupId
);
id_type!(
    /// A way to a vendor's consent that was begun and waits for its code.
    FlowId
);
id_type!(
    /// Something that happened to an upstream account.
    EventId
);
id_type!(
    /// A sign-in session.
    SessionId
);
id_type!(
    /// One relayed request. Minted at admission; its time decides partition, rollup, price version and budget period.
    RequestId
);
id_type!(
    /// A movement in the ledger.
    TransferId
);
id_type!(
    /// One version of the price book.
    PriceVersionId
);
id_type!(
    /// A budget; the wallet is one of them.
    BudgetId
);
id_type!(
    /// A Tollgate process's lasting identity: the one of its journal folder.
    NodeId
);
id_type!(
    /// A named set of rules for keys.
    PolicyId
);
id_type!(
    /// A voucher: a code that adds credit to a wallet, or money and days to a key.
    VoucherId
);
id_type!(
    /// A payment that an organisation wants to make, before and after a provider told that it was made.
    PaymentId
);
id_type!(
    /// A kept export.
    ExportId
);
id_type!(
    /// A schedule by which exports are sent.
    ScheduleId
);
id_type!(
    /// One run of a schedule.
    DeliveryId
);
id_type!(
    /// A notice.
    NoticeId
);
id_type!(
    /// An invoice or a credit note.
    DocumentId
);
id_type!(
    /// Something of a statement with which its organisation does not agree.
    DisputeId
);
id_type!(
    /// A provider's report that was uploaded.
    ReportId
);
id_type!(
    /// A plan: what organisations pay.
    PlanId
);
id_type!(
    /// A version of a plan.
    PlanVersionId
);
