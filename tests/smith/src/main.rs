//! `campanile-smith SEED MODULES COMPONENTS`: random WebAssembly on the standard output, for the hostile zoo.
//!
//! Each file is four bytes of its length (little endian) and its bytes; modules come first, then components. The same
//! arguments give the same bytes. It is a program of its own so that the generator's features do not reach the host's build.

use std::io::Write;

use arbitrary::Unstructured;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use wasm_smith::{Component, Config, Module};

/// Random bytes from which one file is made.
const CHOICES: usize = 8 << 10;

/// Every second file keeps to what the host serves, so that it gets further.
fn config(number: u64) -> Config {
    if number.is_multiple_of(2) {
        return Config::default();
    }
    Config {
        gc_enabled: false,
        exceptions_enabled: false,
        memory64_enabled: false,
        threads_enabled: false,
        relaxed_simd_enabled: false,
        wide_arithmetic_enabled: false,
        compact_imports_enabled: false,
        max_memories: 1,
        ..Config::default()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<u64> = std::env::args().skip(1).map(|word| word.parse()).collect::<Result<_, _>>()?;
    let [seed, modules, components] = numbers[..] else { return Err("campanile-smith SEED MODULES COMPONENTS".into()) };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut made = 0;
    while made < modules + components {
        let choices: Vec<u8> = (0..CHOICES / 8).flat_map(|_| rng.next_u64().to_le_bytes()).collect();
        let mut choices = Unstructured::new(&choices);
        let bytes = if made < modules {
            Module::new(config(made), &mut choices).map(|module| module.to_bytes())
        } else {
            Component::new(Config::default(), &mut choices).map(|component| component.to_bytes())
        };
        // Choices that run out make no file; the next ones do.
        if let Ok(bytes) = bytes {
            out.write_all(&u32::try_from(bytes.len())?.to_le_bytes())?;
            out.write_all(&bytes)?;
            made += 1;
        }
    }
    Ok(out.flush()?)
}
