/**
 * Writes generated/<name>.ts from <name>.proto: an interface and a Message table (message.ts) for
 * each message, and an object of numbers for each enum. Tables are a fraction of the size of static
 * code.
 */
import { basename, join } from "node:path";
import protobuf from "protobufjs";

/** How a proto becomes tables. */
interface Choice {
  /** The messages that become tables, where it is not all: the others are read by hand. */
  readonly only?: readonly string[];
  /** 64-bit integers are numbers, and what is no safe integer of 0 or more is refused. */
  readonly strict?: boolean;
}

/** The protos that become tables. */
export const describedProtos: Readonly<Record<string, Choice>> = {
  etcd: {},
  kv: {},
  frame: {
    strict: true,
    only: ["Fingerprints", "Fingerprint", "ChunkRequest", "JoinRequest", "JoinResponse", "Stand"],
  },
  raft: { strict: true, only: ["ConfState", "SnapshotMetadata", "Snapshot"] },
  base: { strict: true },
  block: { strict: true },
  snap: { strict: true },
  wal: { strict: true, only: ["Sleep", "Snapshot"] },
};

interface Scope {
  /** The type's name in TypeScript by the type. */
  readonly names: ReadonlyMap<protobuf.ReflectionObject, string>;
  /** Names that come from another generated module, and which. */
  readonly imported: Map<string, Set<string>>;
  readonly file: string;
}

/** The text of the module for `<folder>/<name>.proto`. Throws where the proto does not parse. */
export function describe(folder: string, name: string): string {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => join(folder, basename(target));
  root.loadSync(`${name}.proto`, { keepCase: true, alternateCommentMode: true });
  root.resolveAll();
  const types = allTypes(root);
  const only = choiceOf(name).only;
  const scope: Scope = {
    names: new Map(types.map((type) => [type, nameOf(type)])),
    imported: new Map(),
    file: name,
  };
  const body = types
    .filter((type) => fileOf(type) === name && (only?.includes(type.name) ?? true))
    .map((type) => (type instanceof protobuf.Enum ? enumText(type) : messageText(type, scope)));
  const imports = [...scope.imported].map(([file, names]) =>
    importText([...names].sort(), `./${file}.ts`),
  );
  const used = ["noBytes", "noItems"].filter((each) => body.some((text) => text.includes(each)));
  const head = [
    `// Generated from ${name}.proto by \`npm run proto\`. Do not edit.`,
    ...imports,
    importText(["field as f", "Message", ...used], "../message.ts"),
  ];
  return `${[...head, "", ...body].join("\n")}`;
}

function choiceOf(name: string): Choice {
  const choice = describedProtos[name];
  if (choice === undefined) throw new Error(`${name}.proto does not become tables`);
  return choice;
}

function importText(names: readonly string[], path: string): string {
  return `import { ${names.join(", ")} } from "${path}";`;
}

type Described = protobuf.Type | protobuf.Enum;

function allTypes(scope: protobuf.NamespaceBase): Described[] {
  const found: Described[] = [];
  for (const item of scope.nestedArray) {
    if (item instanceof protobuf.Enum) found.push(item);
    if (item instanceof protobuf.Namespace) {
      found.push(...allTypes(item));
      if (item instanceof protobuf.Type) found.push(item);
    }
  }
  return found;
}

function nameOf(type: Described): string {
  return type.name === "Type" ? `${type.parent?.name}Type` : type.name;
}

function fileOf(type: protobuf.ReflectionObject): string {
  for (let at: protobuf.ReflectionObject | null = type; at !== null; at = at.parent) {
    if (at.filename) return basename(at.filename, ".proto");
  }
  throw new Error(`${type.fullName} stands in no file`);
}

function enumText(type: protobuf.Enum): string {
  const lines = Object.entries(type.values).map(([name, number]) => `  ${name}: ${number},`);
  return [`export const ${nameOf(type)} = {`, ...lines, "} as const;", ""].join("\n");
}

function lowerCamel(name: string): string {
  return name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function comment(text: string | null, indent: string): string[] {
  if (!text) return [];
  const lines = text.split("\n").map((line) => line.trim());
  if (lines.length === 1) return [`${indent}/** ${lines[0]} */`];
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`];
}

function messageText(type: protobuf.Type, scope: Scope): string {
  const name = nameOf(type);
  if (type.oneofsArray.length > 1) throw new Error(`${name} has more than one oneof`);
  const properties = type.fieldsArray.flatMap((field) => [
    ...comment(field.comment, "  "),
    `  readonly ${lowerCamel(field.name)}: ${typeOf(field, scope)};`,
  ]);
  const rows = type.fieldsArray.map((field) => `  ${row(field, scope)},`);
  return [
    ...comment(type.comment, ""),
    `export interface ${name} {`,
    ...properties,
    "}",
    `export const ${name}: Message<${name}> = new Message("${name}", [`,
    ...rows,
    "], () => ({",
    ...type.fieldsArray.map((field) => `  ${lowerCamel(field.name)}: ${initial(field)},`),
    "}));",
    "",
  ].join("\n");
}

/** What the field is where nothing was set. */
function initial(field: protobuf.Field): string {
  if (field.repeated) return "noItems";
  if (mayBeAbsent(field)) return "undefined";
  if (field.type === "bool") return "false";
  if (field.type === "bytes") return "noBytes";
  if (field.type === "string") return '""';
  return isWide(field) ? "0n" : "0";
}

const scalars: Readonly<Record<string, string>> = {
  bool: "boolean",
  bytes: "Uint8Array",
  string: "string",
  int32: "number",
  uint32: "number",
};

function isLong(field: protobuf.Field): boolean {
  return field.type === "int64" || field.type === "uint64";
}

function isStrict(field: protobuf.Field): boolean {
  return isLong(field) && choiceOf(fileOf(field)).strict === true;
}

function isWide(field: protobuf.Field): boolean {
  return isLong(field) && !isStrict(field) && field.options?.jstype !== "JS_NUMBER";
}

/** Whether presence is told apart from a zero: of proto2's fields, messages, members of oneofs. */
function mayBeAbsent(field: protobuf.Field): boolean {
  if (field.repeated) return false;
  return field.hasPresence || field.resolvedType instanceof protobuf.Type;
}

/** Of proto2: written also where it is a zero. */
function isOptional(field: protobuf.Field): boolean {
  const message = field.resolvedType instanceof protobuf.Type;
  return mayBeAbsent(field) && !field.partOf && !message;
}

function nameIn(scope: Scope, type: protobuf.ReflectionObject): string {
  const name = scope.names.get(type);
  if (name === undefined) throw new Error(`${type.fullName} is not described`);
  const file = fileOf(type);
  if (file !== scope.file) {
    const names = scope.imported.get(file) ?? new Set();
    scope.imported.set(file, names.add(name));
  }
  return name;
}

function typeOf(field: protobuf.Field, scope: Scope): string {
  const target = field.resolvedType;
  let text: string;
  if (target instanceof protobuf.Type) text = nameIn(scope, target);
  else if (target instanceof protobuf.Enum) text = "number";
  else if (isLong(field)) {
    text = isWide(field) ? "bigint" : "number";
  } else {
    const scalar = scalars[field.type];
    if (scalar === undefined) throw new Error(`${field.fullName}: type ${field.type} unknown`);
    text = scalar;
  }
  if (field.repeated) return `readonly ${text}[]`;
  return mayBeAbsent(field) ? `${text} | undefined` : text;
}

function row(field: protobuf.Field, scope: Scope): string {
  const target = field.resolvedType;
  const more: string[] = [];
  if (field.repeated) more.push("repeated: true");
  if (isWide(field)) more.push("wide: true");
  if (isStrict(field)) more.push("strict: true");
  if (isOptional(field)) more.push("optional: true");
  if (field.partOf) more.push(`oneof: "${field.partOf.name}"`);
  let kind = field.type;
  if (target instanceof protobuf.Type) {
    kind = "message";
    more.push(`message: () => ${nameIn(scope, target)}`);
  } else if (target instanceof protobuf.Enum) {
    kind = "enum";
    more.push(`values: ${nameIn(scope, target)}`);
  }
  const first = `"${field.name}", "${lowerCamel(field.name)}", ${field.id}, "${kind}"`;
  return more.length === 0 ? `f(${first})` : `f(${first}, { ${more.join(", ")} })`;
}
