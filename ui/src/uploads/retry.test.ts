import assert from "node:assert/strict";
import test from "node:test";

import { isWorthRetrying } from "./retry";

test("a broken line and a busy server are tried again", () => {
    for (const status of [0, 500, 502, 503, 409, 423, 429]) {
        assert.equal(isWorthRetrying(status, false), true);
    }
});

test("a full disk and a refused file are not", () => {
    for (const status of [400, 403, 404, 413, 415, 507]) {
        assert.equal(isWorthRetrying(status, false), false);
    }
    assert.equal(isWorthRetrying(409, true), false);
});
