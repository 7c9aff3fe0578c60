//! Access tokens: JWT, one algorithm (HS256), one key, ten minutes. What they say of a role is nothing: roles are read
//! from the store, so that a change holds at once.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::http::Problem;

/// How long a token holds.
pub const LIFETIME: TimeDelta = TimeDelta::minutes(10);
const AUDIENCE: &str = "tidemill-api";
const ISSUER: &str = "tidemill";
/// The type of RFC 9068, so that no other kind of token passes for one.
const TYPE: &str = "at+jwt";
const LONGEST: usize = 2_048;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: Uuid,
    /// The tenant.
    pub tid: Uuid,
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    /// Second at which it ends.
    pub exp: i64,
}

/// Makes and checks access tokens.
pub struct AccessTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    kid: String,
    validation: Validation,
}

impl AccessTokens {
    /// With a key, which is at least 32 random bytes.
    pub fn new(key: &[u8]) -> Self {
        let digest = Sha256::digest(key);
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        // Times are compared below with the clock that the server was given.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { encoding: EncodingKey::from_secret(key), decoding: DecodingKey::from_secret(key), kid: hex::encode(digest.get(..8).unwrap_or_default()), validation }
    }

    /// A token for a user.
    ///
    /// # Errors
    /// Only on a bug.
    pub fn issue(&self, user: Uuid, tenant: Uuid, now: DateTime<Utc>) -> Result<String, Problem> {
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(self.kid.clone());
        let now_seconds = now.timestamp();
        let claims = Claims { sub: user, tid: tenant, aud: AUDIENCE.to_owned(), iss: ISSUER.to_owned(), iat: now_seconds, nbf: now_seconds, exp: (now + LIFETIME).timestamp() };
        jsonwebtoken::encode(&header, &claims, &self.encoding).map_err(Problem::internal)
    }

    /// What a token says, if it is ours and holds now.
    ///
    /// # Errors
    /// `Unauthenticated`, without saying why.
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, Problem> {
        if token.len() > LONGEST {
            return Err(Problem::unauthenticated());
        }
        let data = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation).map_err(|_| Problem::unauthenticated())?;
        let header_fits = data.header.typ.as_deref() == Some(TYPE) && data.header.kid.as_deref() == Some(&*self.kid);
        let claims = data.claims;
        let now_seconds = now.timestamp();
        let holds = claims.nbf <= now_seconds && now_seconds < claims.exp && claims.exp - claims.nbf <= LIFETIME.num_seconds();
        if header_fits && holds { Ok(claims) } else { Err(Problem::unauthenticated()) }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-06-01T12:00:00Z".parse().unwrap()
    }

    fn forge(header: &Header, claims: &serde_json::Value, key: &[u8]) -> String {
        jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(key)).unwrap()
    }

    #[test]
    fn a_token_holds_for_ten_minutes() {
        let tokens = AccessTokens::new(&[7; 32]);
        let (user, tenant) = (Uuid::now_v7(), Uuid::now_v7());
        let token = tokens.issue(user, tenant, now()).unwrap();
        let claims = tokens.verify(&token, now() + TimeDelta::minutes(9)).unwrap();
        assert_eq!((claims.sub, claims.tid), (user, tenant));
        assert!(tokens.verify(&token, now() + LIFETIME).is_err());
        assert!(tokens.verify(&token, now() - TimeDelta::seconds(1)).is_err());
        assert!(AccessTokens::new(&[8; 32]).verify(&token, now()).is_err());
    }

    #[test]
    fn forged_tokens_are_refused() {
        let key = [7; 32];
        let tokens = AccessTokens::new(&key);
        let seconds = now().timestamp();
        let good = json!({"sub": Uuid::nil(), "tid": Uuid::nil(), "aud": AUDIENCE, "iss": ISSUER, "iat": seconds, "nbf": seconds, "exp": seconds + 600});
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.into());
        header.kid = Some(tokens.kid.clone());
        assert!(tokens.verify(&forge(&header, &good, &key), now()).is_ok(), "the forge itself works");

        let changed = |name: &str, value: serde_json::Value| {
            let mut claims = good.clone();
            claims[name] = value;
            forge(&header, &claims, &key)
        };
        let without = |name: &str| {
            let mut claims = good.clone();
            claims.as_object_mut().unwrap().remove(name);
            forge(&header, &claims, &key)
        };
        let mut plain_type = header.clone();
        plain_type.typ = Some("JWT".into());
        let mut other_kid = header.clone();
        other_kid.kid = Some("../../etc/passwd".into());
        let mut longer_hash = header.clone();
        longer_hash.alg = Algorithm::HS384;
        let unsigned = {
            let head = URL_SAFE_NO_PAD.encode(json!({"alg": "none", "typ": TYPE, "kid": tokens.kid}).to_string());
            format!("{head}.{}.", URL_SAFE_NO_PAD.encode(good.to_string()))
        };
        let cut = forge(&header, &good, &key).rsplit_once('.').unwrap().0.to_owned() + ".";
        for (what, token) in [
            ("exp as text", changed("exp", json!("9999999999"))),
            ("exp far away", changed("exp", json!(seconds + 86_400))),
            ("nbf in the future", changed("nbf", json!(seconds + 60))),
            ("other audience", changed("aud", json!("other"))),
            ("other issuer", changed("iss", json!("other"))),
            ("no exp", without("exp")),
            ("no nbf", without("nbf")),
            ("no aud", without("aud")),
            ("no iss", without("iss")),
            ("no sub", without("sub")),
            ("type JWT", forge(&plain_type, &good, &key)),
            ("other kid", forge(&other_kid, &good, &key)),
            ("other algorithm", forge(&longer_hash, &good, &key)),
            ("other key", forge(&header, &good, &[9; 32])),
            ("alg none", unsigned),
            ("no signature", cut),
            ("empty", String::new()),
            ("not a token", "a.b.c".into()),
            ("huge", "a".repeat(10_000)),
        ] {
            assert!(tokens.verify(&token, now()).is_err(), "{what}");
        }
    }
}
