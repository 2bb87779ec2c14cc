import assert from "node:assert/strict";
import { type DeployedCluster, RefusedError } from "./cluster.ts";

/** Asserts that the request is answered with this status and such a text. */
export async function refusedWith(
  cluster: DeployedCluster,
  status: number,
  text: RegExp,
  path: string,
  init: RequestInit,
): Promise<void> {
  await assert.rejects(cluster.ask(path, init), (error: unknown) => {
    assert.ok(error instanceof RefusedError, String(error));
    assert.equal(error.status, status, error.message);
    assert.match(error.message, text);
    return true;
  });
}

export const post = (body: unknown = {}): RequestInit => ({
  method: "POST",
  body: JSON.stringify(body),
});
