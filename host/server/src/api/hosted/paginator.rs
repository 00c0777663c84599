//! Lists by page number, with a total and links, as clients of hosted calling platforms read them.

use std::ops::RangeInclusive;

use campanile_domain::ports::store::{Counted, Slice};
use serde::Serialize;

use super::given::Given;

/// How many pages stand on each side of the one that is shown.
const EACH_SIDE: u64 = 3;

/// The page that is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    page: u64,
    per_page: u32,
}

impl Asked {
    /// `page` and `per_page`; 1 to 100 rows.
    pub(super) fn read(given: &mut Given, usual: u32) -> Self {
        let page = given.integer("page", 1..=i64::from(i32::MAX)).unwrap_or(1);
        let per_page = given.integer("per_page", 1..=100).unwrap_or(i64::from(usual));
        Self { page: page.unsigned_abs(), per_page: u32::try_from(per_page).unwrap_or(usual) }
    }

    /// The rows of the page.
    pub(super) fn slice(self) -> Slice {
        Slice { offset: (self.page - 1) * u64::from(self.per_page), limit: self.per_page }
    }
}

/// Where the list is, and what else is asked of it; links keep it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    path: String,
    query: String,
}

impl Place {
    /// At an address, with what was asked for by these names beside the page.
    pub(super) fn of(path: String, given: &Given, names: &[&str]) -> Self {
        let said = |name: &&str| {
            let text = given.raw(name)?.as_str()?;
            Some(format!("{name}={}&", escaped(text)))
        };
        Self { path, query: names.iter().filter_map(said).collect() }
    }

    fn page(&self, page: u64) -> String {
        format!("{}?{}page={page}", self.path, self.query)
    }
}

fn escaped(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(letter).collect()
}

/// A page as it is answered.
#[derive(Debug, Serialize)]
pub(super) struct Paginated<T> {
    current_page: u64,
    data: Vec<T>,
    first_page_url: String,
    from: Option<u64>,
    last_page: u64,
    last_page_url: String,
    links: Vec<Link>,
    next_page_url: Option<String>,
    path: String,
    per_page: u32,
    prev_page_url: Option<String>,
    to: Option<u64>,
    total: u64,
}

#[derive(Debug, Serialize)]
struct Link {
    url: Option<String>,
    label: String,
    active: bool,
}

impl<T> Paginated<T> {
    /// Of the rows that the page asked for.
    pub(super) fn of(place: &Place, asked: Asked, counted: Counted<T>) -> Self {
        let Counted { rows, total } = counted;
        let last = total.div_ceil(u64::from(asked.per_page)).max(1);
        let first_row = asked.slice().offset + 1;
        let shown = rows.len() as u64;
        let earlier = (asked.page > 1).then(|| place.page(asked.page - 1));
        let later = (asked.page < last).then(|| place.page(asked.page + 1));
        Self {
            current_page: asked.page,
            data: rows,
            first_page_url: place.page(1),
            from: (shown > 0).then_some(first_row),
            last_page: last,
            last_page_url: place.page(last),
            links: links(place, asked.page, last, earlier.clone(), later.clone()),
            next_page_url: later,
            path: place.path.clone(),
            per_page: asked.per_page,
            prev_page_url: earlier,
            to: (shown > 0).then_some(first_row + shown - 1),
            total,
        }
    }
}

fn links(place: &Place, page: u64, last: u64, earlier: Option<String>, later: Option<String>) -> Vec<Link> {
    let mut links = vec![Link { url: earlier, label: "&laquo; Previous".into(), active: false }];
    for (index, stretch) in stretches(page, last).into_iter().enumerate() {
        if index > 0 {
            links.push(Link { url: None, label: "...".into(), active: false });
        }
        let link = |number| Link { url: Some(place.page(number)), label: number.to_string(), active: number == page };
        links.extend(stretch.map(link));
    }
    links.push(Link { url: later, label: "Next &raquo;".into(), active: false });
    links
}

/// Which pages are linked: all of a few; of many the ends and what is around the page.
fn stretches(page: u64, last: u64) -> Vec<RangeInclusive<u64>> {
    let window = EACH_SIDE + 4;
    if last < 2 * EACH_SIDE + 8 {
        vec![1..=last]
    } else if page <= window {
        vec![1..=window + EACH_SIDE, last - 1..=last]
    } else if page > last - window {
        vec![1..=2, last - (window + EACH_SIDE - 1)..=last]
    } else {
        vec![1..=2, page - EACH_SIDE..=page + EACH_SIDE, last - 1..=last]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn paginated(page: u64, per_page: u32, rows: u64, total: u64) -> Value {
        let given = json!({"phone_number": "+1 415", "page": "7"}).as_object().unwrap().clone();
        let path = "https://calls.example/api/user/leads".to_owned();
        let place = Place::of(path, &Given::new(given), &["status", "phone_number"]);
        let counted = Counted { rows: (0..rows).collect::<Vec<u64>>(), total };
        serde_json::to_value(Paginated::of(&place, Asked { page, per_page }, counted)).unwrap()
    }

    #[test]
    fn a_page_in_the_middle_knows_its_neighbours() {
        let page = paginated(2, 2, 2, 5);
        assert_eq!(
            (&page["from"], &page["to"], &page["total"], &page["last_page"]),
            (&3.into(), &4.into(), &5.into(), &3.into())
        );
        let at = |page: u64| format!("https://calls.example/api/user/leads?phone_number=%2B1%20415&page={page}");
        assert_eq!((&page["prev_page_url"], &page["next_page_url"]), (&at(1).into(), &at(3).into()));
        assert_eq!((&page["first_page_url"], &page["last_page_url"]), (&at(1).into(), &at(3).into()));
        let labels: Vec<_> = page["links"].as_array().unwrap().iter().map(|link| link["label"].clone()).collect();
        assert_eq!(labels, ["&laquo; Previous", "1", "2", "3", "Next &raquo;"]);
        assert_eq!((&page["links"][2]["active"], &page["links"][1]["active"]), (&true.into(), &false.into()));
    }

    #[test]
    fn an_empty_list_and_a_page_beyond_the_end() {
        let empty = paginated(1, 15, 0, 0);
        assert_eq!((&empty["from"], &empty["to"], &empty["last_page"]), (&Value::Null, &Value::Null, &1.into()));
        assert_eq!((&empty["next_page_url"], &empty["prev_page_url"]), (&Value::Null, &Value::Null));
        let beyond = paginated(9, 15, 0, 16);
        assert_eq!((&beyond["current_page"], &beyond["from"], &beyond["data"]), (&9.into(), &Value::Null, &json!([])));
        assert_eq!((&beyond["next_page_url"], &beyond["last_page"]), (&Value::Null, &2.into()));
    }

    #[test]
    fn many_pages_are_linked_at_their_ends_and_around_the_page() {
        let linked = |page, last| stretches(page, last).into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(linked(1, 13), (1..=13).collect::<Vec<_>>());
        assert_eq!(linked(10, 20), [1, 2, 7, 8, 9, 10, 11, 12, 13, 19, 20]);
        for last in 1..60 {
            for page in 1..=last {
                let linked = linked(page, last);
                assert!(linked.is_sorted_by(|one, two| one < two), "{page} of {last}: {linked:?}");
                assert!([1, page, last].iter().all(|page| linked.contains(page)), "{page} of {last}: {linked:?}");
            }
        }
    }
}
