//! The nonce of an answer's Content-Security-Policy: new for each, known to host templates alone.

/// 128 random bits in base64.
#[derive(Debug, Clone, Default)]
pub struct Nonce(String);

impl Nonce {
    /// # Errors
    ///
    /// Where the system has no random numbers; an answer without a fresh nonce must not go out.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(data_encoding::BASE64.encode(&bytes)))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
