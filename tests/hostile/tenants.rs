//! Two accounts on one server: neither sees, uses or disturbs what the other one uploaded.

use serde_json::json;

use super::frame::{Frame, INNOCENT, component};
use super::zoo::{Zoo, send, settled};

const FOUND_NOTHING: (u16, &str) = (404, "CE0004");

#[test]
fn another_account_sees_nothing_and_touches_nothing() {
    let zoo = Zoo::open();
    let (ours, theirs) = (zoo.api(), zoo.host.account("Strangers").live);
    let private = component(&Frame { name: "private", ..INNOCENT });
    assert_eq!(send(ours, private.clone()).status, 202);
    assert_eq!(settled(ours, "private", "1.0.0")["state"], "staged");
    ours.verb("/v1/plugins/private/versions/1.0.0/activate").ok();

    let of = |rest: &str| format!("/v1/plugins/private{rest}");
    assert_eq!(theirs.all("/v1/plugins"), Vec::<serde_json::Value>::new());
    for rest in ["", "/versions/1.0.0", "/failures", "/usage", "/grants"] {
        let (status, code) = theirs.get(&of(rest)).problem();
        assert_eq!((status, code.as_str()), FOUND_NOTHING, "GET {rest}");
    }
    for rest in ["/versions/1.0.0/activate", "/versions/1.0.0/retire", "/rollback"] {
        let (status, code) = theirs.verb(&of(rest)).problem();
        assert_eq!((status, code.as_str()), FOUND_NOTHING, "POST {rest}");
    }
    let (status, code) = theirs.post(&of("/grants"), &json!({"version": "1.0.0"})).problem();
    assert_eq!((status, code.as_str()), FOUND_NOTHING, "POST /grants");

    // The same name and number, other bytes: theirs is theirs, and the answer does not tell that there is another.
    let other = component(&Frame { name: "private", body: "(call $answer (i32.const 1))", ..INNOCENT });
    assert_eq!(send(&theirs, other).status, 202);
    assert_eq!(settled(&theirs, "private", "1.0.0")["state"], "staged");
    theirs.verb(&of("/versions/1.0.0/activate")).ok();
    theirs.verb(&of("/versions/1.0.0/retire"));
    let ours_now = ours.get(&of("/versions/1.0.0")).ok();
    assert_eq!((&ours_now["state"], &ours_now["active"]), (&"active".into(), &true.into()), "{ours_now}");
    // The same bytes as well: no digest gives anything away.
    let third = zoo.host.account("Third").live;
    assert_eq!(send(&third, private).status, 202, "a first upload, although the host has the bytes");
    zoo.recovers("strangers");
}

#[test]
fn nobody_waits_for_all_the_uploads_of_somebody_else() {
    let zoo = Zoo::open();
    let work = "(func (param i64 i64) (result i64) (i64.mul (i64.add (local.get 0) (local.get 1)) (local.get 1)))"
        .repeat(6_000);
    let slow = |index: usize| component(&Frame { name: &format!("slow-{index}"), extra: &work, ..INNOCENT });
    for index in 0..12 {
        assert_eq!(send(zoo.api(), slow(index)).status, 202);
    }
    let neighbour = zoo.host.account("Neighbour").live;
    assert_eq!(send(&neighbour, component(&INNOCENT)).status, 202);
    assert_eq!(settled(&neighbour, INNOCENT.name, "1.0.0")["state"], "staged");
    let last = zoo.api().get("/v1/plugins/slow-11/versions/1.0.0").ok();
    assert_eq!(last["state"], "compiling", "the neighbour came after one of twelve, not after all: {last}");
    assert_eq!(settled(zoo.api(), "slow-11", "1.0.0")["state"], "staged");
}
