import assert from "node:assert/strict";
import test from "node:test";

import { rowsInView } from "./window";

test("only rows near the screen are shown", () => {
    assert.deepEqual(rowsInView(0, 800, 100, 4000), { first: 0, end: 12 });
    assert.deepEqual(rowsInView(-100_000, 800, 100, 4000), { first: 996, end: 1012 });
    assert.deepEqual(rowsInView(-399_500, 800, 100, 4000), { first: 3991, end: 4000 });
});

test("a list that is out of sight shows no row outside of it", () => {
    assert.deepEqual(rowsInView(5000, 800, 100, 10), { first: 0, end: 0 });
    assert.deepEqual(rowsInView(-5000, 800, 100, 10), { first: 10, end: 10 });
});
