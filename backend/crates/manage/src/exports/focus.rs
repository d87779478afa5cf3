//! The Cost and Usage dataset of FOCUS, the FinOps Open Cost and Usage Specification, version 1.4 (ratified 4 June 2026,
//! <https://focus.finops.org>): a row for each meter of each request, so that cost is unit price times quantity in every
//! row; what a request was charged beside its meters, and later corrections, are adjustments. Columns that the
//! specification wants only of who sells commitments, capacity, regions or several currencies are left out, since nothing
//! of it is sold. FOCUS has no row of totals; the sums are checked all the same.

mod priced;
mod rows;
mod seller;

pub(super) use rows::Focus;
pub(super) use seller::Seller;

use super::cell::{Column, columns};

/// FOCUS's own columns by name, then ours with the prefix that it asks for.
const COLUMNS: &[&str] = &[
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "ContractedUnitPrice",
    "EffectiveCost",
    "HostProviderName",
    "InvoiceDetailId",
    "InvoiceId",
    "InvoiceIssuerName",
    "ListCost",
    "ListUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "ServiceProviderName",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceDetails",
    "SkuPriceId",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
    "Tags",
    "x_BatchNumber",
    "x_ClientName",
    "x_ModelName",
    "x_RequestId",
    "x_RequestStatus",
    "x_ServiceTier",
    "x_Unpriced",
    "x_UsageQuality",
    "x_UserEmail",
];

/// The file's columns.
pub(super) fn head() -> Vec<Column> {
    columns(COLUMNS)
}
