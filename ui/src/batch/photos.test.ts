import assert from "node:assert/strict";
import test from "node:test";

import type { Photo, Sku } from "../api";
import { compareSlots, isPlaced, needsAttention, nextFreeSlot, suggestedSkus } from "./photos";

function photo(facts: Partial<Photo>): Photo {
    return {
        id: "p", name: "a.jpg", size: 1, uploaded_at: "", expires_at: "", state: "done",
        verdict: "matched", sku: { row: 2, sku: "A" }, slot: "MAIN", rule: "", notes: "",
        decided_by: "rule", turn: 0, left_out: false, format: "JPEG", width: 1, height: 1,
        picture: null, thumbnail: null, failure: null, compliance: [], ...facts,
    };
}

const sku = (name: string, row: number): Sku => ({
    row, sku: name, asin: null, parent: null, is_parent: false, problem: null, missing: [],
    needs_attention: false,
});

test("a photo that was left out stands nowhere and needs nobody", () => {
    assert.equal(isPlaced(photo({ left_out: true })), false);
    assert.equal(needsAttention(photo({ left_out: true, verdict: "unmatched" })), false);
});

test("what no SKU fits, what is no picture and what would be refused needs a look", () => {
    assert.equal(needsAttention(photo({ verdict: "unmatched", sku: null, slot: null })), true);
    assert.equal(needsAttention(photo({ verdict: "rejected", state: "failed" })), true);
    assert.equal(needsAttention(photo({ compliance: [{ is_refusal: true, text: "" }] })), true);
    assert.equal(needsAttention(photo({ compliance: [{ is_refusal: false, text: "" }] })), false);
    assert.equal(needsAttention(photo({ verdict: "duplicate", sku: null, slot: null })), false);
    assert.equal(needsAttention(photo({ verdict: null, state: "waiting" })), false);
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
    const bySku = new Map([["A", sku("A", 2)], ["B", sku("B", 3)]]);
    const found = suggestedSkus(photo({ verdict: "ambiguous", notes: "could be B or A" }), bySku);
    assert.deepEqual(found.map((one) => one.sku), ["A", "B"]);
});

test("the next free slot is the main one, then the further pictures in order", () => {
    assert.equal(nextFreeSlot(() => false), "MAIN");
    assert.equal(nextFreeSlot((slot) => slot === "MAIN" || slot === "PT01"), "PT02");
});

test("slots come in the order of a listing", () => {
    const slots = ["SWCH", "PT02", "XX", "MAIN", "TOPP", "PT01"];
    assert.deepEqual(slots.sort(compareSlots), ["MAIN", "PT01", "PT02", "SWCH", "TOPP", "XX"]);
});
