//! What pages keep and share: who is signed in, the theme, the language, what the address says, what is being filled in.

mod form;
mod late;
mod locale;
mod session;
mod theme;
mod url;
mod version;

pub use form::{Form, use_form};
pub use late::{Late, use_late};
pub use locale::{LocaleProvider, use_set_locale};
pub use session::{Session, SessionProvider, may, use_me, use_session};
pub use theme::{Theme, ThemeProvider, use_theme};
pub use url::{UrlState, use_url_state};
pub use version::use_outdated;
