// Opens traces with speedscope: `node check.mjs trace.json…`. Each must open without a complaint, show every track under its
// name, and every span where the file has it: none nested, none longer or shorter.

import { readFileSync } from "node:fs";
import { importer } from "./speedscope.mjs";

// Of speedscope's floating-point sums, in microseconds.
const ROUNDING = 1e-4;

/** The spans of a profile as speedscope shows them: name, depth, start and end. */
function shown(profile) {
  const [open, spans] = [[], []];
  profile.forEachCall(
    (node, value) => open.push({ name: node.frame.name, depth: open.length, start: value }),
    (_, value) => spans.push({ ...open.pop(), end: value }),
  );
  return spans.sort((one, other) => one.start - other.start);
}

function compare(track, spans, profile) {
  const problems = [];
  const found = shown(profile);
  if (found.length !== spans.length) problems.push(`${track}: ${spans.length} spans, ${found.length} shown`);
  const origin = spans[0].ts;
  spans.forEach((span, place) => {
    const one = found[place];
    if (!one) return;
    const at = `${track}, ${span.name} at ${span.ts}`;
    if (one.depth > 0) problems.push(`${at} is shown inside another`);
    if (one.name !== span.name) problems.push(`${at} is shown as ${one.name}`);
    const [start, end] = [span.ts - origin, span.ts - origin + span.dur];
    if (Math.abs(one.start - start) > ROUNDING || Math.abs(one.end - end) > ROUNDING) {
      problems.push(`${at} is shown from ${one.start} to ${one.end}, not from ${start} to ${end}`);
    }
  });
  return problems;
}

/** What is wrong with a trace; empty if it is fine. */
export async function problems(open, file, text) {
  const { profiles, complaints } = await open(file, text);
  const wrong = complaints.map((words) => `speedscope says: ${words}`);
  const events = JSON.parse(text).traceEvents;
  const key = (event) => `${event.pid}:${event.tid}`;
  const processes = new Map(events.filter((e) => e.name === "process_name").map((e) => [e.pid, e.args.name]));
  const threads = new Map(events.filter((e) => e.name === "thread_name").map((e) => [key(e), e.args.name]));
  const tracks = new Map();
  for (const event of events.filter((event) => event.ph === "X")) {
    tracks.set(key(event), [...(tracks.get(key(event)) ?? []), event]);
  }
  if (profiles.length !== tracks.size) wrong.push(`${tracks.size} tracks, ${profiles.length} shown`);
  for (const [track, spans] of tracks) {
    const [process, thread] = [processes.get(spans[0].pid), threads.get(track)];
    const name = `${process} (pid ${spans[0].pid}), ${thread} (tid ${spans[0].tid})`;
    const profile = profiles.find((profile) => profile.getName() === name);
    wrong.push(...(profile ? compare(name, spans, profile) : [`${name} is not shown`]));
  }
  return wrong;
}

// Seen to fail: neighbours whose exact durations pass the start of the next by a rounding error, and a child outside its parent.
async function sees(open) {
  const trace = (spans) => {
    const events = spans.map(([name, ts, dur]) => ({ ph: "X", pid: 1, tid: 1, name, ts, dur, cat: "" }));
    const names = [["process_name", "p"], ["thread_name", "t"]];
    const metadata = names.map(([name, value]) => ({ ph: "M", pid: 1, tid: 1, name, args: { name: value } }));
    return JSON.stringify({ traceEvents: [...metadata, ...events] });
  };
  const fine = trace([["a", 0, 10], ["b", 10, 5.5]]);
  const bad = {
    "a rounding error": trace([["z", 0, 0.1], ["a", 0.1, 0.2], ["b", 0.3, 0.4]]),
    "an overlap": trace([["a", 0, 10], ["b", 5, 10]]),
    "a child": trace([["a", 0, 10], ["b", 2, 3]]),
  };
  if ((await problems(open, "fine.json", fine)).length > 0) throw new Error("a good trace is rejected");
  for (const [what, text] of Object.entries(bad)) {
    if ((await problems(open, "bad.json", text)).length === 0) throw new Error(`${what} is not noticed`);
  }
}

const open = importer();
await sees(open);
const files = process.argv.slice(2);
let failed = files.length === 0;
for (const file of files) {
  const wrong = await problems(open, file, readFileSync(file, "utf8"));
  wrong.slice(0, 10).forEach((problem) => console.error(`${file}: ${problem}`));
  failed ||= wrong.length > 0;
}
console.log(failed ? "speedscope: failed" : `speedscope opens ${files.length} traces`);
process.exit(failed ? 1 : 0);
