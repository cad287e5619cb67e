//! Values with `{{ variable }}` in them, and the rule for the names of variables.

use std::collections::BTreeMap;

/// Puts the values of `variables` into `template`; the error names the variable or brace at fault.
pub(crate) fn render(
    template: &str,
    variables: &BTreeMap<String, String>,
) -> Result<String, String> {
    let mut rendered = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((literal, tail)) = rest.split_once("{{") {
        let (name, tail) = tail
            .split_once("}}")
            .ok_or_else(|| format!("{template:?} has a `{{{{` without `}}}}`"))?;
        let name = name.trim();
        let value = variables
            .get(name)
            .ok_or_else(|| format!("{template:?} refers to the undeclared variable {name:?}"))?;
        rendered.push_str(literal);
        rendered.push_str(value);
        rest = tail;
    }
    rendered.push_str(rest);
    Ok(rendered)
}

/// Whether the value depends on variables.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// Spin's rule for names: lower-case words joined by single underscores, the first starts with a
/// letter. The error is the broken part of the rule.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let bytes = name.as_bytes();
    let problem = if name.is_empty() {
        "must not be empty"
    } else if bytes.iter().any(|b| !(b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_')) {
        "may contain only lower-case letters, digits and underscores"
    } else if !bytes[0].is_ascii_lowercase() {
        "must start with a lower-case letter"
    } else if name.ends_with('_') {
        "must end with a letter or a digit"
    } else if name.contains("__") {
        "must not contain two underscores in a row"
    } else {
        return Ok(());
    };
    Err(format!("{name:?}: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_replace_expressions() {
        let variables = BTreeMap::from([
            ("host".to_owned(), "db".to_owned()),
            ("port".to_owned(), "1".to_owned()),
        ]);
        let cases = [
            ("", Ok("")),
            ("plain", Ok("plain")),
            ("{{host}}", Ok("db")),
            ("tcp://{{ host }}:{{ port }}/x", Ok("tcp://db:1/x")),
            ("a}}b", Ok("a}}b")),
            ("{{ nobody }}", Err(r#""{{ nobody }}" refers to the undeclared variable "nobody""#)),
            ("{{ host", Err(r#""{{ host" has a `{{` without `}}`"#)),
        ];
        for (template, expected) in cases {
            let rendered = render(template, &variables);
            assert_eq!(rendered.as_deref().map_err(String::as_str), expected, "{template}");
        }
    }

    #[test]
    fn names_follow_the_rule() {
        for good in ["a", "a1", "tick_token", "a_1"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in ["", "A", "1a", "_a", "a_", "a__b", "a-b", "ä"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
