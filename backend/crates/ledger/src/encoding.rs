//! How an entry stands in the journal: one byte of version, four of CRC-32, then JSON.
//! SQLite has no checksums of its own, and money must not be read from a flipped bit.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Version of the encoding; a reader keeps knowing the older ones.
const VERSION: u8 = 1;
/// Version and checksum.
const HEADER: usize = 5;

/// A journal cell that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// Too short to be one.
    #[error("the entry is shorter than its header")]
    Short,
    /// Written by a later version.
    #[error("the entry's encoding is version {0}, this program knows 1")]
    Version(u8),
    /// The bytes have changed since they were written.
    #[error("the entry's checksum does not fit")]
    Checksum,
    /// The text isn't what it should be.
    #[error("the entry's text can't be read: {0}")]
    Text(String),
}

/// Encodes a value for the journal.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, DecodeError> {
    let mut bytes = vec![VERSION, 0, 0, 0, 0];
    serde_json::to_writer(&mut bytes, value).map_err(|error| DecodeError::Text(error.to_string()))?;
    let (header, text) = bytes.split_at_mut(HEADER);
    if let Some(place) = header.get_mut(1..) {
        place.copy_from_slice(&crc32fast::hash(text).to_le_bytes());
    }
    Ok(bytes)
}

/// Reads a value from the journal.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let (header, text) = bytes.split_at_checked(HEADER).ok_or(DecodeError::Short)?;
    let (version, sum) = header.split_first().ok_or(DecodeError::Short)?;
    if *version != VERSION {
        return Err(DecodeError::Version(*version));
    }
    if sum != crc32fast::hash(text).to_le_bytes() {
        return Err(DecodeError::Checksum);
    }
    serde_json::from_slice(text).map_err(|error| DecodeError::Text(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_a_flipped_bit_is_found() {
        let bytes = encode(&("hello", 7_u64)).expect("encode");
        assert_eq!(decode::<(String, u64)>(&bytes), Ok(("hello".to_owned(), 7)));
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(decode::<(String, u64)>(&bad).is_err(), "byte {at}");
        }
        assert_eq!(decode::<(String, u64)>(&bytes[..3]), Err(DecodeError::Short));
    }
}
