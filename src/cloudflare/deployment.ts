/** The variables of a deployment that its front reads. */

import type { AccessConfig, ClusterToken } from "../api/access.ts";
import type { Naming } from "../api/cluster/naming.ts";

export interface FrontVariables {
  /** The suffix of hostnames whose first label names the cluster, like `.kv.example.com`. */
  readonly HOST_SUFFIX?: string;
  /** Allowed cluster names, or patterns such as `team-*`; empty: any. */
  readonly CLUSTERS?: string;
  /** The token for all clusters; a secret. */
  readonly TOKEN?: string;
  /** JSON of cluster pattern to token, or to a list of tokens; a secret. */
  readonly TOKENS?: string;
  /** "true" on a development server: only `npm start` sets it. */
  readonly DEVELOPMENT?: string;
}

/** A variable with an invalid value. The message has no secret in it. */
export class DeploymentError extends Error {
  override readonly name = "DeploymentError";
}

const patternOf = /^[a-z0-9*-]{1,63}$/;

/** Reads the variables. Throws DeploymentError. */
export function deployment(variables: FrontVariables): AccessConfig & Naming {
  return {
    development: variables.DEVELOPMENT === "true",
    // A secret that was piped in may end with a line break.
    token: (variables.TOKEN ?? "").trim(),
    tokens: tokensOf(variables.TOKENS ?? ""),
    hostSuffix: suffixOf(variables.HOST_SUFFIX ?? ""),
    clusters: patternsOf(variables.CLUSTERS ?? ""),
  };
}

function suffixOf(text: string): string {
  const suffix = text.trim().toLowerCase().replace(/\.$/, "");
  if (suffix === "") return "";
  const dotted = suffix.startsWith(".") ? suffix : `.${suffix}`;
  if (/^(?:\.[a-z0-9-]+)+$/.test(dotted)) return dotted;
  throw new DeploymentError(`HOST_SUFFIX is "${text}"; it must be like .kv.example.com`);
}

function patternsOf(text: string): readonly string[] | undefined {
  const patterns = text.split(/[\s,]+/).filter((part) => part !== "");
  for (const pattern of patterns) {
    if (patternOf.test(pattern)) continue;
    throw new DeploymentError(`CLUSTERS has "${pattern}"; it must be names, in which * may stand`);
  }
  return patterns.length === 0 ? undefined : patterns;
}

function tokensOf(text: string): readonly ClusterToken[] {
  if (text.trim() === "") return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // JSON.parse's message would quote the secret.
    throw new DeploymentError("TOKENS is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DeploymentError("TOKENS must be a JSON object of cluster pattern to token");
  }
  // Errors go to any client, so they name a wrong value by its place and not by its text.
  return Object.entries(value).flatMap(([pattern, given], i) => {
    const tokens: unknown[] = Array.isArray(given) ? given : [given];
    if (!patternOf.test(pattern)) {
      // The key may be a token in the wrong place, so it is not quoted.
      throw new DeploymentError("TOKENS has a key that is no name in which * may stand");
    }
    return tokens.map((token) => {
      if (typeof token === "string" && /^[\x21-\x7e]+$/.test(token)) return { pattern, token };
      if (typeof token !== "string" || token === "") {
        throw new DeploymentError(`TOKENS has no text, or an empty one, in entry ${i + 1}`);
      }
      const text = `TOKENS has in entry ${i + 1} what no header can bring: visible ASCII only`;
      throw new DeploymentError(text);
    });
  });
}
