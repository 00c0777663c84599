//! The provider's own analysis of a call: answers to the questions its assistant asks.
//!
//! A real provider knows the assistant's questions; a simulated one is told them, or makes do with the names in its
//! scenario. Whatever it is asked it answers in full and in the right type, because a campaign must be able to run on
//! any assistant. The goal follows the fate, and so do the roles; questions that no fate decides get plausible answers.
//!
//! It must never answer a question that nobody asked: that would be an error on the call.

use campanile_domain::time::{DAY_MS, HOUR_MS, Timestamp};
use campanile_domain::variable::{Role, Value, ValueKind, VariableSpec, Variables};

use super::draw::Draw;
use super::fate::Said;
use super::scenario::Scenario;

/// The goal that is reported when nobody named another.
pub const DEFAULT_GOAL: &str = "goal_reached";

const TEXTS: [&str; 4] = [
    "They would rather hear from us by email.",
    "Nothing further.",
    "They asked about the price.",
    "They sounded pleased.",
];

/// The questions that follow from the names in a scenario.
pub(super) fn of_scenario(scenario: &Scenario) -> Vec<VariableSpec> {
    let talk = &scenario.talk;
    let question = |name: &str, kind, role, description: &str| VariableSpec {
        name: name.to_owned(),
        kind,
        choices: Vec::new(),
        description: description.to_owned(),
        required: false,
        role,
    };
    let goal = talk.goal_variable.as_deref().unwrap_or(DEFAULT_GOAL);
    let mut all = vec![question(goal, ValueKind::Boolean, Role::None, "Was the goal of the call reached?")];
    let roles = [
        (&talk.opt_out_variable, ValueKind::Boolean, Role::OptOut, "Did the person ask not to be called again?"),
        (&talk.callback_variable, ValueKind::DateTime, Role::CallbackAt, "When does the person want to be called?"),
        (&talk.wrong_person_variable, ValueKind::Boolean, Role::WrongPerson, "Did somebody else answer?"),
    ];
    for (name, kind, role, description) in roles {
        all.extend(name.as_ref().map(|name| question(name, kind, role, description)));
    }
    all
}

/// Answers `asked` for a call in which `said` was said and which ended at `ended_at`.
pub(super) fn answers(
    asked: &[VariableSpec],
    goal: Option<&str>,
    said: Said,
    ended_at: Timestamp,
    callback_hours: u32,
    mut draw: Draw,
) -> Variables {
    let named = goal.filter(|goal| asked.iter().any(|spec| spec.name == *goal));
    let told = !matches!(said, Said::Nothing | Said::Message | Said::Undetermined | Said::WrongPerson);
    let mut one = |spec: &VariableSpec| {
        // Every question takes its values, so that one more question changes no other answer but those after it.
        let (bits, small) = (draw.unit(), draw.below(10));
        match (spec.role, spec.kind) {
            (Role::OptOut, _) if said != Said::Message => Value::Boolean(said == Said::OptOut),
            (Role::WrongPerson, _) if said != Said::Message => Value::Boolean(said == Said::WrongPerson),
            (Role::CallbackAt, _) if said == Said::Callback => {
                Value::DateTime(ended_at + i64::from(callback_hours) * HOUR_MS)
            }
            (Role::OptOut | Role::WrongPerson | Role::CallbackAt, _) => Value::Undetermined,
            _ if !told => Value::Undetermined,
            (Role::None, ValueKind::Boolean) if named.is_none_or(|goal| goal == spec.name) => {
                Value::Boolean(said == Said::Goal)
            }
            (Role::None, ValueKind::Boolean) => Value::Boolean(bits < 0.5),
            (Role::None, ValueKind::Number) => Value::Number((small + 1) as f64),
            (Role::None, ValueKind::Text) => Value::from(TEXTS[small as usize % TEXTS.len()]),
            (Role::None, ValueKind::DateTime) => Value::DateTime(ended_at + (small as i64 + 1) * DAY_MS),
            (Role::None, ValueKind::Choice) => match spec.choices.len() {
                0 => Value::Undetermined,
                count => Value::from(spec.choices[small as usize % count].as_str()),
            },
        }
    };
    asked.iter().map(|spec| (spec.name.clone(), one(spec))).collect()
}

#[cfg(test)]
mod tests {
    use campanile_domain::variable::{Effects, check_answers};

    use super::*;

    fn spec(name: &str, kind: ValueKind, role: Role) -> VariableSpec {
        let choices = if kind == ValueKind::Choice { vec!["red".to_owned(), "blue".to_owned()] } else { Vec::new() };
        VariableSpec { name: name.into(), kind, choices, description: "?".into(), required: true, role }
    }

    fn everything() -> Vec<VariableSpec> {
        vec![
            spec("booked", ValueKind::Boolean, Role::None),
            spec("pleased", ValueKind::Boolean, Role::None),
            spec("colour", ValueKind::Choice, Role::None),
            spec("rooms", ValueKind::Number, Role::None),
            spec("notes", ValueKind::Text, Role::None),
            spec("visit", ValueKind::DateTime, Role::None),
            spec("stop", ValueKind::Boolean, Role::OptOut),
            spec("later", ValueKind::DateTime, Role::CallbackAt),
            spec("wrong", ValueKind::Boolean, Role::WrongPerson),
        ]
    }

    const SAID: [Said; 7] = [
        Said::Message,
        Said::Goal,
        Said::Declined,
        Said::Undetermined,
        Said::OptOut,
        Said::Callback,
        Said::WrongPerson,
    ];

    fn answer(asked: &[VariableSpec], goal: Option<&str>, said: Said) -> Variables {
        answers(asked, goal, said, Timestamp(0), 5, Draw::of(1, "test", &[]))
    }

    #[test]
    fn whatever_is_asked_is_answered_in_full_and_in_the_right_type() {
        for said in SAID {
            let given = answer(&everything(), Some("booked"), said);
            assert!(check_answers(&everything(), &given).is_ok(), "{said:?}: {given:?}");
        }
    }

    #[test]
    fn roles_follow_what_was_said() {
        let effects = |said| Effects::of(&everything(), &answer(&everything(), None, said));
        assert!(effects(Said::OptOut).opt_out && !effects(Said::Goal).opt_out);
        assert!(effects(Said::WrongPerson).wrong_person);
        assert_eq!(effects(Said::Callback).callback_at, Some(Timestamp(5 * HOUR_MS)));
        assert_eq!(effects(Said::Message), Effects::default());
    }

    #[test]
    fn without_a_named_goal_every_plain_boolean_is_one() {
        let given = answer(&everything(), Some("no_such_question"), Said::Goal);
        assert_eq!((given.get("booked"), given.get("pleased")), (Some(&true.into()), Some(&true.into())));
        let given = answer(&everything(), None, Said::Undetermined);
        assert_eq!(given.get("booked"), Some(&Value::Undetermined));
    }

    #[test]
    fn a_scenario_asks_what_it_names() {
        let names = |scenario: &Scenario| of_scenario(scenario).into_iter().map(|spec| spec.name).collect::<Vec<_>>();
        assert_eq!(names(&Scenario::default()), [DEFAULT_GOAL]);
        let named: Scenario = "[talk]\ngoal_variable = \"booked\"\nopt_out_variable = \"stop\"".parse().unwrap();
        assert_eq!(names(&named), ["booked", "stop"]);
    }
}
