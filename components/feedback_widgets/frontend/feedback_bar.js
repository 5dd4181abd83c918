/** Everything that a reader may say about an answer, in one row of one mount. */

import { correct, passage, rewrite } from "./openers.js";
import { stage } from "./stage.js";
import { parts as thumbs, sheets } from "./thumbs.js";

export default (component) => stage(component, (data) => data.parts.flatMap((name) => ({ thumbs: thumbs(data), correct, rewrite, passage })[name]), sheets);
