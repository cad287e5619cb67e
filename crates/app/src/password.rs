//! Passwords are kept as argon2id hashes in PHC strings (RFC 9106), with the parameters that OWASP names: 19 MiB, two
//! passes, one lane. A hash takes tens of milliseconds, during which its instance answers nobody else.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use uuid::Uuid;

/// The hash of a password with a salt of its own.
pub fn hash(password: &str) -> String {
    hash_with(password, Uuid::new_v4().as_bytes())
}

fn hash_with(password: &str, salt: &[u8]) -> String {
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    hash.expect("argon2 takes every password of a bounded length with 16 bytes of salt").to_string()
}

/// Whether this is the password. Without a hash, as of somebody unknown, it takes as long and answers no.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let Some(known) = hash.and_then(|hash| PasswordHash::new(hash).ok()) else {
        hash_with(password, &[0; 16]);
        return false;
    };
    Argon2::default().verify_password(password.as_bytes(), &known).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let kept = hash("correct horse");
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert_ne!(kept, hash("correct horse"), "each has a salt of its own");
        assert!(verify("correct horse", Some(&kept)));
        for (password, hash) in [
            ("correct house", Some(&*kept)),
            ("correct horse", None),
            ("correct horse", Some("plain")),
        ] {
            assert!(!verify(password, hash), "{password} {hash:?}");
        }
    }
}
