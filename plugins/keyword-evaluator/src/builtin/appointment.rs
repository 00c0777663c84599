//! Whether the person agreed to an appointment.
//!
//! The agent's words never agree to anything: they only say what the person's answer is about. What the person says is
//! graded. Plain agreement ("works for me", "put me down") counts within a few turns of an offer; "yes" only right after
//! an offer or after the agent says that it is booked; a mere "okay" only right after an offer that asks and that nothing
//! else has answered yet, because people say it while they listen. A "no", a retraction, a wish to be called instead or
//! an opt-out that is said later wins.

use std::rc::Rc;

use crate::builtin::{callback, opt_out, wrong_person};
use crate::pattern::Patterns;
use crate::rule::{After, Force, Rule, Says};
use crate::words::Who;

/// What makes an offer one of an appointment.
const ABOUT: &str = "appointment* | book* | schedul* | slot* | opening | openings | consult* | visit* | inspect* | \
    come in/by/out/over/round/along/for | meet* | session* | lesson* | assessment* | demo* | viewing* | tour* | \
    reserv* | test drive | checkup | check up | check | fitting* | interview* | measurement* | apprais* | stop by | \
    drop in/by | technician | engineer | put you | pencil you | sign you | register you | down for it | arrange* | \
    {time} | termin* | beratung* | besichtigung* | eintragen | reservier* | vorbei* | untersuchung* | inspektion* | \
    probefahrt | treffen";
/// The agent asks.
const OFFERS: &str = "the earliest/first/next/only i/we/thing/one/slot * have/is | would/will/does/do/could * \
    work/suit/do/fit | works/suit/suits/work for you | works/suit/suits/work you | would * be \
    okay/ok/good/fine/alright/convenient/possible/better | is * \
    okay/ok/good/fine/alright/free/open/available/convenient/possible | are * \
    okay/ok/good/fine/free/open/available/possible | still okay/ok/good/fine/alright/free | how/what about | how \
    does | shall/should/can/could/may/might i/we \
    confirm/book/schedule/reserve/put/set/register/arrange/find/make/say/sign/pencil/send/come/get/do/note/fix/offer/enter \
    | want me/us to | wants me to | would you like | would you be interested/available/able/free | do you want | \
    could/can you do/come/make/be/stop/drop/join/meet | is that right | that right | correct $ | right $ | does \
    that sound | do we say | shall we | lets say | like to schedule/book/arrange/invite/offer/reserve/set/meet | \
    are you free/available/able/around | when would/could/can/is | which day/time/one/slot | what day/time | we/i \
    have * for you | we have | we have/got either | ive got | weve got | theres | there is/are | i have * \
    free/open/available | if you just say | i/we could * you | could/can see/fit/squeeze/take/meet you | i/we could \
    send/come/offer | should be fine then | passt/passen ihnen | könnten/können/dürfen wir | wollen wir | passt es \
    | passt das | ginge | ginge es | ginge bei | wäre/wären * recht/frei/möglich/gut/okay | könnten/können sie | \
    darf/soll/kann/dürfte ich * eintragen/reservieren/buchen/notieren/vormerken/anbieten | möchten/wollen/hätten \
    sie | wie wäre/ist/siehts/sieht | wann passt/würde/könnten | soll ich | sollen/wollen wir | würde * passen | \
    stimmt das | haben sie * zeit | richtig $ | wir haben * frei";
/// The agent says that it is done, or is about to.
const CLAIMS: &str = "to confirm | your * is on/at/for | ive/i/weve/we/ill/well \
    put/book/booked/reserve/reserved/schedule/scheduled/have/got/pencil/register you | \
    put/booked/got/have/see/register/registered you down/in/for/on | youre/you are/your * \
    booked/set/confirmed/scheduled/in/down/registered | you are/youre in for | thats \
    booked/reserved/scheduled/confirmed | so thats * {time} | so {time} | great so | so i put you | is \
    booked/reserved/confirmed/scheduled | ^ {time} | ^ at/on/the {time} | it is then | {time} then | a/an * on/for \
    {time} | trage/trag sie | habe/hab sie * eingetragen/notiert/gebucht/vorgemerkt | ist \
    eingetragen/notiert/gebucht/reserviert | dann trage ich | also {time}";
/// What the agent asks or says instead of an offer.
const NOT_OFFERS: &str = "you dont/wont/didnt | you do/will/did not | cancel* | delet* | take you off | take that \
    out | call you | ring you | phone you | call/ring/phone/try again | call/ring/phone back | booked the call | \
    book a call | schedule a call | the/a/another call * {time} | a callback | good/bad/great time/moment | a \
    minute | five minutes | couple of minutes | speaking with/to | speak to/with | may i ask | can i ask | is this \
    {time} | your email/address/phone/number/name | own your | are you sure | what was wrong | not interested | \
    told you | anything else | any questions | questions for | do you have any | do you have an/a | can you hear | \
    hear me | text/email/send you * the details/information/brochure/link | no longer | another company | absagen | \
    stornieren | rufe sie | zurückrufen | spreche ich mit | guter zeitpunkt | kurz zeit | sonst noch";

/// Agreement that needs no question right before it. "Our roof is fine" and "the heating works" are refusals, so a time
/// or a "that" must stand before "is fine" and "works".
const PLAIN: &str = "works for me/us | {time}/that/it/this/one/which/either/both works/work | thatll work | that \
    will/would work | suits me/us | that suits | {time}/that/this/which/either/one/both/time \
    is/are/sounds/looks/would/will fine/perfect/great/good/okay/ok/wonderful/lovely/excellent/best/ideal | \
    {time}/that/this/which/either/one/both/time would/will/should be \
    fine/perfect/great/good/okay/ok/wonderful/lovely/excellent/best/ideal | thats/thatd/thatll \
    perfect/great/lovely/wonderful/ideal | yes/yeah/yep/sure/okay/ok/alright thats fine/good/okay | im/were \
    fine/okay/good/happy with that/{time} | made/got a note | got it down | its/is/put in my/the diary/calendar | \
    thatd/thatll be fine/good/perfect/great/lovely/wonderful/ideal | that perfect/great | {day} \
    good/great/fine/perfect/okay/ok/then/please/works | oclock good/great/fine/perfect/then/please/works | {time} \
    please | still good/fine/okay | book me/us | book it/that | put me/us/my in/down/name | sign me/us up | \
    pencil/slot/squeeze/fit/pop/stick/lock/get/note/mark/write/jot/stick/enter me/us in/down | schedule me/us/it | \
    lock it/that in | get it/that booked/scheduled/done | lets lock/pencil/get/set/schedule | \
    {time}/that/this/it/which fits | fits me/us/perfectly/great/well/fine/nicely/my | that/{time}/it does the trick \
    | works out | {time} will/would do | thatll do | that does it | i/we can/could manage/swing/fit {time}/that/it \
    | can manage that/{time} | im/were free then/{time} | im/were free on/at {time} | free on {day} | ill/well \
    pop/come/stop/drop/swing in/by/over/round/along/at/on/{time} | ill/well take you up | i accept | consider it \
    done | you have yourself | have yourself a deal | im/were up for it/that | im game | sign me/us | {time} \
    suits/fits/sounds/would/will register me/us | reserve it/that | set it up | count me/us in | ill/well/i/we take \
    it/that/this/{time} | ill/well take the | lets do/say/go/make/take/book it/that/the/with/for/ahead/{time} | \
    i/we can make it/that/{time} | can make it | i/we can do {time} | see you then/on/at/there/tomorrow/next/{time} \
    | looking/look forward to it/seeing/meeting | i confirm | its confirmed | confirm it | its a date | agreed | \
    okay/ok/yes/yeah/yep/sure/alright/perfect/then {time} $ | okay/ok/yes/yeah/yep/sure/alright/perfect/then {day} \
    | okay/ok/yes/yeah/yep/sure/alright/perfect/then {time} at/in/then/is/works/it/please/thanks/oclock/half/{time} \
    | yes/yeah/sure/okay/ok at/on {time} | you can book/put/schedule me/us | passt mir/uns | passt \
    gut/perfekt/super/prima | das passt | {time} passt | passt ja | geht klar | das geht | {time} geht | ist mir \
    recht | {time}/das ist/wäre gut/super/perfekt/prima/okay/in/recht | klingt gut/super/prima | machen sie das/es \
    | machen wir/wirs das/es/so | tragen/trag sie * ein | buchen/buch sie * mich/uns/das/den/es/ein | notieren sie \
    * das/mich/es | merken sie * vor | buchen sie mich | reservieren sie * das/den/es/mir | nehme ich | nehm ich | \
    ich nehme den/das/{time} | einverstanden | kann ich einrichten | können wir einrichten | richte ich ein | das \
    kann/können/schaffe/schaffen ich/wir | schaffe ich | geht in ordnung | abgemacht | so machen wir | das machen \
    wir | halte ich * frei | bis {day} $ | ich komme gerne/gern/dann | ja {time} | sehr gern/gerne | gern/gerne \
    {time}";
/// Agreement to what was just asked or said.
const YES: &str = "^ \
    yes/yeah/yep/yup/yea/ya/sure/absolutely/definitely/certainly/correct/exactly/gladly/aye/righto/okey/indeed/totally/affirmative/ja/jawohl/genau/gerne/gern/natürlich/klar \
    | ^ please/perfect/wonderful/great/lovely/brilliant/excellent/super/prima/wunderbar $ | ^ \
    perfect/wonderful/great/lovely/brilliant/excellent/super/prima/wunderbar thanks/thank/danke/{day} | \
    uh/um/oh/okay/ok/alright/well/hm/hmm/then/ähm yes/yeah/yep/yup/sure/ja | yes/yeah/sure $ | yes yes | yes please \
    | ja bitte | of course | by all means | thats right/correct | that is right/correct | it is $ | fine by/with me \
    | sounds/looks good/great/perfect/fine/lovely | mhm/okay/ok please | confirm $ | yes confirm | go ahead | go \
    for it | go on then | lets do it | do it | please do | yes do | by all | i guess so | i suppose so | suppose so \
    | you bet | fine lets | please book | id love/like to/that/it | i would love/like to/that | would love to | \
    that would be * great/lovely/nice | why not | see why not | dont see why not | happy to come/do | ja $ | aber \
    gern/gerne | das stimmt | stimmt";
/// What a "yes" or an "okay" does not answer: whoever says it mocks, or asks what the call is about.
const ASKED_BACK: &str = "wouldnt/dont/arent you | you wish | youd like that | who is/are | whos | whats this | \
    what is/are this/it/you | what for | what about | why are/is/do/does/would/should/did | wer ist/sind | worum | \
    warum | wofür";
/// What people say while they listen too.
const LISTENING: &str = "^ okay/ok/alright/fine/good/cool/mhm/deal/okey/aight/alrighty | all right | mm hm | mm hmm \
    | uh huh | in ordnung | meinetwegen";

/// The agent asks which of several times.
const WHICH: &str = "which one/day/time/slot | which works/suits/is | what time/day | when \
    would/could/can/works/suits/is | prefer * or | or {time} | or at {time} | or on {time} | works/suits \
    best/better | morning or afternoon | welcher/welches/welchen | oder {time} | oder am/um {time}";
/// A time as the answer, and what makes it another answer.
const PICKED: &str = "^ {time} | ^ the {time} | ^ at/on/the {time} | ^ lets/maybe/probably/id {time} | id prefer \
    {time} | ^ am/um/der/den {time} | lieber {time}";
const NOT_PICKED: &str = "away | busy | cant | cannot | no | not | dont | doesnt | wont | im | working | nothing | \
    neither | vacation | holiday | call | what | who | why | nicht | kein | keine | nein | weg";

/// A refusal of what was just asked or said.
const NO: &str = "^ no/nope/nah/nein/nö/nee | uh/um/er/well/what/yeah/hm/hmm/okay/ok/oh/yes/but/ähm/ach/ja/thanks \
    no/nope/nah/nein | no/nope/nah/nein $ | of course/absolutely/definitely/certainly/probably/natürlich/sicher \
    not/nicht | course not | rather not | not really | not today | not this time | i/we cant $ | i/we cannot $ | \
    not for me/us | i/we wont | i/we wouldnt | i would not | all set | im/were good thanks/thank | im/were good $ | \
    im/were okay thanks | too expensive | too much | happy with what we/i | already have \
    a/an/one/my/someone/somebody/that/it | lieber nicht | eher nicht | geht nicht";
/// A refusal whenever it is said.
const REFUSED: &str = "hard pass | a miss | no intention | no ta | thanks/thank anyway | thank you anyway | thanks \
    but no | im/were/am not signing/coming/doing/buying/agreeing/falling | signing up for anything | hanging up | \
    booked me one | not interested | no interest | dont want * appointment/meeting/visit | dont want \
    it/that/one/this/any | dont want to $ | dont want to come/do/book/go/buy/meet/talk | dont need \
    it/that/one/an/any/this/your | dont need * appointment | do not want/need an/any/it/this/one/your | have to \
    pass | ill/i/well/going/gonna pass | going to pass | rather not do/come/book/have/go | id rather not | i would \
    rather not | leave it $ | forget it | forget about it | never mind | nevermind | changed my mind | change my \
    mind | cancel it/that/the/this/my/everything/please | cancel $ | please cancel | call it off | not going \
    to/ahead | never agreed | didnt/havent/never agree/agreed/book/booked/say/sign/make/confirm | did/have not * \
    agree/agreed/book/booked/say/sign/make/confirm | already booked/found/did * \
    somewhere/elsewhere/someone/somebody | found somebody/someone else | no way | waste of | scrap that/it | better \
    not | id better not | bit pointless | not something we/i | not looking | not for us/me right | under contract | \
    going with someone/somebody else | went with | dont bother | take that/it off/out | dont book/put/schedule/sign \
    | dont think so | dont think thats for | messing/kidding/joking with/around | just messing/kidding/joking | \
    cant afford | i/we wont be coming/there | i/we wont do/come | kein/keinen/keine interesse/termin/bedarf | nicht \
    interessiert | brauche ich nicht | brauchen wir nicht | brauche/brauchen/will/möchte/wollen \
    keinen/keine/kein/nichts | sage/sagen/sag * ab | absagen | stornieren | doch nicht | möchte/will * nicht | \
    vergessen sie es/das | lassen sie es/das | lassen wir es/das | anders überlegt | habe/haben schon/bereits \
    einen/eine/jemanden | zu teuer | habe nie/nicht zugesagt/zugestimmt/gebucht";
/// Neither yes nor no.
const OPEN: &str = "have/need to confirm/check/ask/talk/speak/discuss | confirm with my/the | run it by | ill \
    email/text/message you | think about it | think it over | think on it | sleep on it | let me think | need to \
    think | have to think | not sure | im not certain | dont know yet | i dont know | maybe | perhaps | possibly | \
    it depends | depends on | ask my/the/him/her/them | talk to my | speak to/with my | check with | let me \
    check/look/see/get/ask | let you know | get back to you | see how it goes | well see | yes/yeah/okay/ok/sure \
    but | send me * first | hang on | hold on | say that again | pardon | sorry what | cant hear | cant/cannot \
    do/make/come | doesnt/wont/does not/will not/wouldnt work/suit/fit | not available | im away | \
    could/can/how/what we/i/you/about do/make/say/come/have/{time} | instead | another day/time/date | a different \
    day/time/date | love/like to but | only if | could be | might be | i said {time} | i meant {time} | rather \
    {time} | lieber {time} | lieber am | wie wäre es | kann ich nicht | überlegen | überlege | weiß nicht | weiß \
    noch nicht | vielleicht | eventuell | kommt darauf an | kommt drauf an | muss * fragen | ich schaue | moment \
    mal | ja aber";
/// The agent takes an offer or a booking back.
const WITHDRAWN: &str = "cancelled | canceled | ive/i have taken that out | taken you off | no longer available | \
    is full | fully booked | just gone | just been taken | not available * | delete it | deleted | nicht mehr frei \
    | gestrichen | storniert | leider belegt | abgesagt";

/// The rules, in no order: what is said last counts.
pub fn rules() -> Vec<Rule> {
    let offer = |any: &str, turns: usize| {
        let (also, unless) = (Patterns::of(ABOUT), Patterns::of(NOT_OFFERS));
        Rc::new(After { any: Patterns::of(any), also, unless, by: Some(Who::Agent), turns })
    };
    let either = format!("{OFFERS} | {CLAIMS}");
    let (asked, told, right_before) = (offer(OFFERS, 1), offer(CLAIMS, 1), offer(&either, 1));
    let lately = |after: &After| Rc::new(After { turns: 3, ..After::clone(after) });
    let (asked_lately, told_lately) = (lately(&asked), lately(&told));
    let which = offer(WHICH, 1);
    let weak = |phrases: &str, most: usize| Rule {
        unless: Patterns::of(ASKED_BACK),
        within_words: Some(most),
        ..Rule::yes(phrases)
    };
    // What the agent says is booked may be confirmed; after a refusal it takes an offer that asks.
    let confirmed = |rule: Rule| Rule { force: Force::Yields, ..rule };
    let called_off = |phrases: &str| Rule { questions: true, ..Rule::no(phrases).even_negated() };
    vec![
        Rule::yes(PLAIN).after(&asked_lately).sure(0.9),
        confirmed(Rule::yes(PLAIN)).after(&told_lately).sure(0.9),
        Rule { unless: Patterns::of(NOT_PICKED), ..Rule::yes(PICKED) }.after(&which).sure(0.7),
        weak(YES, 10).after(&asked).sure(0.8),
        confirmed(weak(YES, 10)).after(&told).sure(0.8),
        Rule { force: Force::First, ..weak(LISTENING, 5).after(&asked).sure(0.6) },
        Rule::no(NO).after(&right_before).even_negated().sure(0.8),
        called_off(REFUSED).sure(0.9),
        Rule::open(OPEN).even_negated().after(&lately(&right_before)),
        Rule { by: Some(Who::Agent), force: Force::UndoesTrue, ..Rule::open(WITHDRAWN) },
        Rule { says: Says::Value(false.into()), orders: true, ..callback::not_now() },
        called_off(opt_out::WORDS).sure(0.9),
        Rule { unless: Patterns::default(), says: Says::Value(false.into()), ..Rule::no(wrong_person::WORDS) }
            .sure(0.9),
    ]
}

/// Whether the agent spoke of an appointment at all: for the reason.
pub fn offered() -> Patterns {
    Patterns::of(&format!("{OFFERS} | {CLAIMS}"))
}

/// Words in a variable's name or question that make it one about an appointment.
pub const NAMES: &str = "appointment* | book* | schedul* | meeting* | demo | viewing | visit | consultation | \
    reserv* | termin* | beratung* | besichtigung*";
