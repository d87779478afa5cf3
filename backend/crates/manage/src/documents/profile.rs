//! To whom and how an organisation is billed, and how the platform's documents look.

use super::books::{self, Books, is_operator, operator_only, wrong};
use super::issue::missing;
use super::store::{self, Profile};
use crate::permissions::Action;
use crate::state::ManageState;
use crate::trail::{self, Target, differences};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tollgate_contract::billing::{
    BilledOrganisation, BilledOrganisations, BillingProfile, IssuerForm, ProfileForm, TermsForm,
};
use tollgate_contract::check::scaled;
use tollgate_contract::ids::TenantId;
use tollgate_contract::invoices::DocumentLanguage;
use tollgate_documents::{percent, png_fits};
use tollgate_http::{Caller, Fault};
use tollgate_store::{PLATFORM_TENANT, TenantTx};

/// Largest logo.
const LOGO_MAX: usize = 64 * 1024;
/// Organisations of the operator's list.
const ORGANISATIONS_MAX: i64 = 1000;

pub(super) async fn get(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
) -> Result<BillingProfile, Fault> {
    let mut books = books::open(state, caller, tenant, Action::BillingRead).await?;
    shown(caller, &mut books.tx).await
}

async fn shown(caller: &Caller, tx: &mut TenantTx) -> Result<BillingProfile, Fault> {
    let found = store::profile(tx).await?;
    let issuer = store::issuer(tx).await?;
    Ok(BillingProfile {
        missing: missing(&found, issuer.as_ref()),
        operator: is_operator(caller),
        version: found.version,
        terms: terms(&found),
        details: details(found),
    })
}

fn details(found: Profile) -> ProfileForm {
    ProfileForm {
        legal_name: found.legal_name,
        address: found.address,
        tax_id: found.tax_id,
        contact_name: found.contact_name,
        contact_email: found.contact_email,
        currency: found.currency,
        language: DocumentLanguage::parse(&found.language),
        send_by_itself: found.send_by_itself,
        purchase_order: found.purchase_order,
    }
}

fn terms(found: &Profile) -> TermsForm {
    TermsForm {
        tax_rate: percent(found.tax_ppm.into(), 4),
        reverse_charge: found.reverse_charge,
        post_paid: found.post_paid,
        payment_days: u32::try_from(found.payment_days).unwrap_or_default(),
    }
}

pub(super) async fn set(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
    form: ProfileForm,
) -> Result<BillingProfile, Fault> {
    let mut books = books::open(state, caller, tenant, Action::BillingWrite).await?;
    let before = json!(details(store::profile(&mut books.tx).await?));
    let whose = books.tx.tenant_id();
    sqlx::query!(
        "INSERT INTO billing_profiles AS p (tenant_id, legal_name, address, tax_id, contact_name, contact_email, currency,
                                            language, send_by_itself, send_since, updated_at, purchase_order)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $9 THEN $10::timestamptz END, $10, $11)
         ON CONFLICT (tenant_id) DO UPDATE SET legal_name = excluded.legal_name, address = excluded.address,
             tax_id = excluded.tax_id, contact_name = excluded.contact_name, contact_email = excluded.contact_email,
             currency = excluded.currency, language = excluded.language, send_by_itself = excluded.send_by_itself,
             send_since = CASE WHEN excluded.send_by_itself THEN COALESCE(p.send_since, excluded.send_since) END,
             updated_at = excluded.updated_at, purchase_order = excluded.purchase_order, version = p.version + 1",
        whose.0,
        form.legal_name,
        form.address,
        form.tax_id,
        form.contact_name,
        form.contact_email,
        form.currency,
        form.language.as_str(),
        form.send_by_itself,
        state.clock().now(),
        form.purchase_order
    )
    .execute(books.tx.conn())
    .await?;
    tell(
        state,
        &mut books,
        "billing_profile.updated",
        &before,
        &json!(form),
    )
    .await?;
    let shown = shown(caller, &mut books.tx).await?;
    books.tx.commit().await?;
    Ok(shown)
}

async fn tell(
    state: &ManageState,
    books: &mut Books,
    action: &'static str,
    before: &Value,
    after: &Value,
) -> Result<(), Fault> {
    let whose = books.tx.tenant_id();
    let target = Target {
        id: whose.0,
        name: "billing",
    };
    let changes = Value::Object(differences(before, after));
    trail::record(
        &mut books.tx,
        state.clock(),
        &books.author,
        action,
        target,
        changes,
    )
    .await?;
    Ok(())
}

/// Tax, and how usage is paid: the operator's to say, since it is their money.
pub(super) async fn set_terms(
    state: &ManageState,
    caller: &Caller,
    tenant: Option<TenantId>,
    form: TermsForm,
) -> Result<BillingProfile, Fault> {
    operator_only(caller)?;
    let rate = scaled(&form.tax_rate, 4)
        .and_then(|rate| i32::try_from(rate).ok())
        .unwrap_or_default();
    if form.reverse_charge && rate > 0 {
        return Err(wrong(
            "tax_rate",
            "not_applicable",
            "must be 0 where the customer owes the tax",
        ));
    }
    let mut books = books::open(state, caller, tenant, Action::BillingWrite).await?;
    let before = json!(terms(&store::profile(&mut books.tx).await?));
    let whose = books.tx.tenant_id();
    sqlx::query!(
        "INSERT INTO billing_profiles AS p (tenant_id, tax_ppm, reverse_charge, post_paid, payment_days, terms_set, updated_at)
         VALUES ($1, $2, $3, $4, $5, true, $6)
         ON CONFLICT (tenant_id) DO UPDATE SET tax_ppm = excluded.tax_ppm, reverse_charge = excluded.reverse_charge,
             post_paid = excluded.post_paid, payment_days = excluded.payment_days, terms_set = true, updated_at = excluded.updated_at,
             version = p.version + 1",
        whose.0,
        rate,
        form.reverse_charge,
        form.post_paid,
        i32::try_from(form.payment_days).unwrap_or_default(),
        state.clock().now()
    )
    .execute(books.tx.conn())
    .await?;
    tell(state, &mut books, "billing_terms.updated", &before, &json!(form)).await?;
    let shown = shown(caller, &mut books.tx).await?;
    books.tx.commit().await?;
    Ok(shown)
}

pub(super) async fn issuer(caller: &Caller) -> Result<IssuerForm, Fault> {
    operator_only(caller)?;
    let found = store::issuer(&mut caller.tx().await?).await?;
    Ok(found.map_or_else(plain_issuer, |issuer| IssuerForm {
        brand_name: issuer.brand_name,
        brand_colour: issuer.brand_colour,
        bank_details: issuer.bank_details,
        logo_png: issuer
            .logo_png
            .map(|bytes| STANDARD.encode(bytes))
            .unwrap_or_default(),
    }))
}

fn plain_issuer() -> IssuerForm {
    IssuerForm {
        brand_name: String::new(),
        brand_colour: "#1f2937".to_owned(),
        bank_details: String::new(),
        logo_png: String::new(),
    }
}

pub(super) async fn set_issuer(
    state: &ManageState,
    caller: &Caller,
    form: IssuerForm,
) -> Result<IssuerForm, Fault> {
    operator_only(caller)?;
    let logo = logo(state, &form.logo_png).await?;
    let before = json!(issuer(caller).await?);
    let mut books = books::open(state, caller, None, Action::BillingWrite).await?;
    sqlx::query!(
        "INSERT INTO billing_profiles AS p (tenant_id, brand_name, brand_colour, bank_details, logo_png, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id) DO UPDATE SET brand_name = excluded.brand_name, brand_colour = excluded.brand_colour,
             bank_details = excluded.bank_details, logo_png = excluded.logo_png, updated_at = excluded.updated_at,
             version = p.version + 1",
        PLATFORM_TENANT.0,
        form.brand_name,
        form.brand_colour,
        form.bank_details,
        logo,
        state.clock().now()
    )
    .execute(books.tx.conn())
    .await?;
    tell(state, &mut books, "billing_issuer.updated", &before, &json!(form)).await?;
    books.tx.commit().await?;
    Ok(form)
}

/// The logo's bytes, once they are known to be a picture that a document takes. Unpacking one takes a while.
async fn logo(state: &ManageState, text: &str) -> Result<Option<Vec<u8>>, Fault> {
    if text.is_empty() {
        return Ok(None);
    }
    let message = "must be a PNG of at most 64 KiB and 2000 × 2000 dots, in base64";
    let refused = || wrong("logo_png", "image", message);
    let bytes = STANDARD.decode(text).map_err(|_| refused())?;
    if bytes.len() > LOGO_MAX {
        return Err(refused());
    }
    let looked_at = bytes.clone();
    if !state
        .db()
        .core()
        .run_blocking(move || png_fits(&looked_at))
        .await?
    {
        return Err(refused());
    }
    Ok(Some(bytes))
}

/// All organisations, for the operator to choose from. Over all tenants, hence as the jobs' role.
pub(super) async fn organisations(
    state: &ManageState,
    caller: &Caller,
) -> Result<BilledOrganisations, Fault> {
    operator_only(caller)?;
    let mut tx = state.db().jobs().await?;
    let rows = sqlx::query!(
        r#"SELECT t.tenant_id, t.slug, t.name, COALESCE(p.post_paid, false) AS "post_paid!",
                  (SELECT max(c.month) FROM billing_periods c WHERE c.tenant_id = t.tenant_id) AS closed_month
           FROM tenants t LEFT JOIN billing_profiles p ON p.tenant_id = t.tenant_id
           WHERE t.status <> 'deleted' ORDER BY t.slug LIMIT $1"#,
        ORGANISATIONS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let items = rows.into_iter().map(|row| BilledOrganisation {
        id: TenantId(row.tenant_id),
        slug: row.slug,
        name: row.name,
        closed_month: row.closed_month.map(store::shown_month),
        post_paid: row.post_paid,
    });
    Ok(BilledOrganisations {
        items: items.collect(),
    })
}
