//! A small table as a file for spreadsheets: UTF-8 with a mark, cells that might run as formulas defused.

use crate::formula::escape;

/// The file.
pub fn csv<'a, const N: usize>(header: [&'a str; N], rows: impl IntoIterator<Item = [&'a str; N]>) -> Vec<u8> {
    let mut out =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    for row in std::iter::once(header).chain(rows) {
        for cell in row {
            // Writing to memory does not fail.
            let _ = out.write_field(escape(cell).as_ref());
        }
        let _ = out.write_record(None::<&[u8]>);
    }
    out.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_defused_and_commas_quoted() {
        let file = csv(["a", "b"], [["=1+1", "x, y"]]);
        assert_eq!(String::from_utf8(file).unwrap(), "\u{feff}a,b\r\n'=1+1,\"x, y\"\r\n");
    }
}
