// The package promises to do the same in a browser as in Node: the same tests say so, here with the browser's own URL,
// JSON and Unicode. Left out are the two that read files.
import "../../src/compare.test.js";
import "../../src/frame-policy.test.js";
import "../../src/grant.test.js";
import "../../src/headers.test.js";
import "../../src/parse.property.test.js";
import "../../src/parse.test.js";
import "../../src/read.test.js";
import "../../src/surface.test.js";
import "../../src/text.test.js";
import "../../src/url.test.js";
