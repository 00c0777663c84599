//! A released component with another text in its manifest.
//!
//! Where a token comes from is fixed in a manifest, as it must be: a customer's setting may not send an application's secret
//! elsewhere. A fake is elsewhere. So these tests exchange the address in the manifest's section and nothing else.

const SECTION: &str = "campanile:manifest";

fn read(bytes: &[u8], at: &mut usize) -> usize {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = bytes[*at];
        *at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
        shift += 7;
    }
}

fn written(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        bytes.push(if value == 0 { byte } else { byte | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}

/// The component with its manifest changed.
///
/// # Panics
/// It has no manifest, or the change changes nothing although it is asked for.
pub fn with_manifest(component: &[u8], change: impl FnOnce(&str) -> String) -> Vec<u8> {
    let mut at = 8;
    let mut change = Some(change);
    let mut whole = component[..8].to_vec();
    while at < component.len() {
        let (start, id) = (at, component[at]);
        at += 1;
        let length = read(component, &mut at);
        let (body, end) = (at, at + length);
        let mut name_at = body;
        let name_length = if id == 0 { read(component, &mut name_at) } else { 0 };
        let name = &component[name_at..name_at + name_length];
        match change.take_if(|_| id == 0 && name == SECTION.as_bytes()) {
            Some(change) => {
                let text = std::str::from_utf8(&component[name_at + name_length..end]).unwrap();
                let mut section = written(name_length);
                section.extend_from_slice(name);
                section.extend_from_slice(change(text).as_bytes());
                whole.push(0);
                whole.extend(written(section.len()));
                whole.extend(section);
            }
            None => whole.extend_from_slice(&component[start..end]),
        }
        at = end;
    }
    assert!(change.is_none(), "the component has no manifest");
    whole
}
