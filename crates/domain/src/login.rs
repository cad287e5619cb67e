//! Logging in: what a password must be, when a login is locked, and one-time codes (RFC 6238).

use crate::limits::{
    LOGIN_FAILURES_MAX, LOGIN_LOCK_MS, PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN,
    TOTP_STEPS_TOLERATED,
};
use crate::time::Instant;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// A password's length decides (NIST SP 800-63B, section 3.1.1.2); rules about its signs make people write it down.
pub fn check_password(password: &str) -> Result<(), String> {
    let length = password.chars().count();
    if length < PASSWORD_CHARACTERS_MIN || length > PASSWORD_CHARACTERS_MAX {
        return Err(format!(
            "password must have {PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX} characters."
        ));
    }
    let first = password.chars().next();
    if password.chars().all(|c| Some(c) == first) {
        return Err("password must not be one character many times.".to_owned());
    }
    Ok(())
}

/// Attempts that failed one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attempts {
    pub failures: i64,
    /// When the last of them was.
    pub last_at: Instant,
}

impl Attempts {
    /// Until when nobody may try again; None: now they may.
    pub fn locked_until(self, now: Instant) -> Option<Instant> {
        let until = self.last_at.plus_ms(LOGIN_LOCK_MS);
        (self.failures >= LOGIN_FAILURES_MAX && now < until).then_some(until)
    }
}

/// Digits of a subscriber's one-time code: short enough to be read out on the telephone.
const ACCESS_CODE_DIGITS: usize = 8;

/// A one-time code for a subscriber, from random bits that the caller supplies: of 48 of them none of the codes gets more
/// than a millionth of its share too much.
pub fn access_code(entropy: u64) -> String {
    format!("{:0digits$}", entropy % 100_000_000, digits = ACCESS_CODE_DIGITS)
}

/// A typed code without the blanks and hyphens that people read it out with. None: it can't be one.
pub fn read_access_code(text: &str) -> Option<String> {
    let code: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let is_code = code.len() == ACCESS_CODE_DIGITS && code.bytes().all(|c| c.is_ascii_digit());
    is_code.then_some(code)
}

/// Seconds that one code is shown for (RFC 6238, section 4.1: the default time step).
const STEP_SECONDS: i64 = 30;
/// Decimal digits of a code, as every authenticator shows them.
const CODES: u32 = 1_000_000;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The number of the time step of an instant.
fn step(now: Instant) -> i64 {
    now.0.div_euclid(1000 * STEP_SECONDS)
}

/// The code of a time step: HMAC-SHA-1 of its number, truncated (RFC 4226, section 5.3).
fn code(secret: &[u8], step: i64) -> Option<u32> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest.last()? & 0x0f);
    let bytes: [u8; 4] = digest.get(offset..offset + 4)?.try_into().ok()?;
    Some((u32::from_be_bytes(bytes) & 0x7fff_ffff) % CODES)
}

/// The time step whose code this is: the present one or one beside it, for clocks that differ. A step that was used
/// before, or lies before one that was, is used up (RFC 6238, section 5.2).
pub fn totp_step(secret: &str, text: &str, used: Option<i64>, now: Instant) -> Option<i64> {
    let secret = decode_base32(secret)?;
    let digits: String = text.chars().filter(|c| *c != ' ').collect();
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let wanted: u32 = digits.parse().ok()?;
    let present = step(now);
    let steps = present - TOTP_STEPS_TOLERATED..=present + TOTP_STEPS_TOLERATED;
    steps
        .filter(|step| used.is_none_or(|used| used < *step))
        .find(|step| code(&secret, *step) == Some(wanted))
}

/// A secret as authenticators read it (RFC 4648, section 6, without padding).
pub fn encode_base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(5) {
        let mut number = [0_u8; 8];
        number[3..3 + group.len()].copy_from_slice(group);
        let number = u64::from_be_bytes(number);
        let letters = (group.len() * 8).div_ceil(5);
        for letter in 0..letters {
            let index = (number >> (35 - 5 * letter)) & 31;
            text.push(char::from(BASE32[index as usize]));
        }
    }
    text
}

fn decode_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut number, mut bits) = (0_u32, 0);
    for letter in text.bytes() {
        let value = BASE32.iter().position(|known| *known == letter)?;
        number = (number << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(number >> bits & 0xff).ok()?);
            number &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1; the last six of its eight digits.
        let secret = encode_base32(b"12345678901234567890");
        let cases = "
            59          287082
            1111111109  081804
            1111111111  050471
            1234567890  005924
            2000000000  279037
            20000000000 353130";
        for line in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (seconds, code) = line.split_once(' ').expect(line);
            let at = |seconds: i64| Instant(seconds * 1000);
            let seconds: i64 = seconds.parse().expect(line);
            let step = totp_step(&secret, code.trim(), None, at(seconds));
            assert_eq!(step, Some(seconds / 30), "{line}");
            assert_eq!(totp_step(&secret, code.trim(), step, at(seconds)), None, "used: {line}");
            assert!(totp_step(&secret, code.trim(), None, at(seconds + 30)).is_some(), "{line}");
            assert_eq!(totp_step(&secret, code.trim(), None, at(seconds + 90)), None, "{line}");
        }
    }

    #[test]
    fn secrets_are_written_as_authenticators_read_them() {
        // RFC 4648, section 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(encode_base32(bytes.as_bytes()), text);
            assert_eq!(decode_base32(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        assert_eq!(decode_base32("M1"), None);
    }

    #[test]
    fn five_failures_lock_a_login_for_a_quarter_of_an_hour() {
        let minute = |minutes: i64| Instant::default().plus_minutes(minutes);
        for (failures, now, locked) in
            [(4, 0, false), (5, 0, true), (5, 14, true), (5, 15, false), (9, 14, true)]
        {
            let attempts = Attempts { failures, last_at: minute(0) };
            let until = attempts.locked_until(minute(now));
            assert_eq!(until, locked.then_some(minute(15)), "{failures} failures, minute {now}");
        }
    }

    #[test]
    fn a_subscribers_code_has_eight_digits_however_it_is_typed() {
        for (entropy, code) in
            [(0, "00000000"), (42, "00000042"), (100_000_007, "00000007"), (99_999_999, "99999999")]
        {
            assert_eq!(access_code(entropy), code);
        }
        for (typed, read) in [
            ("12345678", Some("12345678")),
            (" 1234 56-78", Some("12345678")),
            ("1234567", None),
            ("123456789", None),
            ("1234567a", None),
            ("١٢٣٤٥٦٧٨", None),
            ("", None),
        ] {
            assert_eq!(read_access_code(typed).as_deref(), read, "{typed}");
        }
    }

    #[test]
    fn passwords_are_long() {
        for (password, is_sound) in [
            ("correct horse", true),
            ("пароль из слов", true),
            ("short", false),
            ("aaaaaaaaaaaa", false),
            (&"ab".repeat(65), false),
        ] {
            assert_eq!(check_password(password).is_ok(), is_sound, "{password}");
        }
    }
}
