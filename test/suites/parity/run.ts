/**
 * npm run parity -- [--reference URL] [--target URL] [--record]
 *
 * Sends the script to an etcd and to this project and prints every difference. Without --reference
 * it starts the etcd that is installed, or takes the answers recorded of one; without --target it
 * starts this project's bundle. --record stores the reference's answers and compares nothing.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Runtime } from "../../support/runtime.ts";
import { compare, has, type Recording } from "./compare.ts";
import { Etcd, installedEtcd } from "./etcd.ts";
import type { Answer } from "./normalise.ts";
import { script } from "./script/index.ts";
import { ParityServer } from "./server.ts";
import type { Step } from "./step.ts";

const recordingPath = join(import.meta.dirname, "recorded.json");

/** All answers of one server, in the order of the script. */
export async function answersOf(
  url: string,
  steps: readonly Step[],
  version?: string,
): Promise<Map<string, Answer>> {
  const server = new ParityServer(url);
  const answers = new Map<string, Answer>();
  try {
    for (const step of steps) {
      const since = "options" in step ? step.options.since : undefined;
      if (version !== undefined && !has(version, since)) continue;
      const answer = await server.run(step).catch((error: unknown): Answer => {
        return { status: -1, text: String(error) };
      });
      if (answer !== undefined) answers.set(step.name, answer);
    }
  } finally {
    server.close();
  }
  return answers;
}

export const recording = (): Recording => JSON.parse(readFileSync(recordingPath, "utf8"));

async function versionOf(url: string): Promise<string> {
  const { etcdserver } = (await (await fetch(`${url}/version`)).json()) as { etcdserver: string };
  return etcdserver;
}

async function referenceAnswers(url: string): Promise<Recording> {
  const version = await versionOf(url);
  return { version, answers: Object.fromEntries(await answersOf(url, script, version)) };
}

/** The reference's answers: from a server, one that is started, or the recorded ones. */
async function reference(url: string | undefined, record: boolean): Promise<Recording> {
  if (url !== undefined) return referenceAnswers(url);
  if (installedEtcd() === undefined) {
    if (record) throw new Error("no etcd is installed (Debian: apt-get install etcd-server)");
    console.log("no etcd is installed: comparing with recorded answers");
    return recording();
  }
  const etcd = await Etcd.start();
  try {
    return await referenceAnswers(etcd.url);
  } finally {
    await etcd.stop();
  }
}

/** One answer a line, so that a change shows as a change of lines. */
function recorded({ version, answers }: Recording): string {
  const lines = Object.entries(answers).map(
    ([name, answer]) => `${JSON.stringify(name)}: ${JSON.stringify(answer)}`,
  );
  return `{"version": ${JSON.stringify(version)}, "answers": {\n${lines.join(",\n")}\n}}\n`;
}

async function targetAnswers(url: string | undefined): Promise<Map<string, Answer>> {
  if (url !== undefined) return answersOf(url, script);
  const runtime = await Runtime.start();
  try {
    return await answersOf(runtime.url, script);
  } finally {
    await runtime.stop();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      reference: { type: "string" },
      target: { type: "string" },
      record: { type: "boolean", default: false },
    },
  });
  const wanted = await reference(values.reference, values.record);
  if (values.record) {
    writeFileSync(recordingPath, recorded(wanted));
    console.log(`${Object.keys(wanted.answers).length} answers of etcd ${wanted.version} recorded`);
    return;
  }
  const { same, differences } = compare(script, wanted, await targetAnswers(values.target));
  for (const difference of differences) console.log(difference);
  console.log(`${same} same, ${differences.length} different`);
  process.exitCode = differences.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
