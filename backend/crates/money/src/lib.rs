//! Money, exactly: nano-USD, prices, the price book, what a request costs and may cost at worst, days of a zone and
//! periods of budgets.
//! Never in here: floating point, clocks, databases, and what an amount is for.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::float_arithmetic))]

mod book;
mod cost;
mod csv;
mod nano;
mod period;
mod price;
mod span;

pub use book::{ModelPrices, PriceBook, PriceRow, Priced, Version};
pub use cost::{Bound, Cost, CostLine, Meter, Meters};
pub use csv::{CsvError, parse_csv};
pub use nano::Nano;
pub use period::{day_start, local_date, zone};
pub use price::{Price, PriceError};
pub use span::{Period, PeriodLength, PeriodRule};
