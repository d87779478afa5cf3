//! A model as it was asked for. Which platforms its name means is the scheduler's to say.

use crate::call::Call;
use std::borrow::Cow;
use tollgate_contract::platform::Platform;
use tollgate_scheduler::Pool;
use tollgate_scheduler::models::{Home, meant};

/// A model as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// As the client wrote it.
    pub(crate) model: String,
    /// As accounts know it: without the provider before it.
    pub(crate) bare: String,
    /// Platforms that have it by its name.
    pub(crate) platforms: Cow<'static, [Platform]>,
    /// Platforms whose accounts may list or map it themselves.
    pub(crate) named_on: Cow<'static, [Platform]>,
}

impl Asked {
    /// Reads a model's name on a path.
    pub(crate) fn read(call: &Call, model: &str, pool: &Pool) -> Self {
        let home = Home {
            platforms: call.home,
            fixed: call.fixed,
        };
        let meant = meant(home, model, pool);
        Self {
            model: model.to_owned(),
            bare: meant.bare.to_owned(),
            platforms: Cow::Borrowed(meant.platforms),
            named_on: Cow::Borrowed(meant.named_on),
        }
    }
}
