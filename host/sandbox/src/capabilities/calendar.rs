//! `calendar`: local time from the same zone database and calling hours that the gates use.
//!
//! A guest's own idea of a zone or of opening hours could only disagree with the engine's, so it gets the engine's. An
//! unknown zone or an impossible date is an answer, not a trap: scripts make typing mistakes. Every answer is noted for the
//! record of the call; on a replay what was noted then is answered again.

use campanile_domain::calendar::{Exchange, Said};
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
        Err(format!("{} is not a date and time", written(&asked)))
    }
}

/// What was asked for, which may be no date at all.
fn written(asked: &contract::Civil) -> String {
    let contract::Civil { year, month, day, hour, minute, second, .. } = asked;
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

impl Lent {
    /// What was answered to the same question when the call was recorded.
    fn recorded<T>(&self, same: impl Fn(&Exchange) -> Option<T>) -> Option<T> {
        self.loan.calendar.as_ref()?.recorded.iter().find_map(same)
    }
}

impl contract::Host for Lent {
    fn local(&mut self, at: i64, zone: String) -> wasmtime::Result<Result<contract::Civil, String>> {
        self.count()?;
        let at = Timestamp(at);
        let then = self.recorded(|exchange| match exchange {
            Exchange::Local { at: then, zone: of, said } if *then == at && *of == zone => Some(said.clone()),
            _ => None,
        });
        let said = then.unwrap_or_else(|| {
            Zone::parse(&zone).map(|zone| zone.local(at)).map_err(|unknown| unknown.to_string()).into()
        });
        self.consulted.note(|| Exchange::Local { at, zone, said: said.clone() });
        Ok(Result::from(said).map(shown))
    }

    fn instant(&mut self, civil: contract::Civil, zone: String) -> wasmtime::Result<Result<i64, String>> {
        self.count()?;
        let asked = written(&civil);
        let then = self.recorded(|exchange| match exchange {
            Exchange::Instant { civil: then, zone: of, said } if *then == asked && *of == zone => Some(said.clone()),
            _ => None,
        });
        let said: Said<Timestamp> = then.unwrap_or_else(|| {
            let zone = Zone::parse(&zone).map_err(|unknown| unknown.to_string());
            zone.and_then(|zone| Ok(zone.instant(meant(civil)?))).into()
        });
        self.consulted.note(|| Exchange::Instant { civil: asked, zone, said: said.clone() });
        Ok(Result::from(said).map(Timestamp::millis))
    }

    fn next_open(&mut self, at: i64) -> wasmtime::Result<Option<i64>> {
        self.count()?;
        let at = Timestamp(at);
        let then = self.recorded(|exchange| match exchange {
            Exchange::NextOpen { at: then, answer } if *then == at => Some(*answer),
            _ => None,
        });
        let answer = then.unwrap_or_else(|| self.loan.calendar.as_ref().and_then(|calendar| calendar.next_open(at)));
        self.consulted.note(|| Exchange::NextOpen { at, answer });
        Ok(answer.map(Timestamp::millis))
    }
}
