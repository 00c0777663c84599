//! The highlighting grammar `docs/rhai.tmLanguage.json`, held to the catalogue, and tried.
//!
//! An editor reads it with Oniguruma. Nothing in it is outside of what both that and `regex` understand, so a reader of forty
//! lines can colour with it here.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use super::{DEFINED, FUNCTIONS, KEYWORDS, RESERVED};

fn grammar() -> Value {
    serde_json::from_str(include_str!("../../../../docs/rhai.tmLanguage.json")).unwrap()
}

/// Every expression, with the way to it.
fn expressions<'a>(value: &'a Value, place: &str, found: &mut Vec<(String, &'a str)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let place = format!("{place}/{key}");
                match value.as_str() {
                    Some(text) if ["match", "begin", "end"].contains(&key.as_str()) => found.push((place, text)),
                    _ => expressions(value, &place, found),
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|value| expressions(value, place, found)),
        _ => {}
    }
}

/// The words of the alternation in an expression that holds one list of words.
fn words(expression: &str) -> BTreeSet<&str> {
    let lists = expression.split(['(', ')']).filter(|group| group.contains('|') || *group == "?:this");
    lists.flat_map(|list| list.trim_start_matches("?:").split('|')).collect()
}

fn words_at(grammar: &Value, pointer: &str) -> BTreeSet<String> {
    let found = grammar.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("nothing at {pointer}"));
    words(found).into_iter().map(str::to_owned).collect()
}

fn known<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn every_expression_is_one_in_every_dialect() {
    let grammar = grammar();
    let mut found = Vec::new();
    expressions(&grammar, "", &mut found);
    assert!(found.len() > 30, "{}", found.len());
    for (place, expression) in found {
        assert!(Regex::new(expression).is_ok(), "{place} is {expression:?}: {:?}", Regex::new(expression).err());
    }
}

#[test]
fn its_names_are_those_of_the_catalogue() {
    let grammar = grammar();
    let at = |pointer: &str| words_at(&grammar, pointer);
    let api = known(FUNCTIONS.iter().copied());
    let wanted: Vec<_> = api.iter().cloned().collect();
    let told = format!("write the names under api in docs/rhai.tmLanguage.json as {}", wanted.join("|"));
    assert_eq!(at("/repository/api/match"), api, "{told}");
    assert_eq!(at("/repository/entry/begin"), known(DEFINED.iter().map(|one| one.name)));
    let callable = at("/repository/language-functions/match");
    let reserved = at("/repository/reserved/patterns/0/match");
    assert!(callable.is_disjoint(&reserved));
    assert_eq!(&callable | &reserved, known(RESERVED.iter().copied()));
    let kept = ["/keywords/patterns/0", "/keywords/patterns/1", "/constants/patterns/0", "/constants/patterns/1"]
        .map(|place| at(&format!("/repository{place}/match")));
    assert_eq!(kept.into_iter().flatten().collect::<BTreeSet<_>>(), known(KEYWORDS.iter().copied()));
}

/// The rules that a rule's list stands for, includes followed.
fn rules<'a>(grammar: &'a Value, of: &'a Value, found: &mut Vec<&'a Value>) {
    for rule in of["patterns"].as_array().into_iter().flatten() {
        let rule = match rule["include"].as_str() {
            Some(name) => &grammar["repository"][name.trim_start_matches('#')],
            None => rule,
        };
        if rule.get("match").or(rule.get("begin")).is_some() {
            found.push(rule);
        } else {
            rules(grammar, rule, found);
        }
    }
}

/// Colours a source as an editor does: the leftmost match of what may come here, the first of the list where two are.
/// Answers each piece with its own scope, without the `.rhai`; also how many rules are open at the end.
fn coloured(source: &str) -> (Vec<(String, String)>, usize) {
    let grammar = grammar();
    let (mut open, mut pieces) = (vec![&grammar], Vec::new());
    let mut say = |scope: &Value, text: &str| {
        let scope = scope.as_str().unwrap_or_default().trim_end_matches(".rhai").to_owned();
        if !text.trim().is_empty() {
            pieces.push((scope, text.trim().to_owned()));
        }
    };
    for line in source.lines() {
        let mut at = 0;
        while at <= line.len() {
            let top = *open.last().unwrap();
            let mut candidates = Vec::new();
            rules(&grammar, top, &mut candidates);
            let ends = top.get("end").map(|_| (top, "end"));
            let all = ends.into_iter().chain(candidates.iter().map(|rule| {
                let by = if rule.get("match").is_some() { "match" } else { "begin" };
                (*rule, by)
            }));
            let found = all.filter_map(|(rule, by)| {
                let captures = Regex::new(rule[by].as_str().unwrap()).unwrap().captures_at(line, at)?;
                Some((captures.get(0).unwrap().start(), rule, by, captures))
            });
            let Some((start, rule, by, captures)) = found.min_by_key(|(start, ..)| *start) else {
                say(&top["name"], &line[at..]);
                break;
            };
            say(&top["name"], &line[at..start]);
            let whole = captures.get(0).unwrap();
            let named = &rule[match by {
                "match" => "captures",
                "begin" => "beginCaptures",
                _ => "endCaptures",
            }];
            match captures
                .iter()
                .enumerate()
                .skip(1)
                .any(|(number, part)| part.is_some() && named.get(number.to_string()).is_some())
            {
                true => captures.iter().enumerate().skip(1).for_each(|(number, part)| {
                    part.into_iter().for_each(|part| say(&named[number.to_string()]["name"], part.as_str()));
                }),
                false => say(named["0"].get("name").unwrap_or(&rule["name"]), whole.as_str()),
            }
            match by {
                "begin" => open.push(rule),
                "end" => drop(open.pop()),
                _ => {}
            }
            at = if whole.is_empty() && by == "match" { whole.end() + 1 } else { whole.end() };
        }
    }
    (pieces, open.len() - 1)
}

#[test]
fn a_script_is_coloured() {
    let source = r##"
/* about /* nested */ still */
fn decide(lead) {
    let wait = 1_5.5e1; // note
    if lead.last.was("bu\"sy") && this == true {
        return retry(#{ after: minutes(wait), reason: `in ${hours(2) + sum(0xff)} \n`, more: #"a"b"# });
    }
    for n in 0..count(3) { default; type_of(n); 'x' }
}
fn sum(a, b) { a.len() + "\q" }
"##;
    let (pieces, open) = coloured(source);
    assert_eq!(open, 0);
    let has = |scope: &str, text: &str| {
        assert!(pieces.iter().any(|piece| piece.0 == scope && piece.1 == text), "{scope} {text:?} in {pieces:#?}");
    };
    for (scope, text) in [
        ("comment.block", "still"),
        ("keyword.declaration.function", "fn"),
        ("entity.name.function.entry", "decide"),
        ("variable.parameter", "lead"),
        ("keyword.declaration", "let"),
        ("constant.numeric.decimal", "1_5.5e1"),
        ("comment.line.double-slash", "// note"),
        ("keyword.control", "if"),
        ("variable.other.property", "last"),
        ("support.function.campanile", "was"),
        ("string.quoted.double", "bu"),
        ("constant.character.escape", "\\\""),
        ("keyword.operator", "&&"),
        ("variable.language.this", "this"),
        ("constant.language.boolean", "true"),
        ("support.function.campanile", "retry"),
        ("punctuation.definition.map.begin", "#{"),
        ("entity.name.tag.key", "after"),
        ("support.function.campanile", "minutes"),
        ("string.interpolated", "in"),
        ("support.function.campanile", "hours"),
        ("entity.name.function.call", "sum"),
        ("constant.numeric.hex", "0xff"),
        ("string.interpolated", "\\n"),
        ("entity.name.tag.key", "more"),
        ("string.quoted.other.raw", "a\"b"),
        ("keyword.control", "in"),
        ("keyword.operator", ".."),
        ("support.function.campanile", "count"),
        ("invalid.illegal.reserved", "default"),
        ("support.function.builtin", "type_of"),
        ("string.quoted.single", "'x'"),
        ("entity.name.function", "sum"),
        ("entity.name.function.call", "len"),
        ("invalid.illegal.escape", "\\q"),
    ] {
        has(scope, text);
    }
}

/// What ships is coloured to its end, with nothing in it that is wrong.
#[test]
fn every_script_of_this_project_is_coloured_whole() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let scripts: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "rhai")).collect();
    assert!(!scripts.is_empty());
    let guide = include_str!("../../../../docs/script-guide.md");
    let quoted = guide.split("```rhai").skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_owned);
    for source in scripts.iter().map(|path| std::fs::read_to_string(path).unwrap()).chain(quoted) {
        let (pieces, open) = coloured(&source);
        assert!(open == 0 && pieces.iter().all(|(scope, _)| !scope.starts_with("invalid")), "{pieces:#?}");
        assert!(pieces.iter().any(|(scope, _)| scope == "support.function.campanile"), "{source}");
    }
}
