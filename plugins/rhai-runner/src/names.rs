//! Names that nothing answers to, found before a script is asked for the first time.
//!
//! The interpreter looks functions and properties up when it comes to them, so a slip in a branch that is seldom taken would
//! stop a campaign on the day it is. Here the whole source is read once: every function that is called has to be the script's own, one of
//! ours or one of the language's, and every property of the lead or the talk has to be there. What cannot be known without running is
//! left to the run: types, numbers of parameters, properties of anything else, functions that maps and variables hold.

use std::collections::BTreeSet;

use rhai::{AST, ASTNode, Expr, FnCallExpr, Position, ScriptFnMetadata, Stmt};

use crate::catalogue::{ENTRIES, FUNCTIONS, Kind};
use crate::diagnosis::Diagnosis;
use crate::roles::{ROLES, Role};
use crate::suggest;

/// Functions of the language, from the packages that scripts have; a test compares.
#[rustfmt::skip]
pub const LANGUAGE: &[&str] = &[
    "E", "PI", "abs", "acos", "acosh", "append", "asin", "asinh", "atan", "atanh", "bits", "bytes", "ceiling",
    "chars", "chop", "clear", "contains", "cos", "cosh", "crop", "dedup", "drain", "end", "ends_with", "exit",
    "exp", "extract", "fill_with", "filter", "find_map", "floor", "for_each", "fraction", "get", "hypot",
    "index_of", "insert", "int", "is_anonymous", "is_empty", "is_even", "is_exclusive", "is_finite",
    "is_inclusive", "is_infinite", "is_nan", "is_odd", "is_zero", "keys", "len", "ln", "log", "make_lower",
    "make_upper", "map", "max", "min", "mixin", "name", "order", "order_by", "order_desc", "pad", "parse_float",
    "parse_int", "parse_json", "pop", "push", "range", "reduce", "reduce_rev", "remove", "replace", "retain",
    "reverse", "round", "set", "set_tag", "shift", "sign", "sin", "sinh", "sleep", "some", "sort", "sort_by",
    "sort_desc", "splice", "split", "split_rev", "sqrt", "start", "starts_with", "sub_string", "tag", "take",
    "tan", "tanh", "to_binary", "to_blob", "to_chars", "to_debug", "to_degrees", "to_float", "to_hex", "to_int",
    "to_json", "to_lower", "to_octal", "to_radians", "to_string", "to_upper", "trim", "truncate", "values", "zip",
];

/// What the language calls like a function and registers nowhere.
const BUILT_IN: [&str; 7] = ["Fn", "call", "curry", "is_def_fn", "is_def_var", "is_shared", "type_of"];

/// What a source names.
#[derive(Default)]
struct Named {
    /// Functions that are called, and where.
    called: Vec<(String, Position)>,
    /// Properties of a variable, and where.
    properties: Vec<(String, String, Position)>,
    /// Names that may hold a function: variables and keys of maps.
    holders: BTreeSet<String>,
    /// Variables that the source makes itself.
    variables: BTreeSet<String>,
}

impl Named {
    fn call(&mut self, call: &FnCallExpr, at: Position) {
        if call.op_token.is_none() && suggest::is_word(&call.name) {
            self.called.push((call.name.to_string(), at));
        }
    }

    fn variable(&mut self, name: &str) {
        self.variables.insert(name.to_owned());
        self.holders.insert(name.to_owned());
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::FnCall(call, at) | Expr::MethodCall(call, at) => self.call(call, *at),
            Expr::Property(property, _) => {
                self.holders.insert(property.2.to_string());
            }
            Expr::Map(map, _) => self.holders.extend(map.0.iter().map(|(key, _)| key.name.to_string())),
            Expr::DynamicConstant(constant, _) => {
                if let Ok(map) = constant.as_map_ref() {
                    self.holders.extend(map.keys().map(ToString::to_string));
                }
            }
            Expr::Dot(both, ..) => {
                if let (Expr::Variable(variable, ..), Some((property, at))) = (&both.lhs, first_property(&both.rhs)) {
                    self.properties.push((variable.1.to_string(), property, at));
                }
            }
            _ => {}
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::FnCall(call, at) => self.call(call, *at),
            Stmt::Var(made, ..) => self.variable(&made.0.name),
            Stmt::For(made, _) => {
                self.variable(&made.0.name);
                made.1.iter().for_each(|counter| self.variable(&counter.name));
            }
            _ => {}
        }
    }
}

/// The property that a chain begins with.
fn first_property(chain: &Expr) -> Option<(String, Position)> {
    match chain {
        Expr::Property(property, at) => Some((property.2.to_string(), *at)),
        Expr::Dot(both, ..) | Expr::Index(both, ..) => first_property(&both.lhs),
        _ => None,
    }
}

/// Refuses the first name that nothing answers to.
pub fn check(ast: &AST) -> Result<(), Diagnosis> {
    let mut named = Named::default();
    ast.walk(&mut |path| {
        match path.last() {
            Some(ASTNode::Expr(expression)) => named.expression(expression),
            Some(ASTNode::Stmt(statement)) => named.statement(statement),
            _ => {}
        }
        true
    });
    let functions: Vec<_> = ast.iter_functions().collect();
    named.holders.extend(functions.iter().flat_map(|one| &one.params).map(ToString::to_string));
    let wrong = no_functions(&named, &functions).into_iter().chain(no_properties(&named, &functions));
    let place = |at: &Position| (at.line().unwrap_or(0), at.position().unwrap_or(0));
    wrong.min_by_key(|(at, _)| place(at)).map_or(Ok(()), |(_, first)| Err(first))
}

/// Calls of what is neither the script's own, ours nor the language's.
fn no_functions(named: &Named, functions: &[ScriptFnMetadata<'_>]) -> Vec<(Position, Diagnosis)> {
    let own = functions.iter().map(|one| one.name);
    // The script's own come first: of two that are equally near, they are meant.
    let known: Vec<&str> =
        own.chain(FUNCTIONS.iter().copied()).chain(LANGUAGE.iter().copied()).chain(BUILT_IN).collect();
    let is_known = |name: &str| known.contains(&name) || named.holders.contains(name);
    let unknown = named.called.iter().filter(|(name, _)| !is_known(name));
    unknown
        .map(|(name, at)| (*at, Diagnosis::no_function(*at, name, suggest::nearest(name, known.iter().copied()))))
        .collect()
}

/// Properties that what a role is handed does not have.
fn no_properties(named: &Named, functions: &[ScriptFnMetadata<'_>]) -> Vec<(Position, Diagnosis)> {
    let mut wrong = Vec::new();
    for Role { function, parameter: of, .. } in &ROLES {
        let known: Vec<&str> = ENTRIES
            .iter()
            .filter(|entry| entry.kind == Kind::Property && entry.of == Some(of))
            .map(|entry| entry.name)
            .collect();
        let Some([handed]) = functions.iter().find(|one| one.name == *function).map(|one| &one.params[..]) else {
            continue;
        };
        // Another function may take something else by that name, and then nobody can tell which it is. A row has the columns of
        // its file, which nobody knows yet.
        let takes = functions.iter().filter(|one| one.params.contains(handed)).count();
        if known.is_empty() || takes > 1 || named.variables.contains(*handed) {
            continue;
        }
        for (variable, property, at) in &named.properties {
            if variable == handed && !known.contains(&property.as_str()) {
                wrong.push((*at, Diagnosis::no_property(*at, of, property, &known)));
            }
        }
    }
    wrong
}
