//! Rejected rows go out as a file, are put right, and come back.

use std::io::{self, Cursor};

use crate::support::{in_region, read_text};
use campanile_intake::{IntakeError, RejectsWriter, Row, Rules, detect, read};

#[expect(clippy::unwrap_used, reason = "a list that cannot be read fails the test")]
fn rejects(text: &str) -> String {
    let mut source = Cursor::new(text.as_bytes().to_vec());
    let options = in_region("US");
    let layout = detect(&mut source, &options).unwrap();
    let mut writer = RejectsWriter::new(Vec::new(), &layout).unwrap();
    let rules = Rules { default_region: options.default_region, is_known_zone: &|_| true };
    read(&mut source, &layout, layout.suggested().unwrap(), &rules, &mut |row| match row {
        Row::Rejected(rejected) => writer.write(&rejected),
        _ => Ok(()),
    })
    .unwrap();
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

const LIST: &str = "Name;Phone;Note;Formula\n\
    Ann;+1 999 555 0100;\"two\nlines; \"\"quoted\"\"\";=1+1\n\
    Bob;+1 415 555 0100;fine;\n\
    '=Cy;555-0100;@home;-2\n\
    Di;n/a;;;more\n";

#[test]
fn rejected_rows_are_written_whole_with_their_reason_and_without_formulas() {
    let file = rejects(LIST);
    assert!(file.starts_with("\u{feff}row;code;reason;suggestion;Name;Phone;Note;Formula\r\n"), "{file}");
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').flexible(true).from_reader(&file.as_bytes()[3..]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 3);
    assert_eq!((&rows[0][0], &rows[0][1], &rows[1][0], &rows[2][1]), ("2", "invalid", "4", "unparseable"));
    assert_eq!(
        (&rows[0][4], &rows[0][5], &rows[0][6], &rows[0][7]),
        ("Ann", "'+1 999 555 0100", "two\nlines; \"quoted\"", "'=1+1")
    );
    assert_eq!((&rows[1][4], &rows[1][6], &rows[1][7]), ("''=Cy", "'@home", "'-2"));
    assert_eq!(&rows[2][8], "more");
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{file}");
}

#[test]
fn the_corrected_file_reads_like_the_first() {
    let corrected = rejects(LIST).replace("999 555", "415 555").replace("555-0100", "415-555-0101");
    let read = read_text(&corrected, &in_region("US")).unwrap();
    assert_eq!(read.summary.columns.primary, "Phone");
    assert_eq!(read.leads.iter().map(|lead| lead.phone.as_str()).collect::<Vec<_>>(), ["+14155550100", "+14155550101"]);
    let original =
        read_text(&LIST.replace("999 555", "415 555").replace("555-0100", "415-555-0101"), &in_region("US")).unwrap();
    assert_eq!(read.leads[0].variables, original.leads[0].variables);
    let again = rejects(&corrected);
    assert!(again.contains("row;code;reason;suggestion;Name;Phone"), "{again}");
    assert_eq!(again.lines().count(), 2, "{again}");
}

#[test]
fn a_sink_that_fails_stops_the_reading_and_is_named() {
    let mut source = Cursor::new(LIST.as_bytes().to_vec());
    let options = in_region("US");
    let layout = detect(&mut source, &options).unwrap();
    let rules = Rules { default_region: options.default_region, is_known_zone: &|_| true };
    let full = read(&mut source, &layout, layout.suggested().unwrap(), &rules, &mut |row| match row {
        Row::Lead(_) => Err(io::Error::other("disk full")),
        _ => Ok(()),
    });
    assert!(matches!(full, Err(IntakeError::Sink { row: 3, .. })), "{full:?}");
}
