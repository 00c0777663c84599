//! The styles lists come in, each made here: encodings by delimiters, and what exports of each kind look like.

use crate::support::{Cell, ENCODINGS, Lead, encoded, in_region, read_bytes, read_text, workbook};

const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

#[test]
fn every_encoding_and_delimiter_reads_alike() {
    let table = [
        ["Kunde", "Telefon", "Ort", "Bemerkung"],
        ["Jürgen Müller", "(030) 23125-114", "Köln", "mit, Komma; und | mehr"],
        ["Søren Ås", "+49 (0)30 23125162", "Nîmes", "zwei\r\nZeilen, \"Zitat\""],
        ["Zoë O'Neil", "0049 30 23125124", "Leeds", ""],
        ["Françoise Lévy", "n/a", "Nîmes", "kein Anschluss"],
    ];
    for encoding in ENCODINGS {
        for delimiter in DELIMITERS {
            for sep_line in [false, true] {
                let mut writer = csv::WriterBuilder::new().delimiter(delimiter as u8).from_writer(Vec::new());
                table.iter().for_each(|row| writer.write_record(row).unwrap());
                let mut text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
                if sep_line {
                    text.insert_str(0, &format!("sep={delimiter}\r\n"));
                }
                let style = format!("{encoding} {delimiter:?} sep={sep_line}");
                let read =
                    read_bytes(&encoded(&text, encoding), &in_region("DE")).unwrap_or_else(|e| panic!("{style}: {e}"));
                let format = serde_json::to_value(&read.layout.format).unwrap();
                assert_eq!(format["encoding"], encoding, "{style}");
                assert_eq!(
                    format["delimiter"],
                    if delimiter == '\t' { "\\t".into() } else { delimiter.to_string() },
                    "{style}"
                );
                let phones: Vec<&str> = read.leads.iter().map(|lead| lead.phone.as_str()).collect();
                assert_eq!(phones, ["+493023125114", "+493023125162", "+493023125124"], "{style}");
                let note = ("bemerkung".to_owned(), "zwei\r\nZeilen, \"Zitat\"".to_owned());
                assert!(read.leads[1].variables.contains(&note), "{style}: {:?}", read.leads[1]);
                assert_eq!(read.leads[0].variables[0].1, "Jürgen Müller", "{style}");
                let (row, code, _, original) = &read.rejected[0];
                assert_eq!((*row, *code), (5 + u64::from(sep_line), "unparseable"), "{style}");
                assert_eq!(original, &table[4], "{style}");
            }
        }
    }
}

#[test]
fn a_crm_export_finds_its_phones_and_counts_its_rows() {
    let read = read_text(
        "First Name,Last Name,Phone,Mobile Phone,Email,ZIP,Amount Due\r\n\
         Ann,Lee,(501) 555-0150,808.555.0112,a@example.com,08103,524.51\r\n\
         Bob,Ray,+1 999 555 0100,732-555-0107,b@example.com,56143,852.70\r\n\
         Cy,Fox,15015550150,,c@example.com,77249,1.00\r\n\
         Di,Elm,,732-555-0107,d@example.com,77249,1.00\r\n\
         Ed,Oak,call me,,e@example.com,77249,1.00\r\n\
         Flo,Ash,555-0100,,f@example.com,77249,1.00\r\n\
         Gil,Yew,tel:+1-859-555-0126,859 555\u{a0}0126,g@example.com,77249,1.00\r\n\
         Hal,Fir,859-555-0127,12345,h@example.com,77249,1.00\r\n",
        &in_region("US"),
    )
    .unwrap();
    let summary = serde_json::to_value(&read.summary).unwrap();
    assert_eq!(summary["columns"]["primary"], "Phone");
    assert_eq!(summary["columns"]["secondary"], serde_json::json!(["Mobile Phone"]));
    let counts =
        ["rows", "accepted", "duplicates_in_file", "secondary_contacts"].map(|key| summary[key].as_u64().unwrap());
    assert_eq!(counts, [8, 3, 1, 1]);
    assert_eq!(summary["rejected"], serde_json::json!({"invalid": 2, "missing_phone": 1, "unparseable": 1}));
    assert_eq!(summary["warnings"], serde_json::json!({"bad_secondary": 1, "duplicate_in_file": 1}));
    let ann = Lead {
        row: 2,
        phone: "+15015550150".into(),
        name: Some("Ann Lee".into()),
        external_id: None,
        time_zone: None,
        secondary: vec![("+18085550112".into(), None, "Mobile Phone".into())],
        variables: [
            ("first_name", "Ann"),
            ("last_name", "Lee"),
            ("email", "a@example.com"),
            ("zip", "08103"),
            ("amount_due", "524.51"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
    };
    assert_eq!(read.leads[0], ann);
    assert!(
        read.leads[2].variables.contains(&("mobile_phone".into(), "12345".into())),
        "a bad secondary is kept as text"
    );
    assert!(read.warnings[0].2.contains("row 2"), "{:?}", read.warnings);
}

#[test]
fn a_damaged_export_says_what_happened_to_each_number() {
    let read = read_text(
        "Leads export,,,\r\n,,,\r\nid,customer,phone,city\r\n\
         0,Thompson,17815550136,East\r\n1,Holmes,1.90356E+10,West\r\n2,Silva,906 555\u{a0}0116,\"North\r\nEnd\"\r\n\
         3,Wolf,#NAME?,South\r\n4,Hart,12705550121.0,South\r\nTOTAL,1000,,\r\n",
        &in_region("US"),
    )
    .unwrap();
    assert_eq!(read.summary.header_row, 3);
    let codes: Vec<(u64, &str)> = read.rejected.iter().map(|(row, code, _, _)| (*row, *code)).collect();
    assert_eq!(codes, [(5, "damaged_by_spreadsheet"), (7, "damaged_by_spreadsheet"), (9, "missing_phone")]);
    assert!(read.rejected[0].2.contains("formatted as text"), "{}", read.rejected[0].2);
    assert_eq!(read.leads.len(), 3);
    assert_eq!(read.leads[0].external_id, Some("0".into()));
}

#[test]
fn an_unknown_zone_is_a_warning_and_stays_a_variable() {
    let text = "Contact\tPhone Number\tTime Zone\r\nAnn\ttel:+1-425-555-0147\tMars/Olympus\r\nBob\t7635550130\tAmerica/New_York\r\nCy\t763.555.0131\t\r\n";
    let read = read_bytes(&encoded(text, "utf-16le with BOM"), &in_region("US")).unwrap();
    assert_eq!(read.warnings.iter().map(|(row, code, _)| (*row, *code)).collect::<Vec<_>>(), [(2, "unknown_zone")]);
    assert_eq!(read.leads[0].time_zone, None);
    assert!(read.leads[0].variables.contains(&("time_zone".into(), "Mars/Olympus".into())));
    assert_eq!(read.leads[1].time_zone.as_deref(), Some("America/New_York"));
    assert_eq!(read.leads[0].name.as_deref(), Some("Ann"));
}

#[test]
fn numbered_secondary_phones_come_in_order_with_their_names() {
    let read = read_text(
        "name,secondary_phone_2,phone,secondary_phone_1,secondary_1_name,secondary_2_name,external_id\n\
         Ann,415-555-0102,415-555-0100,415-555-0101,Mum,Dad,x1\n\
         Bob,415-555-0103,415-555-0103,415-555-0104,,Self,x2\n",
        &in_region("US"),
    )
    .unwrap();
    let named =
        |phone: &str, name: Option<&str>, label: &str| (phone.to_owned(), name.map(str::to_owned), label.to_owned());
    assert_eq!(
        read.leads[0].secondary,
        [
            named("+14155550101", Some("Mum"), "secondary_phone_1"),
            named("+14155550102", Some("Dad"), "secondary_phone_2")
        ]
    );
    assert_eq!(read.leads[1].secondary, [named("+14155550104", None, "secondary_phone_1")]);
    assert_eq!(read.leads[0].external_id.as_deref(), Some("x1"));
}

#[test]
fn a_workbook_gives_numbers_as_they_were_seen() {
    use Cell::{Empty, Error, Number, Shared, Text};
    let rows = [
        vec![Shared(0), Shared(1), Shared(2), Shared(3)],
        vec![Text("Ann"), Number("17165550159"), Empty, Number("7")],
        vec![Text("Bob"), Text("+17405550174"), Number("1.8475550175E10"), Number("2.5")],
        vec![],
        vec![Text("Cy"), Error("#NAME?"), Empty, Empty],
        vec![Text("Di"), Error("#SPILL!"), Empty, Empty],
        vec![Shared(4), Number("17165550159"), Empty, Empty],
    ];
    let file = workbook(&rows, &["name", "phone", "secondary_phone_1", "visits", "Ed &amp; Co"]);
    let read = read_bytes(&file, &in_region("US")).unwrap();
    assert_eq!(read.leads.iter().map(|lead| lead.phone.as_str()).collect::<Vec<_>>(), ["+17165550159", "+17405550174"]);
    assert_eq!(read.leads[0].variables, [("name".to_owned(), "Ann".to_owned()), ("visits".to_owned(), "7".to_owned())]);
    assert_eq!(read.leads[1].secondary[0].0, "+18475550175");
    assert_eq!(
        read.rejected.iter().map(|(row, code, _, _)| (*row, *code)).collect::<Vec<_>>(),
        [(5, "damaged_by_spreadsheet"), (6, "missing_phone")]
    );
    assert_eq!((read.summary.duplicates_in_file, read.summary.blank_rows), (1, 1));
}

#[test]
fn flags_overrule_what_is_found() {
    let text = "Export,,,\nPhone,Mobile,Zeit,Alt\n415-555-0100,415-555-0101,1,415-555-0102\n415-555-0103,,2,\n";
    let mut options = in_region("US");
    options.primary = Some("mobile".into());
    options.secondary = Some(vec!["Alt".into(), "1".into()]);
    let read = read_text(text, &options).unwrap();
    assert_eq!(read.summary.columns.primary, "Mobile");
    assert_eq!(read.summary.columns.secondary, ["Alt", "Phone"]);
    assert_eq!(read.leads[0].secondary.len(), 2);
    options.secondary = Some(Vec::new());
    assert_eq!(read_text(text, &options).unwrap().summary.columns.secondary, Vec::<String>::new());
    options.header_row = Some(3);
    options.primary = Some("#1".into());
    assert_eq!(read_text(text, &options).unwrap().leads[0].row, 4);
}

#[test]
fn a_file_without_a_header_is_read_by_its_cells() {
    let read = read_text("Anna;030 23125 144;Köln\nBert;030 23125 145;Bonn\n", &in_region("DE")).unwrap();
    assert_eq!(read.summary.header_row, 0);
    assert_eq!(read.summary.columns.primary, "column 2");
    assert_eq!(read.leads[0].row, 1);
    assert_eq!(read.leads[0].variables[0], ("column_1".into(), "Anna".into()));
    let plain = read_text("+14155550100\n\n+14155550101\n", &in_region("US")).unwrap();
    assert_eq!(plain.leads.len(), 2);
}
