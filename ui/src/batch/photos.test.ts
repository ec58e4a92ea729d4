import assert from "node:assert/strict";
import test from "node:test";

import type { Photo, Sku } from "../api";
import { compareSlots, isPlaced, nextFreeSlot, suggestedSkus } from "./photos";

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

const sku = (name: string, row: number): Sku => ({
    row,
    sku: name,
    asin: null,
    parent: null,
    is_parent: false,
    problem: null,
    has_sheet_main: false,
    missing: [],
    needs_attention: false,
});

test("only a matched photo stands in a slot", () => {
    assert.equal(isPlaced(photo({})), true);
    assert.equal(isPlaced(photo({ left_out: true, verdict: "left_out" })), false);
    assert.equal(isPlaced(photo({ verdict: "rejected" })), false);
    assert.equal(isPlaced(photo({ sku: null, slot: null })), false);
});

test("the matcher's notes become suggestions, of SKUs that the sheet has", () => {
    const bySku = new Map(["CH-7", "CH-70", "MUG"].map((name, i) => [name, sku(name, i + 2)]));
    const of = (notes: string) =>
        suggestedSkus(photo({ sku: null, slot: null, notes }), bySku).map((found) => found.sku);
    assert.deepEqual(of("nearest SKUs: CH-70, CH-7"), ["CH-70", "CH-7"]);
    assert.deepEqual(of("could be CH-7, MUG or NONE; another note"), ["CH-7", "MUG"]);
    assert.deepEqual(of("no SKU is similar"), []);
});

test("the SKU that a rival for a slot was meant for comes first", () => {
    const bySku = new Map([
        ["A", sku("A", 2)],
        ["B", sku("B", 3)],
    ]);
    const found = suggestedSkus(photo({ verdict: "ambiguous", notes: "could be B or A" }), bySku);
    assert.deepEqual(
        found.map((one) => one.sku),
        ["A", "B"],
    );
});

test("the next free slot is the main one, then the further pictures in order", () => {
    assert.equal(
        nextFreeSlot(() => false),
        "MAIN",
    );
    assert.equal(
        nextFreeSlot((slot) => slot === "MAIN" || slot === "PT01"),
        "PT02",
    );
});

test("slots come in the order of a listing", () => {
    const slots = ["SWCH", "PT02", "XX", "MAIN", "TOPP", "PT01"];
    assert.deepEqual(slots.sort(compareSlots), ["MAIN", "PT01", "PT02", "SWCH", "TOPP", "XX"]);
});
