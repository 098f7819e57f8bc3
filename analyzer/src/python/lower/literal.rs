//! Numbers and strings.

use chameleon_decision::{Constant, Expr, ExprKind};
use tree_sitter::Node;

use super::Lower;
use crate::python::syntax::{children, field, named};
use crate::secrets;

impl<'t> Lower<'_, 't> {
    /// An integer or float; a complex or oversized number is opaque.
    pub(super) fn number(&mut self, node: Node<'t>) -> ExprKind {
        let text = self.parsed.text(node).replace('_', "");
        let value = if node.kind() == "float" {
            text.parse().ok().map(Constant::Float)
        } else {
            integer(&text).map(Constant::Int)
        };
        match value {
            Some(value) => ExprKind::Constant { value },
            None => self.opaque(node, "this number is not supported"),
        }
    }

    /// A string literal, or an f-string.
    pub(super) fn string(&mut self, node: Node<'t>) -> ExprKind {
        if self.is_credential(node) {
            return super::expr::constant(chameleon_decision::Constant::Str(secrets::MASK.to_owned()));
        }
        let parts = self.string_parts(node);
        joined(parts)
    }

    /// Whether a text is given to a name that says it is a credential: in an assignment, an argument or a dictionary.
    fn is_credential(&self, node: Node<'t>) -> bool {
        /// A shorter one is the name of something, or empty.
        const LEAST: usize = 8;
        let Some(parent) = node.parent() else { return false };
        let name = match parent.kind() {
            "assignment" => field(parent, "left"),
            "keyword_argument" | "default_parameter" | "typed_default_parameter" => field(parent, "name"),
            "pair" => field(parent, "key").filter(|key| *key != node),
            _ => None,
        };
        let text = self.parsed.text(node);
        // Without a digit it may as well be a word that the program looks for.
        let is_random = text.contains(|c: char| c.is_ascii_digit()) && !text.contains(char::is_whitespace);
        let is_one = text.len() >= LEAST + 2 && is_random;
        is_one && name.is_some_and(|name| secrets::is_credential(self.parsed.text(name)))
    }

    /// `"a" f"{b}" "c"`.
    pub(super) fn concatenated(&mut self, node: Node<'t>) -> ExprKind {
        let parts = named(node).into_iter().flat_map(|string| self.string_parts(string)).collect();
        joined(parts)
    }

    fn string_parts(&mut self, node: Node<'t>) -> Vec<(Expr, Option<String>)> {
        let mut parts = Vec::new();
        let (mut raw, mut formatted) = (false, false);
        for child in children(node) {
            match child.kind() {
                "string_start" => {
                    let prefix = self.parsed.text(child).to_lowercase();
                    raw = prefix.contains('r');
                    formatted = prefix.contains('f');
                }
                "string_content" => {
                    let text = self.parsed.text(child);
                    let text = if raw { text.to_owned() } else { unescape(text) };
                    let text = if formatted { text.replace("{{", "{").replace("}}", "}") } else { text };
                    parts.push((self.text(child, &secrets::masked(&text)), None));
                }
                "interpolation" => parts.push(self.interpolation(child)),
                _ => {}
            }
        }
        if parts.is_empty() {
            parts.push((self.text(node, ""), None));
        }
        parts
    }

    fn interpolation(&mut self, node: Node<'t>) -> (Expr, Option<String>) {
        let value = match field(node, "expression") {
            Some(inner) => self.expr(inner),
            None => self.opaque_expr(node, "this part of the string cannot be read"),
        };
        let mut format = String::new();
        if let Some(conversion) = field(node, "type_conversion") {
            format.push_str(self.parsed.text(conversion));
        }
        if let Some(specifier) = field(node, "format_specifier") {
            format.push_str(self.parsed.text(specifier).trim_start_matches(':'));
        }
        (value, (!format.is_empty()).then_some(format))
    }

    fn text(&self, node: Node<'_>, text: &str) -> Expr {
        self.at(node, ExprKind::Constant { value: Constant::Str(text.to_owned()) })
    }
}

/// Parts that are all literal make one constant.
fn joined(parts: Vec<(Expr, Option<String>)>) -> ExprKind {
    let mut text = String::new();
    for (part, _) in &parts {
        let ExprKind::Constant { value: Constant::Str(literal) } = &part.kind else {
            return ExprKind::Format { parts };
        };
        text.push_str(literal);
    }
    ExprKind::Constant { value: Constant::Str(text) }
}

fn integer(text: &str) -> Option<i64> {
    let text = text.trim_end_matches(['l', 'L']);
    let lower = text.to_lowercase();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = lower.strip_prefix(prefix) {
            return i64::from_str_radix(digits, radix).ok();
        }
    }
    text.parse().ok()
}

/// Resolves backslash escapes as Python does; an unknown escape keeps its backslash.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(first) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        let simple = match first {
            'n' => Some('\n'),
            't' => Some('\t'),
            'r' => Some('\r'),
            'a' => Some('\u{7}'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'v' => Some('\u{b}'),
            '\\' | '\'' | '"' => Some(first),
            _ => None,
        };
        if let Some(simple) = simple {
            out.push(simple);
            rest = &rest[1..];
        } else if first == '\n' {
            rest = &rest[1..];
        } else if let Some((decoded, used)) = numeric_escape(rest) {
            out.push(decoded);
            rest = &rest[used..];
        } else {
            out.push('\\');
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out.push_str(rest);
    out
}

/// `x41`, `u0041`, `U00000041` and `101`, with how many bytes they take.
fn numeric_escape(text: &str) -> Option<(char, usize)> {
    let first = text.chars().next()?;
    let digits = match first {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        '0'..='7' => {
            let used = text.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            return Some((char::from_u32(u32::from_str_radix(&text[..used], 8).ok()?)?, used));
        }
        _ => return None,
    };
    let hex = text.get(1..=digits)?;
    Some((char::from_u32(u32::from_str_radix(hex, 16).ok()?)?, digits + 1))
}

#[cfg(test)]
mod tests {
    use super::{integer, unescape};

    #[test]
    fn escapes_resolve_as_in_python() {
        assert_eq!(unescape(r"a\n\x41\u00e9\101\q\\"), "a\nA\u{e9}A\\q\\");
        assert_eq!(unescape("end\\"), "end\\");
    }

    #[test]
    fn integers_of_every_base_are_read() {
        assert_eq!(integer("0x1F"), Some(31));
        assert_eq!(integer("10L"), Some(10));
        assert_eq!(integer("0b101"), Some(5));
        assert_eq!(integer("99999999999999999999"), None);
    }
}
