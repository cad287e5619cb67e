//! Rules as text tables: one case per line, `#` begins a remark, blank lines don't count.

/// The lines of a table that are cases.
pub fn cases(table: &str) -> impl Iterator<Item = &str> {
    table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}
