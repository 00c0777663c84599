//! What people do, as shares, and what earlier calls tell of those who are left.
//!
//! Part of what a call meets is the person's habit and not chance: somebody who is never at home stays so. Those who are
//! still to be called in the third round are therefore not like those of the first. A habit is how easily somebody is
//! reached: all people, from the easiest to the hardest, in [`BINS`] parts. At an hour when a third answers, those of the
//! first third do; an hour at which more answer reaches deeper. After every call the parts that would have ended the matter
//! have become rarer among those who are left, by exactly the chance that they would have.

/// Into how many parts people are told apart.
pub(super) const BINS: usize = 32;

/// How those who are left are spread over the parts; the sum is 1.
pub(super) type Habits = [f64; BINS];

/// Of all who exist.
pub(super) const EVERYBODY: Habits = [1.0 / BINS as f64; BINS];

/// How calls to phones that exist end, as shares; the sum is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ends {
    /// A person answers.
    pub answered: f64,
    /// A machine answers.
    pub voicemail: f64,
    /// Busy.
    pub busy: f64,
    /// Nobody answers.
    pub unanswered: f64,
    /// It fails, for any reason but that the number does not exist.
    pub failed: f64,
}

impl Ends {
    /// Of five numbers that are not negative; people who never answer when all are 0.
    pub fn of(shares: [f64; 5]) -> Self {
        let all: f64 = shares.iter().sum();
        let [answered, voicemail, busy, unanswered, failed] =
            if all > 0.0 { shares.map(|share| share / all) } else { [0.0, 0.0, 0.0, 1.0, 0.0] };
        Self { answered, voicemail, busy, unanswered, failed }
    }

    pub(super) const fn shares(&self) -> [f64; 5] {
        [self.answered, self.voicemail, self.busy, self.unanswered, self.failed]
    }
}

/// Who is called. Shares are of 1; lengths that are lists are equally likely, in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct People {
    /// Phones that do not exist, of all phones.
    pub dead: f64,
    /// How calls end at any hour that `by_hour` does not name.
    pub usual: Ends,
    /// How calls end that are dialled in a local hour, 0 to 23.
    pub by_hour: [Option<Ends>; 24],
    /// The chance that a call meets the phone's habit.
    pub habit: f64,
    /// Of the failed calls: the provider broke, and the call is repeated.
    pub provider_fault: f64,
    /// Of the failed calls: the caller id is blocked.
    pub caller_id_blocked: f64,
    /// Of the answered calls: the goal is reached.
    pub goal: f64,
    /// Of the answered calls: the call does not tell whether it is.
    pub undetermined: f64,
    /// Of the answered calls: the person is suppressed from then on.
    pub opt_out: f64,
    /// Of the answered calls: a later call is asked for.
    pub callback: f64,
    /// Of the answered calls: the phone is somebody else's.
    pub wrong_person: f64,
    /// How much later a callback is, in milliseconds.
    pub callback_ms: i64,
    /// From the dial to the first ring.
    pub setup_ms: i64,
    /// Ringing before an answer.
    pub ring_ms: Vec<i64>,
    /// A conversation.
    pub talk_ms: Vec<i64>,
    /// A message on a machine.
    pub voicemail_ms: Vec<i64>,
}

impl People {
    fn ends(&self, hour: usize) -> Ends {
        self.by_hour.get(hour).copied().flatten().unwrap_or(self.usual)
    }
}

/// What each part of people does by habit at one hour.
#[derive(Clone, Debug)]
pub(super) struct Hour {
    /// How first calls end.
    pub ends: [f64; 5],
    /// Of each part, how the calls end that meet the habit.
    by_part: [[f64; 5]; BINS],
    habit: f64,
}

impl Hour {
    /// Every hour of the day, and after them the hour of which nothing is known.
    pub(super) fn all(people: &People) -> Vec<Self> {
        (0..=24).map(|hour| Self::of(people.ends(hour), people.habit)).collect()
    }

    fn of(ends: Ends, habit: f64) -> Self {
        // From the easiest to the hardest to reach.
        let order = [(0, ends.answered), (1, ends.voicemail), (3, ends.unanswered), (2, ends.busy), (4, ends.failed)];
        let part = |nth: usize| {
            let (from, to) = (nth as f64 / BINS as f64, (nth + 1) as f64 / BINS as f64);
            let (mut begins, mut shares) = (0.0, [0.0; 5]);
            for (end, share) in order {
                shares[end] = ((begins + share).min(to) - from.max(begins)).max(0.0) * BINS as f64;
                begins += share;
            }
            shares
        };
        Self { ends: ends.shares(), by_part: std::array::from_fn(part), habit }
    }

    /// How calls end to those who are spread like that.
    pub(super) fn ends_of(&self, left: &Habits) -> [f64; 5] {
        let habitual = |end: usize| left.iter().zip(&self.by_part).map(|(share, part)| share * part[end]).sum::<f64>();
        std::array::from_fn(|end| self.habit * habitual(end) + (1.0 - self.habit) * self.ends[end])
    }

    /// Those of them who stay to be called again, as parts of all who were called; `stays`: the chance to, by end.
    pub(super) fn staying(&self, left: &Habits, stays: &[f64; 5]) -> Habits {
        let chance = |ends: &[f64; 5]| ends.iter().zip(stays).map(|(share, stays)| share * stays).sum::<f64>();
        let by_chance = chance(&self.ends);
        std::array::from_fn(|nth| {
            left[nth] * (self.habit * chance(&self.by_part[nth]) + (1.0 - self.habit) * by_chance)
        })
    }
}

/// The habits of those who are left after so many calls.
#[derive(Clone, Debug)]
pub(super) struct Left {
    sum: Habits,
    unseen: Habits,
}

impl Left {
    /// After none, one, and so on up to `calls`, as long as nobody was seen to be left: by calls at the usual hour.
    pub(super) fn after(calls: usize, usual: &Hour, stays: &[f64; 5]) -> Vec<Self> {
        let mut habits = EVERYBODY;
        let mut all = Vec::new();
        for _ in 0..=calls {
            all.push(Self { sum: [0.0; BINS], unseen: habits });
            habits = normal(&usual.staying(&habits, stays)).unwrap_or(habits);
        }
        all
    }

    /// So many more are left, spread like that.
    pub(super) fn add(&mut self, staying: &Habits, called: f64) {
        for (sum, part) in self.sum.iter_mut().zip(staying) {
            *sum += called * part;
        }
    }

    pub(super) fn habits(&self) -> Habits {
        normal(&self.sum).unwrap_or(self.unseen)
    }
}

fn normal(parts: &Habits) -> Option<Habits> {
    let all: f64 = parts.iter().sum();
    (all > 0.0).then(|| parts.map(|part| part / all))
}
