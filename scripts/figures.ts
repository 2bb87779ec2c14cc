/**
 * Figures of the source, to compare before and after a change: `npm run figures`.
 *
 * A *callback bag* is an interface with function members that no class implements and that one
 * object literal alone, in sources and tests together, is an instance of: a seam that nothing uses.
 */
import { dirname, join, relative } from "node:path";
import {
  isClassDeclaration,
  isFunctionLikeDeclaration,
  isFunctionTypeNode,
  isIdentifier,
  isInterfaceDeclaration,
  isMethodSignatureDeclaration,
  isObjectLiteralExpression,
  isPropertySignatureDeclaration,
  type Node,
  type SourceFile,
} from "typescript/unstable/ast";
import { API, type Project } from "typescript/unstable/sync";

const root = join(import.meta.dirname, "..");

/** An interface with function members, and where instances of it are made. */
interface Seam {
  readonly name: string;
  readonly file: string;
  readonly functions: number;
  made: number;
}

interface Measured {
  readonly file: string;
  readonly lines: number;
  readonly longest: { readonly name: string; readonly lines: number };
}

const linesOf = (text: string): number => text.trimEnd().split("\n").length;

function visit(node: Node, look: (node: Node) => void): void {
  look(node);
  node.forEachChild((child) => {
    visit(child, look);
    return undefined;
  });
}

function nameOf(node: Node): string {
  const { name } = node as { readonly name?: Node };
  return name !== undefined && isIdentifier(name) ? name.text : "(anonymous)";
}

function measure(file: string, source: SourceFile): Measured {
  let longest = { name: "", lines: 0 };
  visit(source, (node) => {
    if (!isFunctionLikeDeclaration(node)) return;
    const lines = linesOf(source.text.slice(node.getStart(source), node.end));
    if (lines > longest.lines) longest = { name: nameOf(node), lines };
  });
  return { file, lines: linesOf(source.text), longest };
}

function functionsOf(node: Node): number {
  let functions = 0;
  node.forEachChild((member) => {
    if (isMethodSignatureDeclaration(member)) functions += 1;
    if (isPropertySignatureDeclaration(member)) {
      if (member.type !== undefined && isFunctionTypeNode(member.type)) functions += 1;
    }
    return undefined;
  });
  return functions;
}

function seamsOf(project: Project, files: readonly string[]): Map<number, Seam> {
  const seams = new Map<number, Seam>();
  for (const file of files) {
    const source = project.program.getSourceFile(file);
    if (source === undefined) continue;
    visit(source, (node) => {
      if (!isInterfaceDeclaration(node)) return;
      const functions = functionsOf(node);
      const symbol = functions === 0 ? undefined : project.checker.getSymbolAtLocation(node.name);
      if (symbol === undefined) return;
      seams.set(symbol.id, {
        name: node.name.text,
        file: relative(root, file),
        functions,
        made: 0,
      });
    });
  }
  return seams;
}

/** Counts the classes and the object literals that are an instance of each seam. */
function countInstances(
  project: Project,
  files: readonly string[],
  seams: ReadonlyMap<number, Seam>,
): void {
  const { checker, program } = project;
  const count = (id: number | undefined) => {
    const seam = id === undefined ? undefined : seams.get(id);
    if (seam !== undefined) seam.made += 1;
  };
  for (const file of files) {
    const source = program.getSourceFile(file);
    if (source === undefined) continue;
    visit(source, (node) => {
      if (isObjectLiteralExpression(node)) count(checker.getContextualType(node)?.getSymbol()?.id);
      if (!isClassDeclaration(node)) return;
      for (const { types } of node.heritageClauses ?? []) {
        for (const type of types) count(checker.getTypeAtLocation(type)?.getSymbol()?.id);
      }
    });
  }
}

function print(files: readonly Measured[], seams: readonly Seam[]): void {
  const lines = files.map((file) => file.lines).sort((a, b) => a - b);
  const largest = files.reduce((a, b) => (b.lines > a.lines ? b : a));
  const longest = files.reduce((a, b) => (b.longest.lines > a.longest.lines ? b : a));
  const bags = seams.filter(({ made }) => made === 1);
  const rooms = new Set(files.map(({ file }) => dirname(file)));
  const callbacks = bags.reduce((sum, { functions }) => sum + functions, 0);
  const rows: readonly (readonly [string, string])[] = [
    ["files", String(files.length)],
    ["folders", String(rooms.size)],
    ["lines", String(lines.reduce((sum, n) => sum + n, 0))],
    ["lines of the median file", String(lines[lines.length >>> 1])],
    ["largest file", `${largest.file}, ${largest.lines} lines`],
    ["longest function", `${longest.longest.name}, ${longest.longest.lines} (${longest.file})`],
    ["interfaces with functions", String(seams.length)],
    ["of them made in one place alone", `${bags.length}, with ${callbacks} functions`],
  ];
  for (const [what, figure] of rows) console.log(`${what.padEnd(34)}${figure}`);
  if (process.argv.includes("--list")) {
    for (const { file, name, functions } of bags) console.log(`  ${file} ${name} ${functions}`);
  }
}

const api = new API({ cwd: root });
try {
  const snapshot = api.updateSnapshot({ openProjects: [join(root, "tsconfig.json")] });
  const project = snapshot.getProject(join(root, "tsconfig.json"));
  if (project === undefined) throw new Error("tsconfig.json is no project");
  const own = (file: string) => file.startsWith(root) && !/node_modules|\/generated\//.test(file);
  const all = project.program.getSourceFileNames().filter(own);
  const sources = all.filter((file) => relative(root, file).startsWith("src/"));
  const seams = seamsOf(project, sources);
  countInstances(project, all, seams);
  const measured = sources.flatMap((file) => {
    const source = project.program.getSourceFile(file);
    return source === undefined ? [] : [measure(relative(root, file), source)];
  });
  print(measured, [...seams.values()]);
} finally {
  api.close();
}
