import { spawnSync } from "node:child_process";

/** A client in Python, as a machine may have it. */
export interface PythonClient {
  /** What must be there to be imported. */
  readonly module: string;
  /** The distribution that it is to come from: others have modules of that name. */
  readonly distribution: string;
  /** The versions whose calls the session makes. */
  readonly versions: RegExp;
  /** How to get it. */
  readonly how: string;
}

export type Found =
  | { readonly python: string; readonly missing: undefined }
  | { readonly python: undefined; readonly missing: string };

const { PYTHON } = process.env;
const usual = PYTHON === undefined ? ["python3", "/usr/bin/python3"] : [PYTHON];

const probe = (module: string, distribution: string): string =>
  `import importlib.metadata, ${module}; print(importlib.metadata.version("${distribution}"))`;

/**
 * The first interpreter that has the client in a version which the session knows, or why there is
 * none. What a machine has decides what is left out, and never what fails.
 */
export function findPython(client: PythonClient, pythons: readonly string[] = usual): Found {
  const { module, distribution, versions, how } = client;
  let missing = `${distribution} is not installed (${how})`;
  for (const python of pythons) {
    const code = probe(module, distribution);
    const { status, stdout } = spawnSync(python, ["-c", code], { encoding: "utf8" });
    if (status !== 0) continue;
    const version = stdout.trim().split("\n").at(-1) ?? "";
    if (versions.test(version)) return { python, missing: undefined };
    missing = `${distribution} ${version} is installed, the session is of ${versions} (${how})`;
  }
  return { python: undefined, missing };
}
