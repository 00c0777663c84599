//! The one table: medians of all rounds, each against its floor or peer, and whether the aim is reached.

use std::collections::BTreeMap;

/// Figures of one kind, one a round: nanoseconds, decisions a second or MiB.
#[derive(Default)]
pub struct Figures(BTreeMap<String, Vec<f64>>);

/// What is divided by what, and the most (or least) that it should come to.
pub enum Aim {
    AtMost(f64),
    AtLeast(f64),
    /// For the reader; nothing is aimed at.
    None,
}

impl Figures {
    pub fn note(&mut self, name: &str, figure: f64) {
        self.0.entry(name.to_owned()).or_default().push(figure);
    }

    /// The middle of all rounds, with the least and the most.
    fn of(&self, name: &str) -> Option<(f64, f64, f64)> {
        let mut all = self.0.get(name)?.clone();
        all.sort_by(f64::total_cmp);
        Some((all[all.len() / 2], *all.first()?, *all.last()?))
    }

    pub fn show(&self, unit: &str, names: &[(&str, &str)]) {
        for (name, what) in names {
            if let Some((median, least, most)) = self.of(name) {
                println!("{what:<52}{median:>10.1} {unit:<4}  ({least:.1} to {most:.1})");
            }
        }
    }

    /// One line: `one / other` with the aim; says what was not measured.
    pub fn ratio(&self, what: &str, one: &str, other: &str, aim: &Aim) {
        let (Some((one, ..)), Some((other, ..))) = (self.of(one), self.of(other)) else {
            println!("{what:<62} not measured");
            return;
        };
        let ratio = one / other;
        let verdict = match aim {
            Aim::AtMost(most) if ratio <= *most => format!("at most {most}: reached"),
            Aim::AtMost(most) => format!("at most {most}: NOT reached"),
            Aim::AtLeast(least) if ratio >= *least => format!("at least {least}: reached"),
            Aim::AtLeast(least) => format!("at least {least}: NOT reached"),
            Aim::None => String::new(),
        };
        println!("{what:<62}{ratio:>8.2}x   {verdict}");
    }
}
