//! How late calls were, as counters.
//!
//! A percentile needs all values or a histogram. A span of this one ends a tenth after it begins, so that lengths from a
//! millisecond to years are some three hundred counters, and a percentile is at most a tenth too long.

use campanile_domain::ports::store::Lateness;
use rusqlite::Connection;

use crate::sqlite::fault::Done;

/// The last span: more than three hundred years.
const LAST: u16 = 320;

/// The longest that a span holds, in milliseconds.
fn end_of(bucket: u16) -> i64 {
    (1..=bucket).fold(0_i64, |end, _| end + (end / 10).max(1))
}

/// The span that holds a length; what is early is not late.
pub(crate) fn bucket(late_ms: i64) -> u16 {
    static ENDS: std::sync::LazyLock<Vec<i64>> = std::sync::LazyLock::new(|| (0..LAST).map(end_of).collect());
    ENDS.partition_point(|end| *end < late_ms.max(0)) as u16
}

/// The percentiles of a campaign.
pub(crate) fn of(db: &Connection, campaign: i64) -> Done<Option<Lateness>> {
    let mut statement =
        db.prepare_cached("SELECT bucket, n FROM lateness_count WHERE campaign = ?1 AND n > 0 ORDER BY bucket")?;
    let counted: Vec<(u16, i64)> =
        statement.query_map([campaign], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let all: i64 = counted.iter().map(|(_, n)| n).sum();
    let at = |percent: i64| {
        let wanted = (all * percent + 99) / 100;
        let mut passed = 0;
        counted.iter().find(|(_, n)| {
            passed += n;
            passed >= wanted
        })
    };
    Ok(at(50).zip(at(99)).map(|((half, _), (most, _))| Lateness { p50_ms: end_of(*half), p99_ms: end_of(*most) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_holds_its_lengths_and_is_a_tenth_long() {
        for late in [-5, 0, 1, 2, 9, 10, 11, 999, 1_000, 60_000, 86_400_000, 31_536_000_000, i64::MAX / 2] {
            let bucket = bucket(late);
            let (end, before) = (end_of(bucket), if bucket == 0 { -1 } else { end_of(bucket - 1) });
            assert!(before < late.max(0) && (late <= end || bucket == LAST), "{late} in {before} to {end}");
            assert!(end - late.max(0) <= (late / 10).max(1) || bucket == LAST, "{late} is told as {end}");
        }
    }
}
