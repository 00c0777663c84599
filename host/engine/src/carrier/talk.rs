//! What is said on the line.
//!
//! Short conversations from which a person, or an evaluator, can read what happened: the goal, a refusal, a callback and
//! its time, a wrong person, an opt-out, a machine. They are varied by seed, so that an evaluator that knows one
//! sentence by heart is found out, and each ends within the time that was talked.
//!
//! They must never say anything that the fate does not: a transcript and an analysis of one call agree.

use campanile_domain::ports::gateway::{Speaker, Utterance};

use super::draw::Draw;
use super::fate::Said;

const GREETINGS: [&str; 3] = [
    "Hello, this is the virtual assistant. Am I speaking with {name}?",
    "Good day, you are talking to an automated assistant. Is this {name}?",
    "Hi, I am calling on behalf of our office. Do I have {name} on the line?",
];
const ANSWERS: [&str; 4] =
    ["Yes, speaking.", "Yes, that's me. What is it about?", "This is me, hello.", "Speaking. Who is this?"];
const REASONS: [&str; 3] = [
    "I am calling about your enquiry. Would you like to arrange an appointment?",
    "You asked us to get in touch. Shall we find an appointment that suits you?",
    "We would like to invite you to a short consultation. Would you like to book it now?",
];
const GOAL: [&str; 4] = [
    "Yes, please book it for me.",
    "That works for me, go ahead and put me down for it.",
    "Gladly. I confirm the appointment.",
    "All right, let's do it. You can book me in.",
];
const GOAL_CLOSINGS: [&str; 2] =
    ["Wonderful, your appointment is booked. Thank you and goodbye.", "Done, I have booked it. Have a good day."];
const DECLINED: [&str; 4] = [
    "No, thank you, I am not interested.",
    "No, I have already found somebody else.",
    "I don't need that, thanks.",
    "No, not for me.",
];
const DECLINED_CLOSINGS: [&str; 2] = ["I understand. Thank you for your time.", "No problem. Goodbye."];
const UNDETERMINED: [&str; 3] = [
    "Hm, I am not sure. Let me think ab",
    "Well, it depends, I would have to",
    "Sorry, the line is very bad, I can hardly hear",
];
const OPT_OUT: [&str; 4] = [
    "Please do not call me again.",
    "Take me off your list. I don't want any more calls.",
    "Remove my number, and never ring here again.",
    "Stop calling me, please. I do not wish to be contacted any more.",
];
const OPT_OUT_CLOSINGS: [&str; 2] =
    ["Of course, I have noted that you will not be called again.", "I am sorry. Your number is taken off the list."];
const CALLBACK: [&str; 3] = [
    "I can't talk now. Could you call me again in {hours} hours?",
    "This is a bad moment. Ring me back in {hours} hours, please.",
    "I am driving. Please try me in {hours} hours.",
];
const CALLBACK_CLOSINGS: [&str; 2] = ["Certainly, we will call you again then.", "Of course. Until then, goodbye."];
const WRONG_PERSON: [&str; 3] = [
    "No, you have the wrong number. There is no {name} here.",
    "{name}? I don't know anybody of that name. This is my number now.",
    "No, I am somebody else. You must have dialled the wrong person.",
];
const WRONG_PERSON_CLOSINGS: [&str; 2] =
    ["Please excuse the mistake. Goodbye.", "I am sorry for the disturbance, I will correct our records."];
const MACHINES: [&str; 3] = [
    "You have reached my voicemail. Please leave a message after the tone.",
    "Hi, I can't come to the phone right now. Leave a message after the beep.",
    "The person you are calling is not available. Please record your message after the signal.",
];
const MESSAGES: [&str; 2] = [
    "Hello, this message is for {name}. We will try again later. Goodbye.",
    "Good day, I was calling about your enquiry. We will get in touch again.",
];

/// The transcript of a call that lasted `talk_ms`, its lines spread over that time; empty when nothing was said.
pub(super) fn transcript(
    said: Said,
    name: Option<&str>,
    talk_ms: i64,
    callback_hours: u32,
    words: u64,
) -> Vec<Utterance> {
    use Speaker::{Assistant, Other, Person};
    let opening = [(Assistant, &GREETINGS[..]), (Person, &ANSWERS[..]), (Assistant, &REASONS[..])];
    let with = |rest: &[(Speaker, &'static [&'static str])]| [&opening[..], rest].concat();
    let lines = match said {
        Said::Nothing => return Vec::new(),
        Said::Message => vec![(Other, &MACHINES[..]), (Assistant, &MESSAGES[..])],
        Said::Goal => with(&[(Person, &GOAL[..]), (Assistant, &GOAL_CLOSINGS[..])]),
        Said::Declined => with(&[(Person, &DECLINED[..]), (Assistant, &DECLINED_CLOSINGS[..])]),
        Said::Undetermined => with(&[(Person, &UNDETERMINED[..])]),
        Said::OptOut => with(&[(Person, &OPT_OUT[..]), (Assistant, &OPT_OUT_CLOSINGS[..])]),
        Said::Callback => with(&[(Person, &CALLBACK[..]), (Assistant, &CALLBACK_CLOSINGS[..])]),
        Said::WrongPerson => {
            vec![(Assistant, &GREETINGS[..]), (Person, &WRONG_PERSON[..]), (Assistant, &WRONG_PERSON_CLOSINGS[..])]
        }
    };
    let mut draw = Draw::of(words, "words", &[]);
    let count = lines.len() as i64;
    let told = |text: &str| {
        text.replace("{name}", name.unwrap_or("the person in our records"))
            .replace("{hours}", &callback_hours.to_string())
    };
    lines
        .into_iter()
        .enumerate()
        .map(|(index, (speaker, choices))| {
            let text = draw.pick(choices).map(|text| told(text)).unwrap_or_default();
            Utterance { at_ms: talk_ms.max(0) * index as i64 / count, speaker, text }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn spoken(said: Said, words: u64) -> String {
        let lines = transcript(said, Some("Anna"), 60_000, 5, words);
        lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_happened_can_be_read() {
        for words in 0..50 {
            assert!(spoken(Said::Goal, words).contains("book"));
            assert!(spoken(Said::Callback, words).contains("in 5 hours"));
            let wrong = spoken(Said::WrongPerson, words);
            assert!(wrong.contains("wrong") || wrong.contains("don't know anybody"), "{wrong}");
            let gone = spoken(Said::OptOut, words).to_lowercase();
            assert!(gone.contains("list") || gone.contains("not be called again"), "{gone}");
            assert!(!spoken(Said::Declined, words).contains("list"));
        }
    }

    #[test]
    fn lines_are_in_order_within_the_talk_and_vary() {
        let lines = transcript(Said::Goal, None, 5_000, 0, 9);
        assert!(lines.windows(2).all(|pair| pair[0].at_ms < pair[1].at_ms));
        assert!(lines.iter().all(|line| (0..5_000).contains(&line.at_ms) && !line.text.contains('{')));
        assert!((0..100).map(|words| spoken(Said::Declined, words)).collect::<BTreeSet<_>>().len() > 20);
        assert!(transcript(Said::Nothing, None, 0, 0, 1).is_empty());
    }

    #[test]
    fn a_machine_is_not_a_person() {
        let lines = transcript(Said::Message, None, 9_000, 0, 3);
        assert!(lines.iter().all(|line| line.speaker != Speaker::Person) && lines[0].speaker == Speaker::Other);
    }
}
