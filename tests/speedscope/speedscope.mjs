// speedscope's importer without a browser: its published bundle, run up to the point where it would draw its page.

import { readFileSync, readdirSync } from "node:fs";
import vm from "node:vm";

const release = new URL("node_modules/speedscope/dist/release/", import.meta.url);
const START = "console.log(`speedscope v";

// Anything that the bundle asks of a browser before it draws: it may be called, read and written, and does nothing.
function nothing() {
  return new Proxy(function () {}, {
    get: (_, name) => (name === Symbol.toPrimitive ? () => "" : nothing()),
    apply: () => nothing(),
    construct: () => nothing(),
    set: () => true,
  });
}

/** Returns a function from the name and the text of a file to the profiles that speedscope shows, with what it complains about. */
export function importer() {
  const file = readdirSync(release).find((name) => /^speedscope-.*\.js$/.test(name));
  const bundle = readFileSync(new URL(file, release), "utf8");
  const exports = /importProfileGroupFromText:\(\)=>/.exec(bundle);
  const modules = [...bundle.matchAll(/Promise\.resolve\(\)\.then\(\(\)=>\((\w+)\(\),(\w+)\)\)/g)];
  if (!exports || modules.length === 0 || !bundle.includes(START)) {
    throw new Error("this is not the speedscope that this test knows: install the pinned version");
  }
  const found = modules.map(([, load, module]) => `()=>(${load}(),${module})`).join(",");
  const prepared = bundle.replace(START, `globalThis.loaders=[${found}];throw "ready";${START}`);
  const complaints = [];
  const complain = (...words) => complaints.push(words.join(" "));
  const context = vm.createContext({
    self: nothing(), window: nothing(), document: nothing(), navigator: nothing(), localStorage: nothing(), location: { hash: "" },
    matchMedia: () => nothing(), performance, TextDecoder, TextEncoder, URL, setTimeout, atob, fetch: nothing(),
    console: { log() {}, warn: complain, error: complain },
  });
  try {
    vm.runInContext(prepared, context, { filename: file });
  } catch (reason) {
    if (reason !== "ready") throw reason;
  }
  const module = context.loaders.map((load) => load()).find((one) => one.importProfileGroupFromText);
  return async (name, text) => {
    complaints.length = 0;
    const group = await module.importProfileGroupFromText(name, text);
    return { profiles: group?.profiles ?? [], complaints: [...complaints] };
  };
}
