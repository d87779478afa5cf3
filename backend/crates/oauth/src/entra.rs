//! Microsoft Entra ID: an application's token for Azure's models, by client credentials (Microsoft identity platform, "OAuth
//! 2.0 client credentials flow"). Never in here: which resource it is used at.

use crate::endpoints::Endpoints;
use crate::request::post_form;
use bytes::Bytes;
use http::Request;
use secrecy::{ExposeSecret, SecretString};

/// An application registered in a directory. Debug shows nothing secret.
#[derive(Clone, Debug)]
pub struct EntraApp {
    /// The directory: its id or one of its domains.
    pub tenant: String,
    /// The application's id.
    pub client_id: String,
    /// A secret of the application's, not yet expired.
    pub client_secret: SecretString,
}

/// Asks for a token; it can't be renewed, the same request is made again. The answer is for
/// [`read_issued`](crate::read_issued). The request's body is secret.
pub fn entra_token(endpoints: &Endpoints, app: &EntraApp) -> Request<Bytes> {
    let mut url = endpoints.entra.clone();
    // An address that is no base has no path to be asked at; requests to it go nowhere.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty()
            .extend([&app.tenant, "oauth2", "v2.0", "token"]);
    }
    post_form(
        &url,
        &[
            ("grant_type", "client_credentials"),
            ("client_id", &app.client_id),
            ("client_secret", app.client_secret.expose_secret()),
            ("scope", &endpoints.entra_scope),
        ],
    )
}
