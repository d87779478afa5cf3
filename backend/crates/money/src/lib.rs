//! Money, exactly: nano-USD, prices, the price book, plans, what a request costs, is charged and may cost at worst, days of
//! a zone and periods of budgets.
//! Never in here: floating point, clocks, databases, and what an amount is for.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::float_arithmetic))]

mod book;
mod cost;
mod csv;
mod diff;
mod factor;
mod litellm;
mod meter;
mod nano;
mod pattern;
mod period;
mod plan;
mod price;
mod rates;
mod row;
mod span;
mod tariff;

pub use book::{Currency, PriceBook, Priced, Version};
pub use cost::{Bound, Cost, CostLine, ROUNDING_RULE};
pub use csv::{ListError, check_row, parse_csv};
pub use diff::{FieldChange, ListDiff, RowChange, RowKey, diff};
pub use factor::{Factor, FactorError, Scale};
pub use litellm::{LitellmList, parse_litellm};
pub use meter::{Meter, Meters, Others, Per, Tier};
pub use nano::Nano;
pub use pattern::{fits, is_pattern};
pub use period::{day_start, day_start_at, local_date, zone};
pub use plan::{PlanBook, PlanRule, PlanVersion, RulePrice, Sale, Terms};
pub use price::{Price, PriceError};
pub use rates::{ModelPrices, RateKey};
pub use row::PriceRow;
pub use span::{Period, PeriodLength, PeriodRule};
pub use tariff::{Charged, Figures, Tariff};
