import assert from "node:assert/strict";
import test from "node:test";

import type { Photo } from "../api";
import { wayBack } from "./way_back";

function photo(facts: Partial<Photo>): Photo {
    return {
        id: "p",
        name: "a.jpg",
        size: 1,
        uploaded_at: "",
        expires_at: "",
        state: "done",
        verdict: "matched",
        sku: { row: 2, sku: "A" },
        slot: "MAIN",
        rule: "",
        notes: "",
        decided_by: "rule",
        needs_attention: false,
        turn: 0,
        left_out: false,
        format: "JPEG",
        width: 1,
        height: 1,
        picture: null,
        thumbnail: null,
        failure: null,
        compliance: [],
        ...facts,
    };
}

const nowhere: Partial<Photo> = { verdict: "unmatched", sku: null, slot: null };

test("back to nowhere is for the rules to say", () => {
    const moved = photo({ decided_by: "person", slot: "PT01" });
    assert.deepEqual(wayBack(moved, photo(nowhere)), [{ reset: true }]);
});

test("a reset takes the turn along, so it is turned again", () => {
    const moved = photo({ decided_by: "person", slot: "PT01", turn: 90 });
    const before = photo({ ...nowhere, turn: 90 });
    assert.deepEqual(wayBack(moved, before), [{ reset: true }, { turn: 90 }]);
});

test("back to a slot is a move, whoever had put it there", () => {
    const after = photo({ decided_by: "person", slot: "PT01" });
    for (const decided_by of ["rule", "person"] as const) {
        const before = photo({ decided_by, slot: "PT02" });
        assert.deepEqual(wayBack(after, before), [
            { sku_row: 2, slot: "PT02", displace: true, swap: true },
        ]);
    }
});

test("a turn is taken back alone", () => {
    assert.deepEqual(wayBack(photo({ turn: 180 }), photo({ turn: 90 })), [{ turn: 90 }]);
});

test("what was left out comes back, what came back is left out", () => {
    const out = photo({ left_out: true, verdict: "left_out", decided_by: "person" });
    assert.deepEqual(wayBack(out, photo({})), [
        { sku_row: 2, slot: "MAIN", displace: true, swap: true },
    ]);
    assert.deepEqual(wayBack(out, photo(nowhere)), [{ reset: true }]);
    assert.deepEqual(wayBack(photo({}), out), [{ left_out: true }]);
});
