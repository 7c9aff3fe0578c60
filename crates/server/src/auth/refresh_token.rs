//! Refresh tokens: 256 bits, known to the store only by hash, each good for one use.
//!
//! The first of a family is random. Its successor is an HMAC of it under a key of the server: nobody else can compute
//! it, and a second refresh that was sent at the same moment can be given the same successor without storing it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use hmac::{Hmac, Mac};
use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

use super::private_file;

/// The cookie; the prefix makes browsers insist on Secure, Path=/ and no Domain.
pub const COOKIE: &str = "__Host-tidemill-refresh";
/// How long an unused token holds.
pub const LIFETIME: TimeDelta = TimeDelta::days(14);
/// How long a second use is taken for a parallel request and not for theft.
pub const GRACE: TimeDelta = TimeDelta::seconds(10);

/// A refresh token. Without `Debug`, so that it cannot be logged.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken([u8; 32]);

impl RefreshToken {
    /// A random token, the first of a family.
    pub fn generate() -> Self {
        Self(private_file::random())
    }

    /// The token in the cookie of a request.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let value = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))?;
        let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// What the store keeps.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0))
    }

    /// The `Set-Cookie` that hands it to the browser.
    pub fn to_cookie(&self) -> Option<HeaderValue> {
        let value = URL_SAFE_NO_PAD.encode(self.0);
        HeaderValue::from_str(&format!("{COOKIE}={value}; Path=/; Max-Age={}; HttpOnly; Secure; SameSite=Strict", LIFETIME.num_seconds())).ok()
    }
}

/// The `Set-Cookie` that removes it.
pub fn removal_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-tidemill-refresh=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict")
}

/// Derives successors.
pub struct RefreshTokens {
    key: [u8; 32],
}

impl RefreshTokens {
    /// With the server's key.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The token that follows another.
    ///
    /// # Errors
    /// Never for a key of this length.
    pub fn successor(&self, token: &RefreshToken) -> anyhow::Result<RefreshToken> {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.key).map_err(|error| anyhow::anyhow!("refresh key: {error}"))?;
        mac.update(b"tidemill refresh successor v1");
        mac.update(&token.0);
        Ok(RefreshToken(mac.finalize().into_bytes().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_comes_back_as_the_same_token() {
        let token = RefreshToken::generate();
        let set = token.to_cookie().unwrap().to_str().unwrap().to_owned();
        assert!(set.contains("; HttpOnly; Secure; SameSite=Strict") && set.contains("; Path=/;"), "{set}");
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(&format!("a=b; {}; c=d", set.split(';').next().unwrap())).unwrap());
        assert!(RefreshToken::from_headers(&headers).unwrap() == token);
        headers.insert(header::COOKIE, HeaderValue::from_static("__Host-tidemill-refresh=AAAA"));
        assert!(RefreshToken::from_headers(&headers).is_none());
    }

    #[test]
    fn successors_are_fixed_by_token_and_key() {
        let token = RefreshToken::generate();
        let tokens = RefreshTokens::new([1; 32]);
        assert!(tokens.successor(&token).unwrap() == tokens.successor(&token).unwrap());
        assert!(tokens.successor(&token).unwrap() != token);
        assert!(tokens.successor(&token).unwrap() != RefreshTokens::new([2; 32]).successor(&token).unwrap());
    }
}
