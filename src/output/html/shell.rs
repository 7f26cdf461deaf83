//! The frame of a page: head, style, script, and the policy that lets nothing else through.

use sha2::{Digest, Sha256};

use crate::output::escape::{self, xml as escaped};

const STYLE: &str = include_str!("page.css");

/// A page, in parts.
pub struct Shell<'a> {
    /// Its title.
    pub title: &'a str,
    /// Style sheets beyond that of every page.
    pub styles: &'a [&'a str],
    /// What runs once the page is there.
    pub script: Option<&'a str>,
    /// The content of its body.
    pub body: &'a str,
}

impl Shell<'_> {
    /// The page. It reads everything from itself.
    pub fn page(&self) -> String {
        let style = std::iter::once(&STYLE).chain(self.styles).copied().collect::<String>();
        let hashes = |texts: &mut dyn Iterator<Item = &str>| texts.map(|text| format!(" '{}'", hash(text))).collect();
        let inner = inner_styles(self.body);
        let styles: String = hashes(&mut std::iter::once(&*style).chain(inner));
        let scripts: String = hashes(&mut self.script.into_iter());
        let scripts = if scripts.is_empty() { " 'none'".to_owned() } else { scripts };
        let script = self.script.map(|script| format!("<script>{script}</script>\n")).unwrap_or_default();
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src{styles}; \
             script-src{scripts}; img-src data:; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n{}{script}\
             </body>\n</html>\n",
            escape::xml_in_log(&escaped(self.title)),
            self.body,
        )
    }
}

/// The style sheets of pictures inside the body. User text is escaped, so it cannot contain one.
fn inner_styles(body: &str) -> impl Iterator<Item = &str> {
    let after_start = body.split("<style>").skip(1);
    after_start.filter_map(|rest| rest.split_once("</style>")).map(|(style, _)| style)
}

/// How a content security policy names an inline style or script: `sha256-…`.
fn hash(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text)))
}

/// Base64 with padding (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |group: &[u8]| {
        let bits = (0..3).fold(0, |bits, place| bits << 8 | u32::from(group.get(place).copied().unwrap_or(0)));
        let letter = |place: usize| match place <= group.len() {
            true => char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize]),
            false => '=',
        };
        (0..4).map(letter).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn a_hash_is_as_browsers_compute_it() {
        // The example of the specification (CSP 3, 2.3.1).
        assert_eq!(hash("doSomething();"), "sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc=");
    }

    #[test]
    fn only_styles_and_scripts_of_the_page_are_allowed() {
        let shell = Shell { title: "a<b", styles: &[], script: Some("x()"), body: "<svg><style>rect{}</style></svg>" };
        let page = shell.page();
        assert!(page.contains("<title>a&lt;b</title>"));
        for allowed in [hash(STYLE), hash("rect{}"), hash("x()")] {
            assert!(page.contains(&format!("'{allowed}'")), "{allowed} in {page}");
        }
        assert!(page.contains("default-src 'none'") && !page.contains("unsafe"));
    }
}
