//! Files that are broken, absurd or malicious: each gives a clear answer in bounded time and memory, and loses nothing.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use crate::support::{Cell, encoded, in_region, packed, read_all, read_bytes, read_text, workbook};
use campanile_intake::{IntakeError, Limits, Options, detect};

#[expect(clippy::unwrap_used, reason = "a file that is accepted fails the test")]
fn refusal(bytes: &[u8]) -> IntakeError {
    read_bytes(bytes, &in_region("US")).map(|read| read.summary).unwrap_err()
}

#[test]
fn nothing_to_read_is_said() {
    for empty in [&b""[..], b"\xef\xbb\xbf", b"\xff\xfe", b"\n\n\r\n", b",,,\n,,,\n", b"sep=;\r\n", b"  \n"] {
        assert_eq!(refusal(empty).code(), "empty_file", "{empty:?}");
    }
    let only_header = refusal(b"Name,Phone\n");
    assert_eq!(only_header.code(), "only_header");
    assert!(only_header.to_string().contains("\"Phone\""), "{only_header}");
    assert_eq!(refusal(b"Name,Phone\n,,\n\n").code(), "only_header");
}

#[test]
fn without_a_phone_column_the_columns_and_the_flag_are_named() {
    let error = refusal(b"Name,Kunde seit,Fax\nAnn,16.10.2015,030 23125 144\nBob,17.10.2015,030 23125 145\n");
    assert_eq!(error.code(), "no_phone_column");
    let said = error.to_string();
    assert!(said.contains("\"Kunde seit\"") && said.contains("--primary"), "{said}");
    let options = Options { primary: Some("Telephone".into()), ..in_region("US") };
    let unknown = read_text("Name,Phone\nAnn,4155550100\n", &options).unwrap_err().to_string();
    assert!(unknown.contains("\"Telephone\"") && unknown.contains("\"Phone\""), "{unknown}");
    let options = Options { header_row: Some(9), ..in_region("US") };
    assert_eq!(read_text("Name,Phone\nAnn,4155550100\n", &options).unwrap_err().code(), "no_such_header_row");
}

#[test]
fn other_kinds_of_files_are_called_by_their_name() {
    let zip_of = |name: &str| {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.finish().unwrap().into_inner()
    };
    for (bytes, what) in [
        (b"%PDF-1.7\n...".to_vec(), "a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "an old .xls workbook"),
        (b"\x1f\x8b\x08\0".to_vec(), "a gzip archive"),
        (b"<!DOCTYPE html><html><body>Please sign in</body></html>".to_vec(), "a web page"),
        (zip_of("content.xml"), "an OpenDocument file"),
        (zip_of("word/document.xml"), "a text document"),
        (zip_of("leads.csv"), "a zip archive"),
        ((0..4_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 & 0x1f).collect(), "binary data"),
    ] {
        let error = refusal(&bytes);
        assert_eq!(error.code(), "not_a_table", "{what}");
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn a_quote_that_never_closes_names_its_line_instead_of_swallowing_leads() {
    let rows: String = (100..200).map(|line| format!("Ann,415-555-0{line},\"a note\"\n")).collect();
    let error = refusal(format!("Name,Phone,Note\nBob,415-555-0100,\"oops\n{rows}").as_bytes());
    assert!(matches!(error, IntakeError::UnclosedQuote { opened: 2, noticed: 3 }), "{error}");
    let at_the_end = refusal(b"Name,Phone\nAnn,4155550100\n\"Bob,4155550101\n");
    assert!(matches!(at_the_end, IntakeError::UnclosedQuote { opened: 3, .. }), "{at_the_end}");
}

#[test]
fn broken_characters_and_nuls_in_the_middle_lose_no_row() {
    let mut bytes = "Name,Phone\nZoë Müller,415-555-0100\nSøren Ås,415-555-0101\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"J\xfcrgen,415-555-\x000102\nAnn,415-555-0103\n");
    let read = read_bytes(&bytes, &in_region("US")).unwrap();
    assert_eq!(read.leads.len(), 4);
    assert_eq!(read.leads[2].name.as_deref(), Some("Jürgen"));
    let repairs = serde_json::to_value(&read.summary.repairs).unwrap();
    assert_eq!(repairs, serde_json::json!({"foreign_byte_sequences": 1, "nul_characters_dropped": 1}));
}

#[test]
fn padding_with_nuls_and_a_stale_sep_line_are_seen_through() {
    let padded = [&b"Name,Phone\nAnn,415-555-0100\n"[..], &[0; 5_000]].concat();
    assert_eq!(read_bytes(&padded, &in_region("US")).unwrap().leads.len(), 1);
    let stale = read_text("sep=,\nName;Phone\nAnn;415-555-0100\n", &in_region("US")).unwrap();
    assert_eq!((stale.summary.columns.primary.as_str(), stale.leads.len()), ("Phone", 1));
    assert_eq!(read_text("sep=;\nPhone\n415-555-0100\n", &in_region("US")).unwrap().leads.len(), 1);
}

#[test]
fn a_phone_column_of_nothing_but_refusals_rejects_each_row() {
    let read = read_text(&format!("Name,Phone\n{}", "Ann,n/a\n".repeat(20)), &in_region("US")).unwrap();
    assert_eq!((read.summary.columns.primary.as_str(), read.rejected.len()), ("Phone", 20));
}

#[test]
fn ragged_rows_keep_every_cell() {
    let read = read_text("Name,Phone,City\nAnn,415-555-0100\nCy,415-555-0103\nBob,415-555-0101,Rome,extra,,more\nSmith, Joe,415-555-0102,Paris\n", &in_region("US")).unwrap();
    assert_eq!(read.leads.len(), 3);
    assert!(read.leads[2].variables.contains(&("beyond_column_6".into(), "more".into())), "{:?}", read.leads[2]);
    assert_eq!(read.warnings[0].1, "ragged_row");
    let (row, code, suggestion, original) = &read.rejected[0];
    assert_eq!((*row, *code, original.len()), (5, "unparseable", 4));
    assert!(suggestion.contains("shifted"), "{suggestion}");
}

#[test]
fn duplicate_and_empty_headers_become_different_variables() {
    let read = read_text("Phone,Note,Note,,\n415-555-0100,a,b,c,d\n415-555-0101,e,f,g,h\n", &in_region("US")).unwrap();
    let names: Vec<&str> = read.leads[0].variables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["note", "note_2", "column_4", "column_5"]);
}

#[test]
fn other_numbers_are_not_taken_for_phones() {
    let read = read_text(
        "Order,SSN,Kontakt,Date,Total\n100000123,078-05-1120,+1 415 555 0100,16.10.2015,1234567.89\n100000124,219-09-9999,+1 415 555 0101,17.10.2015,7654321.00\n",
        &in_region("US"),
    )
    .unwrap();
    assert_eq!(read.summary.columns.primary, "Kontakt");
    assert_eq!(read.summary.columns.secondary, Vec::<String>::new());
}

#[test]
fn a_totals_row_and_a_repeated_header_are_rejected_by_number() {
    let read = read_text("Name,Phone\nAnn,415-555-0100\nName,Phone\nTotal,\n", &in_region("US")).unwrap();
    assert_eq!(
        read.rejected.iter().map(|row| (row.0, row.1)).collect::<Vec<_>>(),
        [(3, "unparseable"), (4, "missing_phone")]
    );
}

#[test]
fn a_workbook_cut_off_or_lying_about_itself_is_refused() {
    let rows = vec![vec![Cell::Text("phone")], vec![Cell::Number("14155550100")]];
    let whole = workbook(&rows, &[]);
    assert!(read_bytes(&whole, &in_region("US")).is_ok());
    assert_eq!(refusal(&whole[..whole.len() / 2]).code(), "broken_workbook");
    let mut flipped = whole.clone();
    let middle = flipped.len() / 3;
    flipped[middle..middle + 40].fill(0x5a);
    assert!(matches!(refusal(&flipped).code(), "broken_workbook" | "not_a_table"));
    let claims = br#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="99999999999999"></sst>"#;
    let sheet =
        br#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>"#;
    let lying = packed(&[("xl/worksheets/sheet1.xml", sheet), ("xl/sharedStrings.xml", claims)]);
    assert_eq!(refusal(&lying).code(), "broken_workbook");
    assert_eq!(refusal(&packed(&[("xl/worksheets/sheet1.xml", sheet)])).code(), "empty_file");
}

#[test]
fn a_zip_bomb_is_stopped_while_it_unpacks() {
    let row = r#"<row><c t="inlineStr"><is><t>14155550100</t></is></c></row>"#;
    let sheet = format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>"#,
        row.repeat(200_000)
    );
    let bomb = packed(&[("xl/worksheets/sheet1.xml", sheet.as_bytes())]);
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    let limits = Limits { unpacked_bytes: 1 << 20, ..Limits::default() };
    let error = detect(&mut Cursor::new(bomb), &Options { limits, ..Options::default() }).unwrap_err();
    assert_eq!(error.code(), "workbook_too_large");
    let cell = format!("<worksheet><sheetData><row><c><is><t>{}", "x".repeat(3 << 20));
    assert_eq!(refusal(&packed(&[("xl/worksheets/sheet1.xml", cell.as_bytes())])).code(), "workbook_too_large");
}

#[test]
fn a_sheet_that_claims_the_whole_grid_costs_only_its_cells() {
    let sheet = br#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>phone</t></is></c></row><row r="1048576"><c r="A1048576"><v>14155550100</v></c></row></sheetData></worksheet>"#;
    let read = read_bytes(&packed(&[("xl/worksheets/sheet1.xml", sheet)]), &in_region("US")).unwrap();
    assert_eq!(read.leads[0].row, 1_048_576);
    let far = br#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>phone</t></is></c><c r="XFD1"><v>1</v></c></row></sheetData></worksheet>"#;
    assert_eq!(refusal(&packed(&[("xl/worksheets/sheet1.xml", far)])).code(), "too_many_columns");
}

/// Endless text made on demand: `line` over and over, `length` bytes of it.
struct Endless {
    head: &'static [u8],
    line: &'static [u8],
    length: u64,
    at: u64,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min((self.length - self.at) as usize);
        for byte in &mut buffer[..count] {
            let head = self.head.len() as u64;
            *byte = if self.at < head {
                self.head[self.at as usize]
            } else {
                self.line[((self.at - head) % self.line.len() as u64) as usize]
            };
            self.at += 1;
        }
        Ok(count)
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if let SeekFrom::Start(at) = to {
            self.at = at;
        }
        Ok(self.at)
    }
}

#[test]
fn a_line_without_end_is_refused_before_it_is_held() {
    for (head, line, code) in [
        (&b"Name,Phone\n"[..], &b"x"[..], "row_too_large"),
        (b"Name,Phone\n\"", b"x\n", "unclosed_quote"),
        (b"Name,Phone\n", b",", "row_too_large"),
    ] {
        let mut endless = Endless { head, line, length: 1 << 30, at: 0 };
        let options = Options { encoding: Some("utf-8".into()), ..in_region("US") };
        let error = read_all(&mut endless, &options).map(|read| read.summary).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(endless.at < 16 << 20, "read {} bytes", endless.at);
    }
}

#[test]
fn an_encoding_or_delimiter_nobody_knows_is_refused() {
    let options = Options { encoding: Some("utf-7".into()), ..in_region("US") };
    assert_eq!(read_text("Phone\n4155550100\n", &options).unwrap_err().code(), "unknown_encoding");
    let options = Options { delimiter: Some("::".into()), ..in_region("US") };
    assert_eq!(read_text("Phone\n4155550100\n", &options).unwrap_err().code(), "bad_delimiter");
    let options = Options { encoding: Some("windows-1252".into()), delimiter: Some("^".into()), ..in_region("US") };
    let read = read_bytes(&encoded("Name^Phone\nJürgen^4155550100\n", "windows-1252"), &options).unwrap();
    assert_eq!(read.leads[0].name.as_deref(), Some("Jürgen"));
}
