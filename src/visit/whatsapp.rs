//! Links that open WhatsApp with a text ready to be sent by hand (`https://wa.me/NUMBER?text=TEXT`). Nothing is sent by siap17.

use std::fmt::Write;

/// An Indonesian mobile number as the link wants it: `62` and the number without its 0. `None` for a landline or anything
/// else, since only mobile numbers have WhatsApp.
#[must_use]
pub fn number(phone: &str) -> Option<String> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let is_odd = phone.chars().any(|c| !c.is_ascii_digit() && !" +-.()/'\u{a0}".contains(c));
    let rest = match digits.strip_prefix("0062").or_else(|| digits.strip_prefix("62")) {
        // +62 (0)812…
        Some(rest) => rest.strip_prefix('0').unwrap_or(rest),
        // Spreadsheets drop the first 0.
        None => digits.strip_prefix('0').unwrap_or(&digits),
    };
    let is_mobile = rest.starts_with('8') && (9..=13).contains(&rest.len());
    (is_mobile && !is_odd).then(|| format!("62{rest}"))
}

/// The link; `None` if the number is no mobile one.
#[must_use]
pub fn link(phone: &str, text: &str) -> Option<String> {
    Some(format!("https://wa.me/{}?text={}", number(phone)?, percent_encoded(text)))
}

/// RFC 3986: everything but unreserved characters as the bytes of its UTF-8; WhatsApp takes `+` for a plus, not for a space.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mobile_numbers_are_taken_in_every_form_and_nothing_else_is() {
        for phone in [
            "081234567890",
            "0812-3456-7890",
            "+62 812 3456 7890",
            "6281234567890",
            "81234567890",
            "+62 (0)81234567890",
        ] {
            assert_eq!(number(phone).as_deref(), Some("6281234567890"), "{phone}");
        }
        for phone in ["", "(0370) 631234", "0812", "0812345678901234", "8,12345E+11", "tidak ada", "021-7654321"] {
            assert_eq!(number(phone), None, "{phone}");
        }
    }

    #[test]
    fn a_text_survives_the_link() {
        let link = link("0812 3456 7890", "Yth. Bu Sri & Pak Adi,\n08.00–09.30 (100%)?").unwrap();
        assert_eq!(
            link,
            "https://wa.me/6281234567890?text=Yth.%20Bu%20Sri%20%26%20Pak%20Adi%2C%0A08.00%E2%80%9309.30%20%28100%25%29%3F"
        );
        let url = url::Url::parse(&link).unwrap();
        assert_eq!(url.query_pairs().next().unwrap().1, "Yth. Bu Sri & Pak Adi,\n08.00–09.30 (100%)?");
    }
}
