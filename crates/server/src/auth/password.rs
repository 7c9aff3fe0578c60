//! Passwords: argon2id, off the async threads, a few at a time, and equally slow for users that do not exist.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::http::Problem;

/// Hashes at a time: each takes 19 MiB and a core, and a flood of sign-ins must leave queries a core.
const CONCURRENT_HASHES: usize = 2;
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const SHORTEST: usize = 12;
const LONGEST: usize = 256;
const FEWEST_DISTINCT: usize = 5;

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    argon: Argon2<'static>,
    permits: Arc<Semaphore>,
    /// What the password of an unknown user is checked against.
    nobody: Arc<str>,
}

impl Passwords {
    /// A hasher with the parameters of OWASP's cheat sheet.
    ///
    /// # Errors
    /// Only if the parameters were out of range.
    pub fn new() -> anyhow::Result<Self> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| anyhow::anyhow!("argon2 parameters: {error}"))?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hash_now(&argon, "the password of nobody")?;
        Ok(Self { argon, permits: Arc::new(Semaphore::new(CONCURRENT_HASHES)), nobody: nobody.into() })
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// `Invalid` for a password that is too short, too long or too simple.
    pub async fn hash(&self, field: &str, password: String) -> Result<String, Problem> {
        check_rules(&password).map_err(|reason| Problem::field(field, reason))?;
        let argon = self.argon.clone();
        self.off_thread(move || hash_now(&argon, &password)).await?.map_err(|error| Problem::internal(error.to_string()))
    }

    /// Whether a password fits a stored hash; takes its time without a hash too.
    ///
    /// # Errors
    /// Only when the process is ending.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, Problem> {
        // Nothing that long was ever accepted; hashing it would be work for an attacker.
        let too_long = password.chars().count() > LONGEST;
        let known = stored.is_some() && !too_long;
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        let password = if too_long { String::new() } else { password };
        let argon = self.argon.clone();
        let fits = self.off_thread(move || PasswordHash::new(&stored).is_ok_and(|hash| argon.verify_password(password.as_bytes(), &hash).is_ok())).await?;
        Ok(fits && known)
    }

    async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(Problem::internal)?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
        .map_err(Problem::internal)
    }
}

fn hash_now(argon: &Argon2<'_>, password: &str) -> anyhow::Result<String> {
    let hash: PasswordHash = argon.hash_password(password.as_bytes()).map_err(|error| anyhow::anyhow!("hash password: {error}"))?;
    Ok(hash.to_string())
}

fn check_rules(password: &str) -> Result<(), String> {
    let length = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Err(format!("a password has {SHORTEST} to {LONGEST} characters; this one has {length}"));
    }
    if password.chars().collect::<std::collections::BTreeSet<_>>().len() < FEWEST_DISTINCT {
        return Err(format!("a password has at least {FEWEST_DISTINCT} different characters"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_length_and_variety() {
        for (password, expected) in [("short", false), ("aaaaaaaaaaaaaaaa", false), ("correct horse battery", true), (&*"ab1-".repeat(65), false)] {
            assert_eq!(check_rules(password).is_ok(), expected, "{password}");
        }
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash("password", "correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("wrong horse battery".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("the password of nobody".into(), None).await.unwrap());
    }
}
