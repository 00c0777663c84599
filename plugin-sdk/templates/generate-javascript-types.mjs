// Writes types/campanile.d.ts from the contract. Install @bytecodealliance/jco-transpile@0.15.0 into some folder TOOLS, then:
//
//   node generate-javascript-types.mjs TOOLS ../wit/v0.1/campanile.wit > javascript/types/campanile.d.ts
//
// For whoever changes the contract; not part of what `campanile plugin new` writes.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [tools, contract] = process.argv.slice(2);
const generator = `${tools}/node_modules/@bytecodealliance/jco-transpile/vendor/js-component-bindgen-component.js`;
const { generateTypes, $init } = await import(pathToFileURL(generator));
await $init;
const source = readFileSync(contract, "utf8");
const modules = new Map();
for (const [, world] of source.matchAll(/^world ([a-z-]+) /gm)) {
  const files = generateTypes(world, {
    wit: { tag: "source", val: source },
    world,
    features: { tag: "list", val: [] },
    guest: true,
    strict: true,
    tlaCompat: false,
    flagsAsBigint: false,
    variantsInlineCases: true,
    useNamespaceObjects: false,
    enumValuesScreamingSnakeCase: false,
  });
  for (const [name, bytes] of files) {
    if (name.startsWith("interfaces/")) modules.set(name, new TextDecoder().decode(bytes));
  }
}
const text = [...modules.entries()].sort().map(([, module]) => module.replaceAll(/^\/\/\/ <reference.*\n/gm, ""));
// The engine has numbers where the generator expects bigint, and null where it expects undefined.
const asTheEngine = (line) =>
  line
    .replaceAll(/\bbigint\b/g, "number")
    .replaceAll(/: (\w+) \| undefined/g, ": $1 | null")
    .replace(/^(\s+\w+)\?: (.+),$/, "$1?: $2 | null,");
const lines = text.join("\n").split("\n").map((line) => asTheEngine(line.trimEnd()));
process.stdout.write(`// The contract's types, generated from campanile.wit by jco-transpile.\n\n${lines.join("\n").trimEnd()}\n`);
