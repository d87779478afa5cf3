//! To whom and how an organisation is billed, who issues, and what a dollar costs on a day.

use crate::check;
use crate::ids::TenantId;
use crate::invoices::DocumentLanguage;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

/// `GET billing/profile`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BillingProfile {
    /// What the organisation says of itself.
    #[serde(flatten)]
    pub details: ProfileForm,
    /// What the operator says.
    pub terms: TermsForm,
    /// What is missing before an invoice can be issued, by field; the issuer's own fields begin with `issuer.`.
    pub missing: Vec<String>,
    /// Whether the caller is of the platform's own organisation and may change `terms`.
    pub operator: bool,
    /// Grows by one with every change; 0: nothing is stored yet.
    pub version: i64,
}

/// `PUT billing/profile`: replaces all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProfileForm {
    /// Name in law.
    #[validate(custom(function = "check::legal_name"))]
    pub legal_name: String,
    /// Postal address, a line each.
    #[validate(custom(function = "check::address"))]
    pub address: String,
    /// Tax number.
    #[serde(default)]
    #[validate(custom(function = "check::tax_id"))]
    pub tax_id: String,
    /// Who gets the documents.
    #[serde(default)]
    #[validate(custom(function = "check::contact_name"))]
    pub contact_name: String,
    /// Their e-mail address; empty: documents are not sent.
    #[serde(default)]
    #[validate(custom(function = "check::optional_email"))]
    pub contact_email: String,
    /// The second currency that documents show, ISO 4217; `USD`: none.
    #[serde(default = "dollars")]
    #[validate(custom(function = "check::currency"))]
    pub currency: String,
    /// The language of documents.
    #[serde(default)]
    pub language: DocumentLanguage,
    /// Whether invoices are issued and sent when the job has closed a month.
    #[serde(default)]
    pub send_by_itself: bool,
    /// The order that invoices name; empty: none.
    #[serde(default)]
    #[validate(custom(function = "check::purchase_order"))]
    pub purchase_order: String,
}

fn dollars() -> String {
    "USD".to_owned()
}

/// `PUT billing/terms`: the operator's alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TermsForm {
    /// Tax in percent, as decimal text with up to four decimals.
    #[validate(custom(function = "check::tax_rate"))]
    pub tax_rate: String,
    /// The customer owes the tax by the law of their country: then the rate is 0.
    pub reverse_charge: bool,
    /// Usage is paid after the month, by invoice; else from the wallet.
    pub post_paid: bool,
    /// Days until an invoice is due, 0–180.
    #[validate(custom(function = "check::payment_days"))]
    pub payment_days: u32,
}

impl Default for TermsForm {
    fn default() -> Self {
        Self {
            tax_rate: "0".to_owned(),
            reverse_charge: false,
            post_paid: false,
            payment_days: 14,
        }
    }
}

/// `GET` and `PUT billing/issuer`: how the platform's documents look. Name, address and tax number are those of the
/// platform's own billing profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct IssuerForm {
    /// The name at the head; empty: the name in law.
    #[serde(default)]
    #[validate(custom(function = "check::brand_name"))]
    pub brand_name: String,
    /// Colour of head and lines.
    #[validate(custom(function = "check::colour"))]
    pub brand_colour: String,
    /// Where invoices are paid to.
    #[serde(default)]
    #[validate(custom(function = "check::address"))]
    pub bank_details: String,
    /// A PNG of at most 64 KiB in base64; empty: none.
    #[serde(default)]
    #[validate(custom(function = "check::logo"))]
    pub logo_png: String,
}

/// What a dollar costs on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExchangeRate {
    /// ISO 4217.
    pub currency: String,
    /// The day for which it was told.
    pub on_day: NaiveDate,
    /// Units for a dollar, as decimal text.
    pub rate: String,
    /// Who told it.
    pub source: String,
    /// Who entered it.
    pub entered_by: String,
    /// When.
    pub entered_at: DateTime<Utc>,
}

/// `GET billing/rates`: the newest thousand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExchangeRates {
    /// By currency, the newest first.
    pub items: Vec<ExchangeRate>,
}

/// A rate as it is entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RateForm {
    /// ISO 4217.
    #[validate(custom(function = "check::foreign_currency"))]
    pub currency: String,
    /// The day for which it was told.
    pub on_day: NaiveDate,
    /// Units for a dollar, as decimal text with up to nine decimals.
    #[validate(custom(function = "check::exchange_rate"))]
    pub rate: String,
    /// Who told it, such as `ECB`.
    #[validate(custom(function = "check::reference"))]
    pub source: String,
}

/// `POST billing/rates`: all of them or none. A day's rate is never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EnterRates {
    /// 1–1,000 rates.
    #[validate(
        nested,
        length(min = 1, max = 1000, code = "out_of_range", message = "takes 1 to 1000 rates")
    )]
    pub rates: Vec<RateForm>,
}

/// An organisation, for the operator to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BilledOrganisation {
    /// Its id.
    pub id: TenantId,
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The last month that was closed.
    pub closed_month: Option<String>,
    /// Whether it pays after the month.
    pub post_paid: bool,
}

/// `GET billing/organisations`: the operator's alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BilledOrganisations {
    /// By short name, the first thousand.
    pub items: Vec<BilledOrganisation>,
}
