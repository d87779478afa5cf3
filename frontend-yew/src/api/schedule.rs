//! Where a request would go now.

use super::{ApiError, client};
use tollgate_contract::schedule::{ExplainRequest, ScheduleAnswer};

/// Asks the scheduler; nothing is sent to any vendor.
pub async fn explain(request: ExplainRequest) -> Result<ScheduleAnswer, ApiError> {
    client::send("POST", "/schedule/explain", &request).await
}
