//! What is no tenant's.

/// Relations that are no single tenant's, what tollgate_app may do with them, and why.
pub const GLOBAL: &[(&str, &str, &str)] = &[
    (
        "_sqlx_migrations",
        "",
        "which migrations ran; the owner's own business",
    ),
    (
        "users",
        "INSERT",
        "a person may belong to several tenants; read through resolve_user alone, by exact match",
    ),
    (
        "slug_directory",
        "INSERT",
        "finds a tenant before it is known; read through resolve_slug alone",
    ),
    (
        "membership_directory",
        "INSERT",
        "which tenants a person may enter; read through resolve_memberships alone",
    ),
    (
        "refresh_directory",
        "INSERT",
        "finds a session before its tenant is known; read through resolve_refresh alone",
    ),
    (
        "key_directory",
        "INSERT",
        "finds a key's tenant by the secret's hash; read through resolve_key alone",
    ),
    ("voucher_directory", "INSERT", "see resolve_voucher"),
    ("payment_directory", "INSERT", "see resolve_payment"),
    ("export_link_directory", "INSERT", "see resolve_export_link"),
    ("payment_calls", "", "see enter_payment_call"),
    ("job_marks", "", "the jobs' own"),
    ("document_series", "", "see next_document_number"),
    (
        "exchange_rates",
        "SELECT",
        "what a dollar costs is public; written through enter_exchange_rate alone",
    ),
    ("price_versions", "SELECT", "list prices are public"),
    ("prices", "SELECT", "list prices are public"),
    ("plans", "", "the operator's own; tenants are told what they pay"),
    ("plan_versions", "", "as plans"),
    ("node_epochs", "", "the gateway's nodes; settlement's own"),
    ("ledger_seals", "", "the books of all as sealed; the jobs' own"),
    ("ledger_seal_deliveries", "", "as ledger_seals"),
    ("ledger_verifications", "", "as ledger_seals"),
    (
        "changes",
        "INSERT",
        "announcements carry ids and versions alone; read by the jobs' role",
    ),
];
