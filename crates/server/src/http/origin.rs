//! Whether a request that carries a cookie, or opens a socket, comes from our own pages.

use http::{HeaderMap, header};

use super::problem::{Code, Problem};

/// Refuses a request that a browser sent from another site. A client that is not a browser sends neither header.
///
/// # Errors
/// `Denied`.
pub fn check_same_origin(headers: &HeaderMap, public_origin: Option<&str>) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site_is_ours = matches!(text("sec-fetch-site"), None | Some("same-origin" | "none"));
    let origin_is_ours = match text(header::ORIGIN.as_str()) {
        None => true,
        Some(origin) => match public_origin {
            Some(expected) => origin == expected,
            None => origin_host(origin).is_some_and(|host| Some(host) == text(header::HOST.as_str())),
        },
    };
    if site_is_ours && origin_is_ours { Ok(()) } else { Err(Problem::new(Code::Denied, "requests from other sites are not accepted")) }
}

fn origin_host(origin: &str) -> Option<&str> {
    origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    #[expect(clippy::type_complexity, reason = "a table of cases")]
    fn only_our_own_pages_pass() {
        let cases: [(&[(&str, &str)], Option<&str>, bool); 9] = [
            (&[], None, true),
            (&[("origin", "http://bi.example"), ("host", "bi.example")], None, true),
            (&[("origin", "http://evil.example"), ("host", "bi.example")], None, false),
            (&[("origin", "null"), ("host", "bi.example")], None, false),
            (&[("origin", "http://bi.example.evil"), ("host", "bi.example")], None, false),
            (&[("origin", "https://bi.example")], Some("https://bi.example"), true),
            (&[("origin", "http://bi.example"), ("host", "bi.example")], Some("https://bi.example"), false),
            (&[("sec-fetch-site", "cross-site")], None, false),
            (&[("sec-fetch-site", "same-origin"), ("origin", "http://a"), ("host", "a")], None, true),
        ];
        for (pairs, public, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
            }
            assert_eq!(check_same_origin(&headers, public).is_ok(), expected, "{pairs:?}");
        }
    }
}
