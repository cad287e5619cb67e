//! Rules as text tables: one case per line, `#` begins a remark, blank lines don't count.

/// The lines of a table that are cases.
pub fn cases(table: &str) -> impl Iterator<Item = &str> {
    table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// What stands before and after the last sign of a line; blanks within don't matter.
pub fn columns(line: &str, sign: &str) -> (String, String) {
    let (left, right) = line.rsplit_once(sign).unwrap_or_else(|| panic!("no {sign:?} in: {line}"));
    (folded(left), folded(right))
}

pub fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
