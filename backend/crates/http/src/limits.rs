//! Limits of the management API's requests. The relay has its own: its bodies are conversations.

use std::time::Duration;

/// Largest body: the largest honest one, an account with two hundred mapped models, has about 100 KB.
pub const BODY_MAX: usize = 256 * 1024;
/// How long a body may take to arrive: 256 KB over a bad phone line.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest query string read; above it something is wrong with the client.
pub const QUERY_MAX: usize = 8 * 1024;
