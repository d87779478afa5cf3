//! What a presented refresh token means for its session: pure, so that the rule can be read and tested in one place.

use chrono::{DateTime, Utc};

/// A session as stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    /// Hash of the one token that is valid now.
    pub(super) refresh_hash: [u8; 32],
    pub(super) expires_at: DateTime<Utc>,
    pub(super) ended: bool,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Give the next token; this one is used up.
    Rotate,
    /// The token was used before. Either the thief or the owner comes second, and nobody can tell which: end it.
    EndReused,
    /// The session is over: refuse, change nothing.
    Refuse,
}

/// Decides. Every token of a session leads to it, so one that is not the valid one is an earlier one.
pub(super) fn judge(session: &Stored, presented: &[u8; 32], now: DateTime<Utc>) -> Verdict {
    if session.ended || session.expires_at <= now {
        return Verdict::Refuse;
    }
    if session.refresh_hash == *presented {
        Verdict::Rotate
    } else {
        Verdict::EndReused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn session() -> Stored {
        Stored {
            refresh_hash: [2; 32],
            expires_at: DateTime::UNIX_EPOCH + TimeDelta::days(1),
            ended: false,
        }
    }

    #[test]
    fn the_valid_token_rotates_and_an_earlier_one_ends_the_session() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(judge(&session(), &[2; 32], now), Verdict::Rotate);
        assert_eq!(judge(&session(), &[1; 32], now), Verdict::EndReused);
    }

    #[test]
    fn an_ended_or_expired_session_refuses_whatever_is_presented() {
        let now = DateTime::UNIX_EPOCH;
        let ended = Stored {
            ended: true,
            ..session()
        };
        for token in [[1; 32], [2; 32]] {
            assert_eq!(judge(&ended, &token, now), Verdict::Refuse);
            assert_eq!(
                judge(&session(), &token, now + TimeDelta::days(1)),
                Verdict::Refuse
            );
        }
    }
}
