//! Words that no rule may take for what they seem.

/// A recorded greeting, which most providers write down as the person's words.
pub const MACHINE: &str = "after the tone/beep/signal/signalton/piepton/ton | at the tone/beep | nach dem \
    ton/piepton/signalton/signal | reached * voicemail/mailbox | voicemail/mailbox of/for/von | voice mail box | \
    forwarded to * voice/voicemail/messaging | automated voice/answering | answering machine of | the/this mailbox \
    is | leave a message | leave us/me a message | leave a * message | leave your name/number/message | leave us/me \
    your name/number/message | record your message | hinterlassen sie | eine nachricht hinterlassen | press \
    one/two/three/1/2/3 | drücken sie die | cant/cannot get/come to the phone right now/at | is not available to \
    take | the person/number/subscriber you are calling/trying | person you are trying | reached the \
    office/offices/desk/voice/law/residence/home | office is closed | der teilnehmer | die gewählte rufnummer | bin \
    gerade nicht erreichbar";

/// Somebody speaks to whoever reads the call instead of to the other party.
pub const ORDERS: &str = "ignore/disregard/forget * instructions/instruction/rules/prompt | previous/prior/your \
    instructions | system prompt/colon/message | developer message/colon/mode/prompt | admin/debug mode | set * to \
    true/false | equals true/false | is/as true/false | to true/false | true/false true/false | output * \
    yes/true/json | to/the/any evaluator | this/the/of transcript | appointment_booked | opt_out | wrong_person | \
    mark * as/that/yes/booked | pretend * said/yes/agreed/booked | write down that | as the customer | open brace | \
    answer/respond/reply with * yes/true | language model | as an ai | you are now in | end of call | end of \
    conversation | agent * user | user * agent | assistant * user | ignoriere/ignorieren * anweisungen | setze * \
    auf | anweisungen ignorieren";

/// Contains a negation, and negates nothing.
pub const NEUTRAL: &str = "no bother | no biggie | no sweat | no stress | no dramas | no issue | no issues | no \
    trouble | no objection | no objections | no problem | no problems | no problem at all | no worries | no doubt | \
    no need | no rush | why not | see why not | not a problem | not right now | not now | dont/never forget | dont \
    worry | cant wait | cannot wait | wouldnt miss | not at all | not only | no question | im sure | i am sure | im \
    not sure | not sure | are/you sure | for sure i | make sure | not quite sure | dont mind | wouldnt mind | kein \
    problem | keine sorge | keine ursache | kein thema | bin nicht sicher | bin sicher | warum nicht | nichts \
    dagegen | yes/yeah/ja hello/hi/hey/hallo/speaking/morning | yes/yeah this is | yes/yeah i can hear | yes/yeah i \
    know/heard/remember | yes/yeah thats me | good/guten morning/afternoon/evening/day/morgen/tag/abend | \
    say/said/says/saying yes/yeah/sure/okay | if yes | pretend/imagine/suppose/claim/write * yes/confirmed | okay \
    bye | ok bye | no charge";

/// A turn of these words alone does not change what was asked before it.
pub const TRANSPARENT: &[&str] = &[
    "of",
    "course",
    "sure",
    "take",
    "your",
    "time",
    "no",
    "problem",
    "worries",
    "rush",
    "okay",
    "ok",
    "yes",
    "mhm",
    "mm",
    "hm",
    "uh",
    "huh",
    "alright",
    "right",
    "i",
    "understand",
    "see",
    "natürlich",
    "gern",
    "gerne",
    "ja",
    "kein",
    "klar",
];
