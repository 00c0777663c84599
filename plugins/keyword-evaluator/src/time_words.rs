//! Words that name a day, a time or a number, in English and German.
//!
//! Only words that hardly ever mean anything else count as a time: "one" and "second" are numbers where a number is
//! looked for, and no sign of an appointment.

const WEEKDAYS: &[(&str, u8)] = &[
    ("monday", 1),
    ("tuesday", 2),
    ("wednesday", 3),
    ("thursday", 4),
    ("friday", 5),
    ("saturday", 6),
    ("sunday", 7),
    ("montag", 1),
    ("dienstag", 2),
    ("mittwoch", 3),
    ("donnerstag", 4),
    ("freitag", 5),
    ("samstag", 6),
    ("sonnabend", 6),
    ("sonntag", 7),
];
const NUMBERS: &[(&str, u32)] = &[
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fortyfive", 45),
    ("fifty", 50),
    ("sixty", 60),
    ("ninety", 90),
    ("ein", 1),
    ("eins", 1),
    ("eine", 1),
    ("einer", 1),
    ("zwei", 2),
    ("drei", 3),
    ("vier", 4),
    ("fünf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("acht", 8),
    ("neun", 9),
    ("zehn", 10),
    ("elf", 11),
    ("zwölf", 12),
    ("dreizehn", 13),
    ("vierzehn", 14),
    ("fünfzehn", 15),
    ("sechzehn", 16),
    ("siebzehn", 17),
    ("achtzehn", 18),
    ("neunzehn", 19),
    ("zwanzig", 20),
    ("dreißig", 30),
    ("vierzig", 40),
    ("fünfzig", 50),
    ("sechzig", 60),
];
const ORDINALS: &[(&str, u32)] = &[
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("sixth", 6),
    ("seventh", 7),
    ("eighth", 8),
    ("ninth", 9),
    ("tenth", 10),
    ("eleventh", 11),
    ("twelfth", 12),
    ("thirteenth", 13),
    ("fourteenth", 14),
    ("fifteenth", 15),
    ("sixteenth", 16),
    ("seventeenth", 17),
    ("eighteenth", 18),
    ("nineteenth", 19),
    ("twentieth", 20),
    ("thirtieth", 30),
];
const OTHERS: &[&str] = &[
    "today",
    "tonight",
    "tomorrow",
    "morning",
    "afternoon",
    "evening",
    "noon",
    "midday",
    "oclock",
    "pm",
    "week",
    "heute",
    "morgen",
    "übermorgen",
    "vormittag",
    "mittag",
    "nachmittag",
    "abend",
    "uhr",
    "woche",
    "january",
    "february",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "januar",
    "februar",
    "märz",
    "mai",
    "juni",
    "juli",
    "oktober",
    "dezember",
];

fn find<T: Copy>(list: &[(&str, T)], word: &str) -> Option<T> {
    list.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

/// 1 is Monday; `friday's` and `fridays` count too.
pub fn weekday(word: &str) -> Option<u8> {
    find(WEEKDAYS, word.strip_suffix('s').unwrap_or(word)).or_else(|| find(WEEKDAYS, word))
}

/// A number in digits or in words.
pub fn number(word: &str) -> Option<u32> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) { word.parse().ok() } else { find(NUMBERS, word) }
}

/// The day of a month: `ninth`, `9th`.
pub fn ordinal(word: &str) -> Option<u32> {
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end));
    digits.and_then(|digits| digits.parse().ok()).or_else(|| find(ORDINALS, word))
}

/// Hour and minute where they are one word: `15:30`, `3.30`, `3pm`, `15uhr`.
pub fn clock(word: &str) -> Option<(u32, u32, Option<bool>)> {
    let (time, after_noon) = match (word.strip_suffix("pm"), word.strip_suffix("am"), word.strip_suffix("uhr")) {
        (Some(time), ..) => (time, Some(true)),
        (_, Some(time), _) => (time, Some(false)),
        (.., Some(time)) => (time, None),
        _ => (word, None),
    };
    let (hour, minute) = match time.split_once([':', '.']) {
        Some((hour, minute)) if minute.len() == 2 => (hour.parse().ok()?, minute.parse().ok()?),
        None if time != word => (time.parse().ok()?, 0),
        _ => return None,
    };
    (hour < 24 && minute < 60).then_some((hour, minute, after_noon))
}

/// What a word names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// A day or a time.
    pub time: bool,
    /// A day.
    pub day: bool,
    /// A number.
    pub number: bool,
}

impl Names {
    /// What this one names.
    pub fn of(word: &str) -> Self {
        let number = number(word).is_some();
        let day = ["today", "tomorrow", "tomorrows", "heute", "morgen", "übermorgen"].contains(&word)
            || weekday(word).is_some()
            || ordinal(word).is_some();
        let counted = number && !["one", "ein", "eine", "einer"].contains(&word);
        Self { time: day || counted || clock(word).is_some() || OTHERS.contains(&word), day, number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_times_and_numbers_are_known_and_other_words_are_not() {
        for word in ["friday", "fridays", "dienstag", "tomorrow", "ninth", "21st", "3pm", "15:30", "zehn", "40"] {
            assert!(Names::of(word).time, "{word}");
        }
        for word in ["one", "first", "fine", "pmx", "25:00", "", "may"] {
            assert!(!Names::of(word).time, "{word}");
        }
        assert_eq!((clock("3pm"), clock("15.05")), (Some((3, 0, Some(true))), Some((15, 5, None))));
        assert_eq!((number("zwölf"), weekday("samstags"), ordinal("9th")), (Some(12), Some(6), Some(9)));
    }
}
