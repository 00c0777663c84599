//! What is read as which number, and what is refused for which reason. Fictitious numbers only.

use proptest::prelude::*;

use super::*;

fn region(letters: &str) -> Option<Region> {
    (!letters.is_empty()).then(|| letters.parse().unwrap())
}

#[test]
fn every_way_of_writing_gives_one_number() {
    for (written, letters, expected) in [
        ("(415) 555-0100", "US", "+14155550100"),
        ("415.555.0100", "US", "+14155550100"),
        ("14155550100", "US", "+14155550100"),
        ("tel:+1-415-555-0100", "US", "+14155550100"),
        ("tel:555-0100;phone-context=+1415", "", "+14155550100"),
        (" 415 555\u{a0}0100 ", "US", "+14155550100"),
        ("\u{202d}+1 415 555 0100\u{202c}", "", "+14155550100"),
        ("+1 415 555 0100", "DE", "+14155550100"),
        ("'+14155550100", "US", "+14155550100"),
        ("’4155550100", "US", "+14155550100"),
        ("=\"+14155550100\"", "US", "+14155550100"),
        ("'=\"+14155550100\"", "US", "+14155550100"),
        ("=14155550100", "US", "+14155550100"),
        ("14155550100.0", "US", "+14155550100"),
        ("14,155,550,100", "US", "+14155550100"),
        ("1.4155550100E+10", "US", "+14155550100"),
        ("415-555-0100 ext. 12", "US", "+14155550100"),
        ("415-555-0100x12", "US", "+14155550100"),
        ("+４４ ２０ ７９４６ ０２１２", "US", "+442079460212"),
        ("（０２０）７９４６ー０２１２", "GB", "+442079460212"),
        ("+44 (0)20 7946 0212", "GB", "+442079460212"),
        ("+44 (0)20 7946 0212", "US", "+442079460212"),
        ("0044 20 7946 0212", "GB", "+442079460212"),
        ("0044 20 7946 0212", "US", "+442079460212"),
        ("0044 20 7946 0212", "", "+442079460212"),
        ("011 44 20 7946 0212", "US", "+442079460212"),
        ("2079460212", "GB", "+442079460212"),
        ("442079460212", "GB", "+442079460212"),
        ("030 / 23125 144", "DE", "+493023125144"),
        ("(030) 23125-114", "DE", "+493023125114"),
        ("01.99.00.12.11", "FR", "+33199001211"),
        ("+33 (0)1 99 00 13 70", "FR", "+33199001370"),
        ("+39 06 698 12345", "", "+390669812345"),
        ("٠٢٠ ٧٩٤٦ ٠٢١٢", "GB", "+442079460212"),
    ] {
        let read = parse(written, region(letters)).map(|phone| phone.to_string());
        assert_eq!(read, Ok(expected.to_owned()), "{written} in {letters}");
    }
}

#[test]
fn what_is_no_number_is_refused_with_its_reason() {
    for (written, letters, code) in [
        ("", "US", "missing_phone"),
        (" \u{a0}\u{200b}", "US", "missing_phone"),
        ("'", "US", "missing_phone"),
        ("=\"\"", "US", "missing_phone"),
        ("n/a", "US", "unparseable"),
        ("call me", "US", "unparseable"),
        ("+999 1234567", "US", "unparseable"),
        ("4155550100", "", "unparseable"),
        ("1", "US", "unparseable"),
        ("4155550100 / 4155550101", "US", "unparseable"),
        ("12345", "US", "invalid"),
        ("555-0100", "US", "invalid"),
        ("0000000000", "US", "invalid"),
        ("+1 999 555 0100", "US", "invalid"),
        ("020 7946 0212", "US", "invalid"),
        ("1.41556E+10", "US", "damaged_by_spreadsheet"),
        ("1,41556E+10", "DE", "damaged_by_spreadsheet"),
        ("4.42E+11", "GB", "damaged_by_spreadsheet"),
        ("+1.4156e10", "US", "damaged_by_spreadsheet"),
        ("1E+10", "US", "damaged_by_spreadsheet"),
        ("#ERROR!", "US", "damaged_by_spreadsheet"),
        ("#NAME?", "US", "damaged_by_spreadsheet"),
        ("#¡VALOR!", "ES", "damaged_by_spreadsheet"),
        ("#DIV/0!", "US", "damaged_by_spreadsheet"),
        ("#####", "US", "damaged_by_spreadsheet"),
        ("Err:508", "US", "damaged_by_spreadsheet"),
    ] {
        let error = parse(written, region(letters)).map_err(|error| error.code());
        assert_eq!(error, Err(code), "{written} in {letters}");
    }
}

#[test]
fn a_refusal_says_what_to_do() {
    let no_country = parse("4155550100", None).unwrap_err();
    assert_eq!(no_country.suggestion(), "write it with plus and country code, or set a default region for the import");
    let two = parse("4155550100 / 4155550101", region("US")).unwrap_err();
    assert_eq!(two.suggestion(), "keep one number in this cell and move the others to columns of their own");
    let invalid = parse("12345", region("US")).unwrap_err();
    assert_eq!(invalid.to_string(), "\"12345\" reads as +112345, which is not a valid phone number in US");
    let novel = parse(&"word ".repeat(100), region("US")).unwrap_err();
    assert!(novel.to_string().len() < 160, "{novel}");
}

#[test]
fn an_extension_is_kept_apart() {
    let parsed = parse_with_extension("+1 415 555 0100 ext. 12", None).unwrap();
    assert_eq!((parsed.phone.to_string().as_str(), parsed.extension.as_deref()), ("+14155550100", Some("12")));
    // The library takes what a list separator sets apart for an extension: the caller sees it and can warn.
    let parsed = parse_with_extension("4155550100; 4155550101", region("US")).unwrap();
    assert_eq!((parsed.phone.to_string().as_str(), parsed.extension.as_deref()), ("+14155550100", Some("4155550101")));
}

#[test]
fn only_strict_e164_is_a_phone() {
    assert_eq!("+14155550100".parse::<Phone>().unwrap().digits(), 14_155_550_100);
    for text in ["", "+", "14155550100", "+1 415", "+04155550100", "+1234567890123456", "++14155550100", "+１４１５"]
    {
        assert!(text.parse::<Phone>().is_err(), "{text}");
    }
}

#[test]
fn a_phone_is_its_e164_text_in_json() {
    let phone: Phone = serde_json::from_str("\"+14155550100\"").unwrap();
    assert_eq!(serde_json::to_string(&phone).unwrap(), "\"+14155550100\"");
    assert!(serde_json::from_str::<Phone>("\"14155550100\"").is_err());
}

proptest! {
    #[test]
    fn normalising_twice_changes_nothing(area in 201_u32..990, line in 100_u32..200, style in 0_usize..4) {
        let written = [
            format!("({area}) 555-0{line}"),
            format!("+1 {area} 555 0{line}"),
            format!("1{area}5550{line}"),
            format!("tel:+1-{area}-555-0{line}"),
        ];
        if let Ok(phone) = parse(&written[style], region("US")) {
            prop_assert_eq!(parse(&phone.to_string(), None), Ok(phone));
            prop_assert_eq!(phone.to_string().parse::<Phone>(), Ok(phone));
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,40}") {
        let _ = parse(&text, region("US")).map_err(|error| (error.to_string(), error.suggestion()));
        let _ = parse(&text, None).map_err(|error| (error.to_string(), error.suggestion()));
    }
}
