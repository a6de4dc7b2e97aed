// Prints what @asyncapi/parser finds wrong in the document given, as JSON; exit 1 when there is an error.
import { fromFile, Parser } from "@asyncapi/parser";

const parser = new Parser({ __unstable: { resolver: { cache: false } } });
const { document, diagnostics } = await fromFile(parser, process.argv[2]).parse();
const told = diagnostics.map(({ severity, message, path, code }) => ({ severity, code, message, path: path.join(".") }));
const count = document ? { channels: document.channels().length, operations: document.operations().length, messages: document.components().messages().length } : null;
console.log(JSON.stringify({ diagnostics: told, count }));
process.exit(told.some(({ severity }) => severity === 0) || !document ? 1 : 0);
