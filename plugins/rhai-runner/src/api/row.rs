//! `row`: one row of a file, as `map_row` is asked about it.
//!
//! A cell is found by its header as it is written (`row["Phone (work)"]`), by the name of its variable
//! (`row.phone_work`), or by the same letters and digits in any other spelling. A column that the file does not have is an
//! error and no empty text: a misspelt column would otherwise import people without their numbers. Cells are texts without
//! blanks around them; what is not written is empty.

use std::rc::Rc;

use rhai::{Array, Dynamic, Engine, EvalAltResult, INT};

use crate::diagnosis::trouble;
use crate::suggest;

/// One column of the file.
#[derive(Debug)]
pub struct Column {
    pub header: String,
    /// The name that its variable would have.
    pub name: String,
}

/// One row.
#[derive(Clone, Debug)]
pub struct Row {
    columns: Rc<[Column]>,
    number: u64,
    cells: Rc<[String]>,
}

/// Letters and digits alone, in small letters.
fn folded(name: &str) -> String {
    name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Row {
    pub fn new(columns: &Rc<[Column]>, number: u64, cells: Vec<String>) -> Self {
        Self { columns: Rc::clone(columns), number, cells: cells.into() }
    }

    fn column(&self, name: &str) -> Option<usize> {
        let position = |is: &dyn Fn(&Column) -> bool| self.columns.iter().position(is);
        position(&|column| column.header == name).or_else(|| position(&|column| column.name == name)).or_else(|| {
            Some(folded(name))
                .filter(|name| !name.is_empty())
                .and_then(|name| position(&|column| folded(&column.header) == name))
        })
    }
}

fn cell(row: &mut Row, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
    match row.column(name) {
        Some(at) => Ok(row.cells.get(at).map_or(Dynamic::from(String::new()), |cell| cell.into())),
        None => {
            // A property is suggested as the variable's name, a header in brackets as a header.
            let named = row.columns.iter().map(|column| column.name.as_str());
            let written = row.columns.iter().map(|column| column.header.as_str());
            let hint = match suggest::nearest(name, written.clone()) {
                Some(header) if header != name && !suggest::is_word(header) => format!("did you mean row[{header:?}]?"),
                _ => suggest::hint(name, named),
            };
            trouble(format!("the file has no column `{name}`"), hint)
        }
    }
}

pub fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Row>("row");
    engine.register_indexer_get(cell);
    engine.register_fn("has", |row: &mut Row, name: &str| row.column(name).is_some());
    engine.register_fn("row_number", |row: &mut Row| row.number as INT);
    engine.register_fn("headers", |row: &mut Row| {
        row.columns.iter().map(|column| Dynamic::from(column.header.clone())).collect::<Array>()
    });
}
