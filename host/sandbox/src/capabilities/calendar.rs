//! `calendar`: local time from the same zone database and calling hours that the gates use.
//!
//! A guest's own idea of a zone or of opening hours could only disagree with the engine's, so it gets the engine's. An
//! unknown zone or an impossible date is an answer, not a trap: scripts make typing mistakes.

use campanile_domain::time::Timestamp;
use campanile_domain::zone::{Civil, Zone};

use super::Lent;
use crate::contract::campanile::plugin::calendar as contract;

fn shown(civil: Civil) -> contract::Civil {
    contract::Civil {
        year: civil.year,
        month: civil.month,
        day: civil.day,
        hour: civil.hour,
        minute: civil.minute,
        second: civil.second,
        weekday: civil.weekday.number(),
    }
}

fn meant(asked: contract::Civil) -> Result<Civil, String> {
    let contract::Civil { year, month, day, hour, minute, second, .. } = asked;
    let civil = Civil::new(year, month, day, hour, minute, second);
    let kept = (civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second);
    if kept == (year, month, day, hour, minute, second) {
        Ok(civil)
    } else {
        Err(format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} is not a date and time"))
    }
}

impl contract::Host for Lent {
    fn local(&mut self, at: i64, zone: String) -> wasmtime::Result<Result<contract::Civil, String>> {
        self.count()?;
        Ok(Zone::parse(&zone).map(|zone| shown(zone.local(Timestamp(at)))).map_err(|unknown| unknown.to_string()))
    }

    fn instant(&mut self, civil: contract::Civil, zone: String) -> wasmtime::Result<Result<i64, String>> {
        self.count()?;
        let zone = Zone::parse(&zone).map_err(|unknown| unknown.to_string());
        Ok(zone.and_then(|zone| Ok(zone.instant(meant(civil)?).millis())))
    }

    fn next_open(&mut self, at: i64) -> wasmtime::Result<Option<i64>> {
        self.count()?;
        let calendar = self.loan.calendar.as_ref();
        Ok(calendar.and_then(|calendar| calendar.next_open(Timestamp(at))).map(Timestamp::millis))
    }
}
