import assert from "node:assert/strict";
import test from "node:test";

import type { Photo } from "../api";
import { wayBack } from "./way_back";

function photo(facts: Partial<Photo>): Photo {
    return {
        id: "p", name: "a.jpg", size: 1, uploaded_at: "", expires_at: "", state: "done",
        verdict: "matched", sku: { row: 2, sku: "A" }, slot: "MAIN", rule: "", notes: "",
        decided_by: "rule", needs_attention: false, turn: 0, left_out: false, format: "JPEG",
        width: 1, height: 1, picture: null, thumbnail: null, failure: null, compliance: [], ...facts,
    };
}

test("back to where a rule had put it is a reset", () => {
    const moved = photo({ decided_by: "person", slot: "PT01" });
    assert.deepEqual(wayBack(moved, photo({})), [{ reset: true }]);
});

test("a reset takes the turn along, so it is turned again", () => {
    const moved = photo({ decided_by: "person", slot: "PT01", turn: 90 });
    assert.deepEqual(wayBack(moved, photo({ turn: 90 })), [{ reset: true }, { turn: 90 }]);
});

test("back to where a person had put it is a move", () => {
    const before = photo({ decided_by: "person", slot: "PT02" });
    const after = photo({ decided_by: "person", slot: "PT01" });
    assert.deepEqual(wayBack(after, before), [{ sku_row: 2, slot: "PT02", displace: true }]);
});

test("a turn is taken back alone", () => {
    assert.deepEqual(wayBack(photo({ turn: 180 }), photo({ turn: 90 })), [{ turn: 90 }]);
});

test("what was left out comes back, what came back is left out", () => {
    const out = photo({ left_out: true, verdict: "left_out", decided_by: "person" });
    assert.deepEqual(wayBack(out, photo({})), [{ reset: true }]);
    assert.deepEqual(wayBack(photo({}), out), [{ left_out: true }]);
});
