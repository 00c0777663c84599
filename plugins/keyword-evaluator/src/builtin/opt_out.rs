//! Who does not want to be called again.
//!
//! Being too quick here costs one contact, being too slow breaks a law: the words count in a question ("can you take me
//! off your list?") and in an order to whoever reads the call, and only the person's own "you may call me" takes them back.

use std::rc::Rc;

use crate::pattern::Patterns;
use crate::rule::{After, Force, Rule};
use crate::words::Who;

/// The words, English then German. What one may say of a single moment ("don't call me at work") is not among them.
pub const WORDS: &str = "take/get/remove/delete/scrub me/us off/from | take/remove/delete/erase my/our/this \
    number/phone/name/data/contact/details | take/remove/delete my name and number | take/get my/our/this \
    number/name off | me/us off your/the/this * list | off your/the/this * list | off of your list | remove/delete \
    me/us | do not call list | dont call list | do not call registry | no call list | stop calling | stop phoning | \
    stop ringing | stop contacting | stop bothering | stop harassing | quit calling | quit bothering | cease \
    calling | stop these/the/your/all/making * calls | dont/never/not ever call/phone/ring/contact/bother/dial | \
    dont/never/not call/phone/ring/contact/bother/dial me/us/here * again/anymore/ever | dont/never/not \
    call/phone/ring/contact/bother me/us/here/back any more | dont call here | not to call/contact me/us again | \
    not/never call/phone/ring/contact/bother/dial * again/anymore | dont/never call/phone/ring/contact this number \
    | dont call $ | do not call $ | dont call anymore | do not call me/us/this/here $ | not to call/contact/phone \
    me/us/here | tragen sie mich * aus | preference service | should not/shouldnt/not be \
    ringing/calling/phoning/contacting | scratch me | doesnt happen again | dnc list | dont call me $ | dont call \
    us $ | do not call me $ | never call me | never call us | never call here | never ring here | never phone here \
    | do not contact me/us | dont contact me/us | lose my/this number | no more calls/phone | dont/not want * more \
    calls/phone | dont/not want any calls | not/never/dont/nor phone/call/ring here any more | dont want * calls \
    from | dont want to be called/contacted/phoned | not want to be called/contacted | not wish to be \
    called/contacted/phoned | unsubscribe | opt me out | opt out of | want to opt out | leave me/us alone | not \
    calling me/us again | not be called/contacted again | forget my number | blacklist me | block me from | stop \
    with the calls | dont you dare call | ruft/rufen * nicht/nie mehr/wieder an | rufen sie * nicht/nie mehr | \
    nicht/nie mehr/wieder an | nicht/nie mehr angerufen | nicht/nie wieder angerufen | nicht/nie mehr anrufen | \
    nicht/nie wieder anrufen | keine anrufe mehr | keine weiteren anrufe | keine werbeanrufe | \
    löschen/streichen/entfernen sie mich/uns/meine/meinen/unsere | nummer/daten/namen * löschen/streichen/entfernen \
    | nehmen sie mich/uns/meine * liste | von ihrer/der liste | aus ihrer/der liste/kartei/datenbank | lassen sie \
    mich/uns in ruhe | hören sie auf * anzurufen | nicht mehr kontaktieren | nicht mehr belästigen | belästigen sie \
    mich/uns nicht | keine anrufe von ihnen";

const TAKEN_BACK: &str = "you can/may still call | you can/may call me again | keep me on | leave me on | dont take \
    me off | do not take me off | sie dürfen * wieder anrufen | streichen sie mich nicht";
const OFFERED: &str = "take/remove/delete you | take/remove/delete your number/name | off our/the list | stop \
    calling you | not call you again | no longer call you | von der/unserer liste | sie nicht mehr anrufen | ihre \
    nummer löschen";
const AGREED: &str = "^ yes/yeah/yep/yup/please/sure/absolutely/ja/bitte/genau | please do | do that | yes please";

/// True where the person asks for it, or agrees when the agent offers it.
pub fn rules() -> Vec<Rule> {
    let offered = Rc::new(After {
        any: Patterns::of(OFFERED),
        also: Patterns::default(),
        unless: Patterns::default(),
        by: Some(Who::Agent),
        turns: 1,
    });
    vec![
        Rule {
            questions: true,
            orders: true,
            unless: Patterns::of("i am not saying | im not saying | i never said"),
            ..Rule::yes(WORDS)
        }
        .sure(0.95)
        .even_negated(),
        Rule::yes(AGREED).after(&offered).sure(0.8),
        Rule { force: Force::UndoesTrue, ..Rule::open(TAKEN_BACK).even_negated() },
    ]
}
