// Prints types/api.d.ts, made of the service's OpenAPI document, which is at an address or on stdin:
//   npm run types -- http://127.0.0.1:8000/openapi.json
import { readFileSync } from "node:fs";

const HEAD = `// Generated from the service's OpenAPI document by scripts/types.mjs: npm run types.
// Answers may get further fields: ignore what you do not know.
`;
// What the client sends and gets, and whatever these are made of.
const ROOTS = [
  "InvoiceRequest",
  "InvoiceAnswer",
  "PurchaseRequest",
  "PurchaseAnswer",
  "EventAnswer",
  "ItemsAnswer",
  "FeedAnswer",
  "Problem",
];

const [address] = process.argv.slice(2);
const document = address ? await (await fetch(address)).json() : JSON.parse(readFileSync(0, "utf8"));
const schemas = document.components.schemas;
const wanted = new Set(ROOTS);
const written = [];
// A set that grows while it is walked: what a type names is written after it.
for (const name of wanted) written.push(`\nexport type ${name} = ${type(schemas[name], "")};\n`);
process.stdout.write(HEAD + written.join(""));

function type(schema, indent) {
  if (schema.$ref) return named(schema.$ref.split("/").at(-1));
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map((one) => type(one, indent)).join(" | ");
  if (schema.allOf) return schema.allOf.map((one) => type(one, indent)).join(" & ");
  if (Array.isArray(schema.type)) return schema.type.map((one) => simple(one)).join(" | ");
  if (schema.type === "array") return `Array<${type(schema.items, indent)}>`;
  if (schema.properties) return object(schema, `${indent}  `);
  if (schema.type === "object") return `{ [name: string]: ${others(schema)} }`;
  return simple(schema.type);
}

function named(name) {
  wanted.add(name);
  return name;
}

function simple(name) {
  return name === "integer" ? "number" : (name ?? "unknown");
}

function others({ additionalProperties }) {
  const isAny = !additionalProperties || Object.keys(additionalProperties).length === 0;
  return isAny ? "unknown" : type(additionalProperties, "");
}

function object({ properties, required = [] }, indent) {
  const lines = Object.entries(properties).map(([name, schema]) => {
    const told = schema.description ? `${indent}/** ${schema.description} */\n` : "";
    const optional = required.includes(name) ? "" : "?";
    return `${told}${indent}${name}${optional}: ${type(schema, indent)};\n`;
  });
  return `{\n${lines.join("")}${indent.slice(2)}}`;
}
