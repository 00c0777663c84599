//! Whether whoever answered is somebody else than the one that was called.

use std::rc::Rc;

use crate::pattern::Patterns;
use crate::rule::{After, Force, Rule};
use crate::words::Who;

/// The words, English then German.
pub const WORDS: &str = "wrong number | wrong person | wrong guy/lady/man/woman/house | nobody/noone \
    by/of/with/called/named | no one by/of/with/called/named | theres no * here | there is no * here | theres \
    nobody/noone here/called/by | there is nobody/noone here/called/by | there isnt any/a/anyone/anybody * here | \
    no * here by that name | dont know any/anyone/anybody | dont know a * here | dont know that person/name | dont \
    know who that is | never heard of * him/her/them/name | no idea who that/he/she/this | im not him/her/them | i \
    am not him/her | not his/her/their/the/that number/phone/mobile/cell/line/person | isnt his/her/their \
    phone/number/mobile | is/was my \
    brother/sister/mother/father/mom/mum/dad/son/daughter/husband/wife/roommate/flatmate * not | this is a/the * \
    place/shop/store/restaurant/school/company/office/garage/hotel/business | dialed/dialled/called the wrong | \
    theres no * at this number | there is no * at this number | no * lives/works here | isnt his/her number | not \
    him $ | doesnt live here | dont live here | no longer lives/works/live/work | doesnt work here | hasnt \
    lived/worked here | moved out | my number now | just/only got this number/phone | got this number/phone \
    last/recently/new | not on this number | no longer on this number | changed his/her/their number | had this \
    number for | im/am/want/for/be/reached somebody/someone else | not the person you | number belongs to | havent \
    got the right * number | didnt/dont know * by that name | falsch verbunden | falsche nummer | falschen nummer | \
    falsche person | verwählt | hier gibt es kein/keine/keinen | gibt es hier nicht | gibts hier nicht | kenne ich \
    nicht | kenn ich nicht | kenne keine/keinen/niemanden | wohnt nicht mehr hier | wohnt hier nicht | arbeitet \
    nicht mehr hier | nicht mehr bei uns | nicht die richtige nummer | bin nicht der/die/herr/frau | meine nummer \
    jetzt";
const UNLESS: &str = "i gave you/them/him/her | did i give | gave * the wrong number | isnt the wrong | not the/a \
    wrong | dont have the wrong | didnt get the wrong | this is the/a right number | this is the office | dont know \
    any other/better/more/details/of/time/times/good/way | ask somebody/someone else | found somebody/someone else \
    | have somebody/someone else | somebody/someone else already";
const NAMED: &str = "is this | is that | am i speaking | speaking with/to | speak with/to | speak to | do i have | \
    am i talking | calling for | are you | spreche ich mit | ist das | sind sie | this number of";
const NOT_NAMED: &str = "is this not | is that right | is that okay/ok/good/fine | good time | are you \
    sure/free/available/interested | is this the number";
const IT_IS: &str = "^ yes/yeah/yep/yup/speaking/ja | this is he/she/him/her | its me | thats me | am apparat | ja \
    bitte | the very same";

/// True by the person's words; false, unless those were said, where they answer to the name.
pub fn rules() -> Vec<Rule> {
    let named = Rc::new(After {
        any: Patterns::of(NAMED),
        also: Patterns::default(),
        unless: Patterns::of(NOT_NAMED),
        by: Some(Who::Agent),
        turns: 1,
    });
    vec![
        Rule { questions: true, unless: Patterns::of(UNLESS), ..Rule::yes(WORDS) }.even_negated().sure(0.9),
        Rule { force: Force::Yields, ..Rule::no(IT_IS) }.after(&named).sure(0.7),
    ]
}
