import assert from "node:assert/strict";
import test from "node:test";

import { RateMeter } from "./rate";

test("no rate before half a second is known", () => {
    const meter = new RateMeter();
    meter.add(0, 0);
    meter.add(300, 1000);
    assert.equal(meter.perSecond(), 0);
    assert.equal(meter.secondsUntil(10), Infinity);
});

test("the rate is that of the last ten seconds", () => {
    const meter = new RateMeter();
    for (let second = 0; second <= 60; second++) meter.add(second * 1000, second * 10);
    for (let second = 61; second <= 90; second++)
        meter.add(second * 1000, 600 + (second - 60) * 100);
    assert.equal(Math.round(meter.perSecond()), 100);
    assert.equal(Math.round(meter.secondsUntil(3600 + 1000)), 10);
});

test("a total that falls starts anew", () => {
    const meter = new RateMeter();
    meter.add(0, 500);
    meter.add(1000, 600);
    meter.add(2000, 10);
    meter.add(3000, 30);
    assert.equal(meter.perSecond(), 20);
});
