//! The scripts that ship inside the binary. What every script of the cookbook decides is tested by `campanile script test`.

use std::path::{Path, PathBuf};

use campanile_sandbox::{BundledBody, bundled};

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts")
}

#[test]
fn what_ships_lies_in_the_cookbook_and_begins_with_its_name_purpose_input_and_output() {
    let mut shipped = 0;
    for one in bundled() {
        let BundledBody::Script(source) = one.body else { continue };
        shipped += 1;
        let file = scripts().join(format!("{}.rhai", one.name.replace('-', "_")));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), source, "{}", file.display());
        assert_eq!(source.lines().next().unwrap(), format!("// {}, version {}", one.name, one.version));
        for heading in ["// Purpose: ", "// Input: ", "// Output: "] {
            assert!(source.contains(heading), "{} has no {heading:?}", one.name);
        }
    }
    assert!(shipped >= 2);
}
