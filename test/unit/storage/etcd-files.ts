import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Files that etcd wrote, where this machine has them: they are read there and never copied. */
export const etcdDirectory = join(import.meta.dirname, "../../../../shared/etcd-files");

export interface EtcdFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The files in a folder of the oracle, ordered by name; undefined where it is absent. */
export function etcdFiles(
  folder: "wal" | "snap",
): { name: string; bytes: Uint8Array }[] | undefined {
  try {
    return readdirSync(join(etcdDirectory, folder))
      .sort()
      .map((name) => ({
        name,
        bytes: new Uint8Array(readFileSync(join(etcdDirectory, folder, name))),
      }));
  } catch (error) {
    // Where the machine has the folder of shared files at all, CI must not pass without these.
    const { CI } = process.env;
    const mustBe = CI === "true" && existsSync(join(etcdDirectory, ".."));
    const absent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (absent && !mustBe) return undefined;
    throw error;
  }
}
