// Prints a YAML file as JSON: the project's Python has no parser for it.

import { readFileSync } from "node:fs";
import { parse } from "yaml";

console.log(JSON.stringify(parse(readFileSync(process.argv[2], "utf8"), { strict: true, merge: true })));
