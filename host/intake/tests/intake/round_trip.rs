//! Any table a CSV writer writes comes back cell for cell, whatever the encoding and the delimiter.

use crate::support::{ENCODINGS, encoded, in_region, read_bytes};
use proptest::prelude::*;

/// Cells as people write them: letters of windows-1252, quotes, line ends, every delimiter.
fn cell() -> impl Strategy<Value = String> {
    let letters = prop::sample::select(" abcXYZ019.,;|\t\"'\n\r-+=@()/äöüßéèñçÅØœ€–".chars().collect::<Vec<_>>());
    prop::collection::vec(letters, 0..12).prop_map(|letters| letters.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_writer_writes_is_read_back(
        rows in prop::collection::vec(prop::collection::vec(cell(), 3), 1..12),
        encoding in prop::sample::select(ENCODINGS.to_vec()),
        delimiter in prop::sample::select(b",;\t|".to_vec()),
        quote_all in any::<bool>(),
        crlf in any::<bool>(),
    ) {
        let mut writer = csv::WriterBuilder::new();
        writer.delimiter(delimiter);
        writer.quote_style(if quote_all { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary });
        writer.terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') });
        let mut writer = writer.from_writer(Vec::new());
        writer.write_record(["Phone", "Nom", "Größe", "Ort"]).unwrap();
        for (number, row) in rows.iter().enumerate() {
            let phone = format!("+1 415 555 {:04}", 100 + number);
            // A refused number hands the row back exactly as it was.
            let phone = if number % 2 == 0 { "n/a".to_owned() } else { phone };
            writer.write_record([phone.as_str(), &row[0], &row[1], &row[2]]).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let mut options = in_region("US");
        // Detection has its own tests; a handful of random cells may look like any encoding.
        options.encoding = Some(encoding.split(' ').next().unwrap().to_owned());
        options.delimiter = Some((delimiter as char).to_string());
        let read = read_bytes(&encoded(&text, encoding), &options).unwrap();
        prop_assert_eq!(read.summary.rows, rows.len() as u64);
        prop_assert_eq!(read.rejected.len(), rows.len().div_ceil(2));
        for ((_, _, _, original), row) in read.rejected.iter().zip(rows.iter().step_by(2)) {
            prop_assert_eq!(&original[1..], &row[..]);
        }
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..400), as_zip in any::<bool>()) {
        let bytes = if as_zip { [b"PK\x03\x04".to_vec(), bytes].concat() } else { [b"Phone\n".to_vec(), bytes].concat() };
        let _ = read_bytes(&bytes, &in_region("US")).map_err(|error| error.to_string());
    }
}
