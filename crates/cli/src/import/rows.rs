//! The rows of a foreign CSV file.

use anyhow::{Context, Result, bail};
use encoding_rs::{Encoding, UTF_8};
use std::path::Path;

/// What a text in a wrong encoding has in place of what could not be read.
const UNREADABLE: char = '\u{fffd}';

/// A CSV file with a header line.
pub struct Rows {
    pub columns: Vec<String>,
    pub rows: Vec<FileRow>,
}

/// A row as it stands in the file.
pub struct FileRow {
    /// From one; the header is the first.
    pub line: u64,
    pub cells: csv::StringRecord,
    /// Why nothing can be made of it.
    pub fault: Option<String>,
}

impl Rows {
    /// Reads a file. A row that can't be read is no error: it has a fault.
    pub fn read(path: &Path, encoding: &'static Encoding, delimiter: u8) -> Result<Rows> {
        let content = super::read(path)?;
        Rows::parse(&content, encoding, delimiter)
            .with_context(|| format!("{} can't be read", path.display()))
    }

    fn parse(content: &[u8], encoding: &'static Encoding, delimiter: u8) -> Result<Rows> {
        let decoded;
        let content = if encoding == UTF_8 {
            content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content)
        } else {
            decoded = encoding.decode(content).0;
            decoded.as_bytes()
        };
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(content);
        let columns: Vec<String> =
            reader.headers()?.iter().map(|column| column.trim().to_owned()).collect();
        if columns.iter().all(String::is_empty) {
            bail!("there is no header line");
        }
        let mut rows = Vec::new();
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record)? {
            let line = record.position().map_or(0, csv::Position::line);
            let mut fault = (record.len() != columns.len())
                .then(|| format!("{} columns instead of {}", record.len(), columns.len()));
            let cells = match csv::StringRecord::from_byte_record(record.clone()) {
                Ok(cells) => {
                    if encoding != UTF_8 && cells.iter().any(|cell| cell.contains(UNREADABLE)) {
                        fault = Some(format!("not text in {}", encoding.name()));
                    }
                    cells
                }
                Err(error) => {
                    fault =
                        Some("not UTF-8 text; the mapping can name another encoding".to_owned());
                    csv::StringRecord::from_byte_record_lossy(error.into_byte_record())
                }
            };
            rows.push(FileRow { line, cells, fault });
        }
        Ok(Rows { columns, rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row as its line, its cells or its fault.
    fn shown(content: &[u8], encoding: &str, delimiter: u8) -> Result<Vec<String>> {
        let encoding = Encoding::for_label(encoding.as_bytes()).context("an encoding")?;
        let rows = Rows::parse(content, encoding, delimiter)?.rows;
        let shown = rows.iter().map(|row| {
            let cells = || row.cells.iter().collect::<Vec<_>>().join("|");
            format!("{} {}", row.line, row.fault.clone().unwrap_or_else(cells))
        });
        Ok(shown.collect())
    }

    #[test]
    fn every_row_is_read_or_has_a_fault_and_its_line() -> Result<()> {
        let file = b"\xef\xbb\xbfa,b\n1,\"two\nlines\"\nshort\n\xff,x\nd,e,f\n3,4\n";
        let expected = [
            "2 1|two\nlines",
            "4 1 columns instead of 2",
            "5 not UTF-8 text; the mapping can name another encoding",
            "6 3 columns instead of 2",
            "7 3|4",
        ];
        assert_eq!(shown(file, "utf-8", b',')?, expected);
        Ok(())
    }

    #[test]
    fn files_of_other_programs_have_other_encodings_and_delimiters() -> Result<()> {
        let cyrillic = b"\xc3\xee\xf0\xee\xe4;N\n\xd2\xe0\xf8\xea\xe5\xed\xf2;7\n";
        assert_eq!(shown(cyrillic, "windows-1251", b';')?, ["2 Ташкент|7"]);
        let greek = b"a;N\n\xc1;7\n\xaa;8\n";
        let expected = ["2 Α|7", "3 not text in windows-1253"];
        assert_eq!(shown(greek, "windows-1253", b';')?, expected);
        Ok(())
    }

    #[test]
    fn a_file_without_a_header_is_refused() {
        assert!(shown(b"", "utf-8", b',').is_err());
    }
}
