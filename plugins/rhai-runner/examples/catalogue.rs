//! Prints the catalogue of what scripts can use, as JSON for editors:
//! `cargo run --release -p rhai-runner --example catalogue > ../docs/script-catalogue.json` in `plugins/`.

fn main() -> serde_json::Result<()> {
    rhai_runner::catalogue::json().map(|text| print!("{text}"))
}
