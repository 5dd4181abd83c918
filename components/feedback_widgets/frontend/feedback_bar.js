/** Everything that a reader may say about an answer, in one row of one mount. */

// All that those need is named here too: asked for one after the other, each would wait for a round trip.
import { correct, passage, rewrite } from "./openers.js";
import "./passages.js";
import "./send.js";
import "./shared.js";
import { stage } from "./stage.js";
import { parts as thumbs, sheets } from "./thumbs.js";

export default (component) => stage(component, (data) => data.parts.flatMap((name) => ({ thumbs: thumbs(data), correct, rewrite, passage })[name]), sheets);
