//! What the tests of this crate share: lists in memory, in every encoding, and a short way to read them.

#![expect(clippy::unwrap_used, reason = "a list that cannot be made fails its test")]

use std::io::{Cursor, Write};

use campanile_intake::{IntakeError, Layout, Options, Row, Rules, Source, Summary, detect, read};

/// What reading a file gave, copied.
#[derive(Debug)]
pub struct Outcome {
    pub layout: Layout,
    pub summary: Summary,
    /// Row, phone, secondary phones, variables.
    pub leads: Vec<Lead>,
    /// Row, code, suggestion, the row as it was.
    pub rejected: Vec<(u64, &'static str, String, Vec<String>)>,
    /// Row, code, message.
    pub warnings: Vec<(u64, &'static str, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Lead {
    pub row: u64,
    pub phone: String,
    pub name: Option<String>,
    pub external_id: Option<String>,
    pub time_zone: Option<String>,
    pub secondary: Vec<(String, Option<String>, String)>,
    pub variables: Vec<(String, String)>,
}

pub fn in_region(letters: &str) -> Options {
    Options { default_region: Some(letters.parse().unwrap()), ..Options::default() }
}

pub fn read_all(source: &mut dyn Source, options: &Options) -> Result<Outcome, IntakeError> {
    let layout = detect(source, options)?;
    let mapping = layout.suggested()?.clone();
    let is_known_zone = |zone: &str| zone == "America/New_York" || zone == "Europe/Berlin";
    let rules = Rules { default_region: options.default_region, is_known_zone: &is_known_zone };
    let (mut leads, mut rejected, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    let summary = read(source, &layout, &mapping, &rules, &mut |row| {
        match row {
            Row::Lead(lead) => leads.push(Lead {
                row: lead.row,
                phone: lead.phone.to_string(),
                name: lead.name.map(|name| name.into_owned()),
                external_id: lead.external_id.map(str::to_owned),
                time_zone: lead.time_zone.map(str::to_owned),
                secondary: lead
                    .secondary
                    .iter()
                    .map(|other| {
                        (
                            other.phone.to_string(),
                            other.name.map(str::to_owned),
                            other.label.unwrap_or_default().to_owned(),
                        )
                    })
                    .collect(),
                variables: lead.variables.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            }),
            Row::Rejected(row) => rejected.push((
                row.row,
                row.code,
                row.suggestion.into_owned(),
                row.original.iter().map(str::to_owned).collect(),
            )),
            Row::Warning(warning) => warnings.push((warning.row, warning.code.as_str(), warning.message)),
        }
        Ok(())
    })?;
    let lost = summary.rows - summary.accepted - summary.duplicates_in_file - summary.rejected.values().sum::<u64>();
    assert_eq!(lost, 0, "a row was lost: {summary:?}");
    Ok(Outcome { layout, summary, leads, rejected, warnings })
}

pub fn read_text(text: &str, options: &Options) -> Result<Outcome, IntakeError> {
    read_bytes(text.as_bytes(), options)
}

pub fn read_bytes(bytes: &[u8], options: &Options) -> Result<Outcome, IntakeError> {
    read_all(&mut Cursor::new(bytes.to_vec()), options)
}

pub const ENCODINGS: [&str; 6] =
    ["utf-8", "utf-8 with BOM", "utf-16le with BOM", "utf-16be with BOM", "utf-16le", "windows-1252"];

/// The text in one of [`ENCODINGS`].
pub fn encoded(text: &str, encoding: &str) -> Vec<u8> {
    let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    match encoding {
        "utf-8" => text.as_bytes().to_vec(),
        "utf-8 with BOM" => format!("\u{feff}{text}").into_bytes(),
        "utf-16le" => little(text),
        "utf-16le with BOM" => little(&format!("\u{feff}{text}")),
        "utf-16be with BOM" => format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "windows-1252" => {
            let (bytes, _, lossy) = encoding_rs::WINDOWS_1252.encode(text);
            assert!(!lossy, "not in windows-1252");
            bytes.into_owned()
        }
        other => panic!("{other}"),
    }
}

/// A cell of a workbook.
pub enum Cell<'a> {
    Text(&'a str),
    Shared(usize),
    Number(&'a str),
    Error(&'a str),
    Empty,
}

/// A workbook of one sheet, as spreadsheets write it.
pub fn workbook(rows: &[Vec<Cell<'_>>], shared: &[&str]) -> Vec<u8> {
    let mut sheet =
        String::from(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#);
    for (row, cells) in (1..).zip(rows) {
        sheet.push_str(&format!(r#"<row r="{row}">"#));
        for (column, cell) in ('A'..).zip(cells) {
            match cell {
                Cell::Text(text) => {
                    sheet.push_str(&format!(r#"<c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c>"#))
                }
                Cell::Shared(index) => sheet.push_str(&format!(r#"<c r="{column}{row}" t="s"><v>{index}</v></c>"#)),
                Cell::Number(number) => sheet.push_str(&format!(r#"<c r="{column}{row}"><v>{number}</v></c>"#)),
                Cell::Error(error) => sheet.push_str(&format!(r#"<c r="{column}{row}" t="e"><v>{error}</v></c>"#)),
                Cell::Empty => {}
            }
        }
        sheet.push_str("</row>");
    }
    sheet.push_str("</sheetData></worksheet>");
    let texts: String = shared.iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
    let count = shared.len();
    packed(&[
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        (
            "xl/sharedStrings.xml",
            format!(r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="{count}">{texts}</sst>"#).as_bytes(),
        ),
    ])
}

/// A workbook of these parts and the ones every workbook has.
pub fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let fixed: [(&str, &str); 4] = [
        (
            "[Content_Types].xml",
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Leads" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
    ];
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, content) in fixed.iter().map(|(name, text)| (*name, text.as_bytes())).chain(parts.iter().copied()) {
        zip.start_file(name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
