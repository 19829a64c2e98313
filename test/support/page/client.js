import * as mintgate from "/mintgate.js";

globalThis.mintgate = mintgate;
