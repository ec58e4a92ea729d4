import assert from "node:assert/strict";
import test from "node:test";

import { ago, bytes, percent, remaining, timeLeft } from "./format";

test("sizes have decimal units and no needless digits", () => {
    assert.equal(bytes(0), "0 B");
    assert.equal(bytes(999), "999 B");
    assert.equal(bytes(1000), "1 kB");
    assert.equal(bytes(1_340_000), "1.3 MB");
    assert.equal(bytes(999_600), "1 MB");
    assert.equal(bytes(123_456_789), "123 MB");
    assert.equal(bytes(12_400_000_000), "12.4 GB");
});

test("a percentage is 100 only when all is done", () => {
    assert.equal(percent(999, 1000), 99);
    assert.equal(percent(1000, 1000), 100);
    assert.equal(percent(0, 0), 0);
});

test("an estimate is rounded as an estimate should be", () => {
    assert.equal(timeLeft(2), "a few seconds");
    assert.equal(timeLeft(31), "about 35 s");
    assert.equal(timeLeft(58), "about 1 min");
    assert.equal(timeLeft(5 * 60), "about 5 min");
    assert.equal(timeLeft(2 * 3600 + 62 * 30), "about 2 h 30 min");
    assert.equal(timeLeft(2 * 3600 - 10), "about 2 h");
    assert.equal(timeLeft(Infinity), "");
});

test("a countdown never says more time than there is", () => {
    const hour = 3600_000;
    assert.equal(remaining(21 * 24 * hour - 1), "20 days 23 h");
    assert.equal(remaining(24 * hour), "1 day 0 h");
    assert.equal(remaining(3 * hour + 12 * 60_000), "3 h 12 min");
    assert.equal(remaining(59_000), "0 min");
    assert.equal(remaining(-5), "0 min");
});

test("what is recent is told as such, what is old by its day", () => {
    const now = Date.parse("2026-03-10T12:00:00Z");
    assert.equal(ago("2026-03-10T11:59:40Z", now), "just now");
    assert.equal(ago("2026-03-10T11:48:00Z", now), "12 min ago");
    assert.equal(ago("2026-03-10T06:00:00Z", now), "6 h ago");
    assert.match(ago("2026-03-01T12:00:00Z", now), /2026/);
});
