import assert from "node:assert/strict";
import test from "node:test";

import { isJunk, kindOf } from "./pick";

test("what a file is follows from its name", () => {
    assert.equal(kindOf("shop/Template.XLSM"), "sheet");
    assert.equal(kindOf("all.zip"), "zip");
    assert.equal(kindOf("MUG-BLUE/front.jpeg"), "photo");
    assert.equal(kindOf("folder.csv/front"), "photo");
});

test("files of operating systems are left where they are", () => {
    assert.equal(isJunk("photos/.DS_Store"), true);
    assert.equal(isJunk("photos/._front.jpg"), true);
    assert.equal(isJunk("__MACOSX/photos/front.jpg"), true);
    assert.equal(isJunk("photos/Thumbs.db"), true);
    assert.equal(isJunk("photos/front.jpg"), false);
});
